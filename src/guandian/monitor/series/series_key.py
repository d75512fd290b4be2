"""What a series is of."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Self

from guandian.domain import Polarity
from guandian.store import Selection


@dataclass(frozen=True, slots=True)
class SeriesKey:
    """What a series counts complaints of; None where it takes every value.

    Attributes:
        product, category, aspect, source: as the store holds them; an aspect by its key.
    """

    product: str | None = None
    category: str | None = None
    aspect: str | None = None
    source: str | None = None

    @classmethod
    def of(cls, values: dict[str, str | None]) -> Self:
        """The key of values by name, as `values` gives them."""
        return cls(**values)

    @property
    def values(self) -> dict[str, str | None]:
        """What it holds fixed, by name; plain JSON."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @property
    def depth(self) -> int:
        """How many things it holds fixed."""
        return sum(value is not None for value in self.values.values())

    def within(self, other: SeriesKey) -> bool:
        """Whether it counts a part of what another one counts."""
        wider = other.values
        return self != other and all(
            wider[name] in (None, value) for name, value in self.values.items()
        )

    def selection(self, since: date, until: date) -> Selection:
        """The negative opinions that it counts, of some days."""
        chosen = Selection(since=since, until=until, polarity=Polarity.NEGATIVE)
        return replace(
            chosen,
            products=(self.product,) if self.product is not None else (),
            categories=(self.category,) if self.category is not None else (),
            aspects=(self.aspect,) if self.aspect is not None else (),
            sources=(self.source,) if self.source is not None else (),
        )
