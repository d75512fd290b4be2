"""What a store answers: numbers with their intervals, and the quotes behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Generic, TypeVar

from guandian.domain import Language, Mined, Opinion, Polarity, Review, Span
from guandian.evaluation.correction import Correction, net_of
from guandian.evaluation.intervals.clustered import IntervalEstimate, Tally, proportion
from guandian.evaluation.sentiment_shares import SentimentShares
from guandian.wording import Name

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class CountedShare:
    """A count and its share of a whole, 0 to 1; None where the whole is empty."""

    count: int
    share: IntervalEstimate | None


@dataclass(frozen=True, slots=True)
class StarAnswer:
    """The stars that buyers gave.

    Attributes:
        number, unread: ratings that could be read, and those that could not.
        scale: the best that can be given.
        mean: in the unit of `scale`.
        net: (positive - negative) / ratings, -1 to 1.
    """

    number: int
    unread: int
    scale: float
    mean: IntervalEstimate | None
    net: IntervalEstimate | None


@dataclass(frozen=True, slots=True)
class Overview:
    """The whole of a selection.

    Attributes:
        reviews: chosen, those set aside and copies too.
        aside: reviews that are no opinions, by why.
        copies: reviews with the text of an earlier one.
        silent: reviews read without an opinion.
        tally: of the opinions.
        net, net_as_found: net sentiment, -1 to 1; the first one corrected where `corrected`.
        sentiment: reviews read by the label of the whole review, as found.
        net_of_reviews: their net sentiment, -1 to 1, corrected where `whole` is.
        whole: the corrected shares of whole reviews; None where that was not asked or measured.
        stars: None where no rating was given.
        first, last: the earliest and the latest day of the reviews read.
        models, languages: reviews by model, reviews read by language.
        incomplete: parts that are missing; all numbers are then of the rest.
    """

    reviews: int
    aside: Mapping[str, int]
    copies: int
    silent: int
    tally: Tally
    net: IntervalEstimate | None
    net_as_found: IntervalEstimate | None
    corrected: bool
    sentiment: Mapping[Polarity, CountedShare]
    net_of_reviews: IntervalEstimate | None
    whole: SentimentShares | None
    stars: StarAnswer | None
    first: date | None
    last: date | None
    models: Mapping[str, int]
    languages: Mapping[Language, int]
    incomplete: tuple[str, ...] = ()

    @property
    def read(self) -> int:
        """Reviews that are neither set aside nor copies."""
        return self.reviews - sum(self.aside.values()) - self.copies

    @property
    def opinions(self) -> int:
        """Opinions counted."""
        return self.tally.opinions


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a breakdown.

    Attributes:
        key: the category, aspect, product and so on.
        name: for people.
        tally: of its opinions.
        net: net sentiment, -1 to 1, corrected where that was asked.
        share: the reviews that speak of it in all reviews read, 0 to 1.
    """

    key: str
    name: Name
    tally: Tally
    net: IntervalEstimate | None
    share: IntervalEstimate | None

    @classmethod
    def of(
        cls, key: str, name: Name, tally: Tally, read: int, correction: Correction | None
    ) -> Row:
        """The line of a tally, in so many reviews read."""
        share = proportion(min(tally.reviews, read), read)
        return cls(key, name, tally, net_of(tally, correction), share)


@dataclass(frozen=True, slots=True)
class Period:
    """A period of a trend.

    Attributes:
        start, end: its first and its last day.
        complete: whether the store and the selection hold all of its days.
        tally, net: of its opinions; net is None without any.
        by: the same by category and so on, where that was asked.
    """

    start: date
    end: date
    complete: bool
    tally: Tally
    net: IntervalEstimate | None
    by: Mapping[str, tuple[Tally, IntervalEstimate | None]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trend:
    """Periods that have an opinion, in the order of time; `unit` is day, week, month or year."""

    unit: str
    periods: tuple[Period, ...]


@dataclass(frozen=True, slots=True)
class StoredOpinion:
    """An opinion with its review.

    Attributes:
        id: the same as long as the review is stored and a model finds just this in it.
        review, language, model: where it stands, and what found it.
        opinion: as found, or as a person corrected it.
        corrected: whether a person did.
    """

    id: str
    review: Review
    language: Language
    model: str
    opinion: Opinion
    corrected: bool = False


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some of `total` items."""

    total: int
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A review that holds the words.

    Attributes:
        review, language: the review.
        hits: where its raw text holds them.
        opinions: what it says.
    """

    review: Review
    language: Language
    hits: tuple[Span, ...]
    opinions: tuple[StoredOpinion, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two aspects that the same reviews speak of.

    Attributes:
        first, second: their keys.
        names: for people, in the same order.
        reviews: that speak of both.
        lift: how much more often than if the two had nothing to do with each other.
        interval: the same with its 95 % interval, which holds 1 where it may be chance.
    """

    first: str
    second: str
    names: tuple[Name, Name]
    reviews: int
    lift: float
    interval: IntervalEstimate | None


@dataclass(frozen=True, slots=True)
class Spelling:
    """A name of what is judged, as most reviews write it, and the opinions that use it."""

    name: str
    opinions: int


@dataclass(frozen=True, slots=True)
class StoredReview:
    """A review with all that was mined from it, by model.

    Attributes:
        review: as its owner gave it.
        mined: what readers see.
        opinions: of it, with their ids.
        earlier: what other models, or the same one from another text, found before.
    """

    review: Review
    mined: Mined
    opinions: tuple[StoredOpinion, ...]
    earlier: tuple[tuple[Review, Mined], ...] = ()


def tally_of(sums: Any) -> Tally:
    """A tally of the twelve sums of a row of SQL, in the order of its fields."""
    return Tally(*(int(value or 0) for value in sums))
