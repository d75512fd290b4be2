"""Questions to the store: what is looked at."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from guandian.domain import Polarity
from guandian.service.schemas.strict import Incoming, Whole, Words
from guandian.store import Selection

Value = Annotated[Words, Field(max_length=500)]
Values = Annotated[list[Value], Field(max_length=200)]
By = Literal["category", "aspect", "product", "brand", "source", "language"]
Unit = Literal["auto", "day", "week", "month", "year"]


class SelectionQuery(Incoming):
    """A choice of opinions; with nothing set, all. Lists are repeated: `product=A&product=B`."""

    product: Values = []
    brand: Values = []
    category: Values = []
    aspect: Values = []
    source: Values = []
    language: Values = []
    polarity: Polarity | None = None
    since: Annotated[date | None, Field(description="The first day, YYYY-MM-DD.")] = None
    until: Annotated[date | None, Field(description="The last day, YYYY-MM-DD.")] = None
    containing: Annotated[
        Words, Field(max_length=200, description="Words that the review has.")
    ] = ""
    confidence: Annotated[float, Field(ge=0, le=1)] = 0.0
    corrected: Annotated[
        bool | None,
        Field(
            description="Whether nets are corrected for what the model misses; where it is left"
            " out, they are as soon as that was measured."
        ),
    ] = None

    def selection(self) -> Selection:
        """As the store takes it."""
        return Selection(
            products=tuple(self.product),
            brands=tuple(self.brand),
            categories=tuple(self.category),
            aspects=tuple(self.aspect),
            sources=tuple(self.source),
            languages=tuple(self.language),
            polarity=self.polarity,
            since=self.since,
            until=self.until,
            containing=self.containing,
            confidence=self.confidence,
        )


class BreakdownQuery(SelectionQuery):
    """By what the numbers are told apart."""

    by: By = "category"
    limit: Annotated[Whole, Field(ge=1, le=1000)] = 20


class TrendQuery(SelectionQuery):
    """Periods, and by what they are told apart."""

    unit: Unit = "auto"
    by: By | Literal["none"] = "none"


class OpinionsQuery(SelectionQuery):
    """Which opinions, and in which order."""

    order: Literal["confidence", "time", "uncertain"] = "confidence"
    limit: Annotated[Whole, Field(ge=1, le=500)] = 20
    offset: Annotated[Whole, Field(ge=0, le=2**53)] = 0


class SearchQuery(SelectionQuery):
    """Words that reviews hold."""

    words: Annotated[Words, Field(min_length=1, max_length=200)]
    limit: Annotated[Whole, Field(ge=1, le=200)] = 20
    offset: Annotated[Whole, Field(ge=0, le=2**53)] = 0


class QueueQuery(SelectionQuery):
    """How many uncertain opinions, and what makes them so.

    `confidence` is the least sure first, whatever it is; `entropy` those first of which right and
    wrong are as likely, of the 2,000 least sure: what is hardly believed anyhow teaches less.
    """

    by: Literal["confidence", "entropy"] = "confidence"
    limit: Annotated[Whole, Field(ge=1, le=200)] = 20
    offset: Annotated[Whole, Field(ge=0, le=2**53)] = 0


class TogetherQuery(SelectionQuery):
    """How many pairs."""

    limit: Annotated[Whole, Field(ge=1, le=500)] = 50


class ChangesQuery(SelectionQuery):
    """Two windows: the last complete period and the one before, or days of one's own."""

    unit: Literal["day", "week", "month", "year"] = "week"
    offset: Annotated[
        str | None,
        Field(max_length=20, description="How far back the earlier one lies: 7d, 52w, 1m, 1y."),
    ] = None
    before_since: date | None = None
    before_until: date | None = None
    after_since: date | None = None
    after_until: date | None = None
