"""What questions to the store are answered with: numbers with their intervals, and quotes."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Annotated, Any

from pydantic import Field

from guandian.domain import Polarity, Review, Span
from guandian.evaluation.intervals.clustered import IntervalEstimate
from guandian.media import COLUMN
from guandian.service.schemas.knowledge_schemas import KnowledgeOut, known_out
from guandian.service.schemas.strict import Outgoing
from guandian.store import Overview, Pair, Row, SearchHit, StoredOpinion, StoredReview, Trend

_STATES = ("positive", "neutral", "negative")


class IntervalOut(Outgoing):
    """A value with its 95 % interval."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, estimate: IntervalEstimate | None) -> IntervalOut | None:
        """The same, None where there is none."""
        if estimate is None:
            return None
        return cls(value=estimate.value, low=estimate.low, high=estimate.high)


class NameOut(Outgoing):
    """A name in both languages."""

    zh: str
    en: str


class ShareOut(Outgoing):
    """A count, and its share of all reviews read."""

    count: int
    share: IntervalOut | None


class StarsOut(Outgoing):
    """The stars that buyers gave; `mean` in the unit of `scale`."""

    number: int
    unread: int
    scale: float
    mean: IntervalOut | None
    net: IntervalOut | None


class OverviewOut(Outgoing):
    """The whole of a selection. Nets go from -1 to 1."""

    reviews: int
    read: int
    aside: int
    copies: int
    silent: int
    opinions: int
    positive: int
    neutral: int
    negative: int
    net: IntervalOut | None
    net_as_found: IntervalOut | None
    corrected: bool
    sentiment: dict[Polarity, ShareOut]
    sentiment_corrected: Annotated[
        dict[Polarity, IntervalOut] | None,
        Field(description="Shares of whole reviews, corrected; null where that was not measured."),
    ]
    net_of_reviews: IntervalOut | None
    stars: StarsOut | None
    first: date | None
    last: date | None
    models: list[str]
    languages: dict[str, int]
    incomplete: Annotated[
        list[str], Field(description="Parts of the store that are missing; empty when whole.")
    ]

    @classmethod
    def of(cls, overview: Overview) -> OverviewOut:
        """An answer of the store."""
        tally, stars = overview.tally, overview.stars
        return cls(
            reviews=overview.reviews,
            read=overview.read,
            aside=sum(overview.aside.values()),
            copies=overview.copies,
            silent=overview.silent,
            opinions=tally.opinions,
            positive=tally.positive,
            neutral=tally.neutral,
            negative=tally.negative,
            net=IntervalOut.of(overview.net),
            net_as_found=IntervalOut.of(overview.net_as_found),
            corrected=overview.corrected,
            sentiment={
                polarity: ShareOut(count=part.count, share=IntervalOut.of(part.share))
                for polarity, part in overview.sentiment.items()
            },
            sentiment_corrected=overview.whole
            and {
                polarity: IntervalOut.of(share) for polarity, share in overview.whole.shares.items()
            },
            net_of_reviews=IntervalOut.of(overview.net_of_reviews),
            stars=stars
            and StarsOut(
                number=stars.number,
                unread=stars.unread,
                scale=stars.scale,
                mean=IntervalOut.of(stars.mean),
                net=IntervalOut.of(stars.net),
            ),
            first=overview.first,
            last=overview.last,
            models=sorted(overview.models),
            languages={str(language): count for language, count in overview.languages.items()},
            incomplete=list(overview.incomplete),
        )


class RowOut(Outgoing):
    """A line of a breakdown; `share` is that of the reviews that speak of it in all read."""

    key: str
    name: NameOut
    reviews: int
    opinions: int
    positive: int
    neutral: int
    negative: int
    net: IntervalOut | None
    share: IntervalOut | None

    @classmethod
    def of(cls, row: Row) -> RowOut:
        """A line of the store."""
        tally = row.tally
        return cls(
            key=row.key,
            name=NameOut(zh=row.name.zh or row.name.en, en=row.name.en or row.name.zh),
            reviews=tally.reviews,
            opinions=tally.opinions,
            positive=tally.positive,
            neutral=tally.neutral,
            negative=tally.negative,
            net=IntervalOut.of(row.net),
            share=IntervalOut.of(row.share),
        )


class SummaryAnswer(Outgoing):
    """The whole, and its largest parts."""

    overview: OverviewOut
    categories: list[RowOut]
    aspects: list[RowOut]
    products: list[RowOut]
    sources: list[RowOut]


class BreakdownAnswer(Outgoing):
    """Lines, the most opinions first."""

    rows: list[RowOut]


class PartOut(Outgoing):
    """A part of a period."""

    opinions: int
    net: IntervalOut | None


class PeriodOut(Outgoing):
    """A period; one that is not complete is still running, or reaches beyond the choice."""

    start: date
    end: date
    complete: bool
    reviews: int
    opinions: int
    net: IntervalOut | None
    by: dict[str, PartOut]


