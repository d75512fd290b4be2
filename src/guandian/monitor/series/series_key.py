"""What a series is of."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Self
from urllib.parse import unquote

from guandian.domain import Polarity
from guandian.store import Selection


@dataclass(frozen=True, slots=True)
class SeriesKey:
    """What a series counts complaints of; None where it takes every value.

    Attributes:
        product, category, aspect, source: as the store holds them; an aspect by its key.
        own: a column of the owner's and its value, as `own_words` writes them.
    """

    product: str | None = None
    category: str | None = None
    aspect: str | None = None
    source: str | None = None
    own: str | None = None

    @classmethod
    def of(cls, values: dict[str, str | None]) -> Self:
        """The key of values by name, as `values` gives them."""
        return cls(**values)

    @property
    def values(self) -> dict[str, str | None]:
        """What it holds fixed, by name; plain JSON. Without `own` where there is none."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        if self.own is None:  # earlier versions knew none
            del values["own"]
        return values

    @property
    def depth(self) -> int:
        """How many things it holds fixed."""
        return sum(value is not None for value in self.values.values())

    def within(self, other: SeriesKey) -> bool:
        """Whether it counts a part of what another one counts."""
        return self != other and all(
            getattr(other, field.name) in (None, getattr(self, field.name))
            for field in fields(self)
        )

    def selection(self, since: date, until: date) -> Selection:
        """The negative opinions that it counts, of some days; of hours those of their days."""
        days = [its.date() if isinstance(its, datetime) else its for its in (since, until)]
        chosen = Selection(since=days[0], until=days[1], polarity=Polarity.NEGATIVE)
        return replace(
            chosen,
            products=(self.product,) if self.product is not None else (),
            categories=(self.category,) if self.category is not None else (),
            aspects=(self.aspect,) if self.aspect is not None else (),
            sources=(self.source,) if self.source is not None else (),
            own=None if self.own is None else own_column(self.own),
        )


def own_words(name: str, value: str) -> str:
    """A column of the owner's and its value as one text: `region=Berlin`."""
    return f"{name.replace('%', '%25').replace('=', '%3D')}={value}"


def own_column(words: str) -> tuple[str, str]:
    """The column and the value that `own_words` wrote."""
    name, _, value = words.partition("=")
    return unquote(name), value
