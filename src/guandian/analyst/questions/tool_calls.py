"""The closed set of questions that a store is asked: typed calls, and nothing else."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from guandian.domain import Polarity
from guandian.store import Selection

Tool = Literal["volume", "net", "share", "trend", "compare", "changes", "quotes", "search"]
Dimensions = Literal["category", "aspect", "product", "brand", "source", "language"]
Periods = Literal["auto", "day", "week", "month", "year"]
CHOICES: dict[Dimensions, str] = {
    "product": "products",
    "brand": "brands",
    "category": "categories",
    "aspect": "aspects",
    "source": "sources",
}
"""What names are looked up of, and the field of a call that holds them."""
_Name = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00]*$")]
_Names = Annotated[tuple[_Name, ...], Field(max_length=50)]


class ToolCall(BaseModel):
    """One question to the store.

    Attributes:
        tool: `volume` counts reviews and opinions, `net` is net sentiment, `share` tells them
            apart `by` something, `trend` by time, `compare` two or more of a dimension,
            `changes` what changed and why, `quotes` the reviews' words, `search` finds `words`.
        products, brands, categories, aspects, sources: only these; aspects by their keys.
        polarity: opinions that judge so.
        since, until: days, inclusive.
        by: of `share` and `compare`.
        unit: of `trend`, and the period that `changes` compares where no days are given.
        words: of `search`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    tool: Tool
    products: _Names = ()
    brands: _Names = ()
    categories: _Names = ()
    aspects: _Names = ()
    sources: _Names = ()
    polarity: Polarity | None = None
    since: date | None = None
    until: date | None = None
    by: Dimensions | None = None
    unit: Periods = "auto"
    words: Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")] = ""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.since and self.until and self.since > self.until:
            raise ValueError("since lies behind until")
        if (self.tool in ("share", "compare")) != (self.by is not None):
            raise ValueError("by belongs to share and compare, which need it")
        if (self.tool == "search") != bool(self.words.strip()):
            raise ValueError("words belong to search, which needs them")
        if self.tool == "compare" and len(self.compared) < 2:
            raise ValueError("compare takes two names or more of what it compares by")
        return self

    @property
    def compared(self) -> tuple[str, ...]:
        """The names that `compare` sets side by side."""
        field = CHOICES.get(self.by) if self.by else None
        return getattr(self, field) if field else ()

    def selection(self) -> Selection:
        """The opinions that it is about."""
        return Selection(
            products=self.products,
            brands=self.brands,
            categories=self.categories,
            aspects=self.aspects,
            sources=self.sources,
            polarity=self.polarity,
            since=self.since,
            until=self.until,
        )

    def to_json(self) -> dict[str, Any]:
        """What is set, as JSON."""
        return self.model_dump(mode="json", exclude_defaults=True)

    def shown(self) -> str:
        """The call as people read it: `share(by=aspect, products=Kite 14)`."""
        given = self.to_json()
        tool = given.pop("tool")
        values = (
            f"{name}={', '.join(value) if isinstance(value, list) else value}"
            for name, value in given.items()
        )
        return f"{tool}({'; '.join(values)})"