class TrendAnswer(Outgoing):
    """Periods in the order of time."""

    unit: str
    periods: list[PeriodOut]

    @classmethod
    def of(cls, trend: Trend, hidden: Collection[str] = ()) -> TrendAnswer:
        """An answer of the store, without the parts of some keys."""
        return cls(
            unit=trend.unit,
            periods=[
                PeriodOut(
                    start=period.start,
                    end=period.end,
                    complete=period.complete,
                    reviews=period.tally.reviews,
                    opinions=period.tally.opinions,
                    net=IntervalOut.of(period.net),
                    by={
                        key: PartOut(opinions=tally.opinions, net=IntervalOut.of(net))
                        for key, (tally, net) in period.by.items()
                        if key not in hidden
                    },
                )
                for period in trend.periods
            ],
        )


class SpanOut(Outgoing):
    """Characters `start` to `end` (half-open, Unicode code points) of the review's text."""

    start: int
    end: int
    text: str

    @classmethod
    def of(cls, span: Span | None, text: str) -> SpanOut | None:
        """A span over a text."""
        if span is None:
            return None
        return cls(start=span.start, end=span.end, text=span.of(text))


class ReviewOut(Outgoing):
    """A review; its text is as its buyer wrote it and may hold anything."""

    id: str
    text: str
    product: str | None
    brand: str | None
    source: str | None
    time: str | None
    rating: float | None
    language: str
    media: Annotated[bool, Field(description="Whether it was read from a picture or a recording.")]

    @classmethod
    def fields_of(cls, review: Review, language: str) -> dict[str, Any]:
        """The values of its fields."""
        names = ("id", "text", "product", "brand", "source", "time", "rating")
        return {name: getattr(review, name) for name in names} | {
            "language": str(language),
            "media": COLUMN in review.extra,
        }


class OpinionOut(Outgoing):
    """An opinion with the review that holds it."""

    id: str
    review: ReviewOut
    aspect: SpanOut | None
    expression: SpanOut | None
    evidence: SpanOut
    category: str
    polarity: Polarity
    confidence: float
    tag: str
    corrected: bool
    model: str

    @classmethod
    def of(cls, stored: StoredOpinion) -> OpinionOut:
        """An opinion of the store."""
        opinion, text = stored.opinion, stored.review.text
        evidence = SpanOut.of(opinion.evidence, text)
        assert evidence is not None
        return cls(
            id=stored.id,
            review=ReviewOut(**ReviewOut.fields_of(stored.review, stored.language)),
            aspect=SpanOut.of(opinion.aspect, text),
            expression=SpanOut.of(opinion.expression, text),
            evidence=evidence,
            category=opinion.category,
            polarity=opinion.polarity,
            confidence=opinion.confidence,
            tag=opinion.tag,
            corrected=stored.corrected,
            model=stored.model,
        )


class OpinionsAnswer(Outgoing):
    """A page of opinions."""

    total: int
    items: list[OpinionOut]


class StoredReviewOut(ReviewOut):
    """A review with all its opinions, as people corrected them."""

    user: str | None
    extra: dict[str, str]
    model: str
    warnings: list[str]
    opinions: list[OpinionOut]
    knowledge: KnowledgeOut | None
    earlier: Annotated[
        list[str], Field(description="Models that mined it before, or an earlier text of it.")
    ]

    @classmethod
    def of(cls, stored: StoredReview) -> StoredReviewOut:
        """A review of the store."""
        review, mined = stored.review, stored.mined
        return cls(
            **ReviewOut.fields_of(review, mined.language),
            user=review.user,
            extra=dict(review.extra),
            model=mined.model,
            warnings=list(mined.warnings),
            opinions=[OpinionOut.of(opinion) for opinion in stored.opinions],
            knowledge=known_out(review, mined.knowledge),
            earlier=[before.model for _, before in stored.earlier],
        )


class HitOut(Outgoing):
    """A review that holds the words; `hits` tell where."""

    review: ReviewOut
    hits: list[SpanOut]
    opinions: list[OpinionOut]

    @classmethod
    def of(cls, hit: SearchHit) -> HitOut:
        """A hit of the store."""
        text = hit.review.text
        return cls(
            review=ReviewOut(**ReviewOut.fields_of(hit.review, hit.language)),
            hits=[SpanOut(start=s.start, end=s.end, text=s.of(text)) for s in hit.hits],
            opinions=[OpinionOut.of(opinion) for opinion in hit.opinions],
        )


class SearchAnswer(Outgoing):
    """A page of reviews."""

    total: int
    items: list[HitOut]


class PairOut(Outgoing):
    """Two aspects that five reviews or more have both.

    `lift` is how much more often than by chance they do; its interval holds 1 where it may be that.
    """

    first: str
    second: str
    names: list[NameOut]
    reviews: int
    lift: float
    interval: IntervalOut | None

    @classmethod
    def of(cls, pair: Pair) -> PairOut:
        """A pair of the store."""
        names = [NameOut(zh=name.zh or name.en, en=name.en or name.zh) for name in pair.names]
        return cls(
            first=pair.first,
            second=pair.second,
            names=names,
            reviews=pair.reviews,
            lift=pair.lift,
            interval=IntervalOut.of(pair.interval),
        )


class TogetherAnswer(Outgoing):
    """Pairs, those of most reviews first."""

    pairs: list[PairOut]


class Deleted(Outgoing):
    """What is gone."""

    deleted: str
