"""A summary of many reviews as data: numbers of the store, and words that stand in reviews."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from guandian.display.shares import percent
from guandian.domain import Polarity, Span
from guandian.evaluation.intervals.clustered import IntervalEstimate
from guandian.store import Overview
from guandian.wording import Name, term

DigestBy = Literal["aspect", "category"]


@dataclass(frozen=True, slots=True)
class QuotedWords:
    """Words of a review.

    Attributes:
        opinion: the id of the opinion that they are quoted for.
        review: the id of the review.
        span: where they stand in its raw text.
        text: the words.
        confidence: of the opinion, 0 to 1.
        product, source, time: of the review.
    """

    opinion: str
    review: str
    span: Span
    text: str
    confidence: float
    product: str | None = None
    source: str | None = None
    time: str | None = None

    def to_json(self) -> dict[str, Any]:
        """As JSON, the span in code points of the raw review, half-open."""
        return {
            "review": self.review,
            "start": self.span.start,
            "end": self.span.end,
            "text": self.text,
            "opinion": self.opinion,
            "confidence": self.confidence,
            "product": self.product,
            "source": self.source,
            "time": self.time,
        }


@dataclass(frozen=True, slots=True)
class KeyPoint:
    """What reviews say of one thing, one way.

    Attributes:
        key: the canonical aspect, or the category.
        name: for people.
        polarity: how it is judged.
        reviews, opinions: that judge it so; the store's own.
        share: those reviews in all reviews read, 0 to 1.
        quotes: the most representative first, no two nearly equal.
        written: the sentence that a language model wrote of it and that passed every check, else
            empty.
        cited: the quotes that this sentence rests on.
    """

    key: str
    name: Name
    polarity: Polarity
    reviews: int
    opinions: int
    share: IntervalEstimate | None
    quotes: tuple[QuotedWords, ...]
    written: str = ""
    cited: tuple[QuotedWords, ...] = ()

    @property
    def sentence(self) -> Name:
        """The point in words and numbers, in both languages."""
        said = {
            Polarity.NEGATIVE: term("criticised in {reviews:,} reviews", reviews=self.reviews),
            Polarity.NEUTRAL: term(
                "mentioned neutrally in {reviews:,} reviews", reviews=self.reviews
            ),
            Polarity.POSITIVE: term("praised in {reviews:,} reviews", reviews=self.reviews),
        }[self.polarity]
        zh, en = (
            f"{self.name.zh or self.name.en}：{said.zh}",
            f"{self.name.en or self.name.zh}: {said.en}",
        )
        if self.share is not None:
            low, high = percent(self.share.low), percent(self.share.high)
            share = term(
                "{share}% of those read (95% interval {low} to {high})",
                share=percent(self.share.value),
                low=low,
                high=high,
            )
            zh, en = f"{zh}，{share.zh}", f"{en}, {share.en}"
        return Name(zh, en)

    def to_json(self) -> dict[str, Any]:
        """As JSON."""
        sentence = self.sentence
        return {
            "key": self.key,
            "name": {"zh": self.name.zh or self.name.en, "en": self.name.en or self.name.zh},
            "polarity": str(self.polarity),
            "reviews": self.reviews,
            "opinions": self.opinions,
            "share": interval_json(self.share),
            "sentence": {"zh": sentence.zh, "en": sentence.en},
            "quotes": [quote.to_json() for quote in self.quotes],
            "written": self.written or None,
            "cited": [quote.review for quote in self.cited],
        }


@dataclass(frozen=True, slots=True)
class Writing:
    """What became of a language model's sentences.

    Attributes:
        model: its name.
        passed: sentences that passed every check.
        dropped: how many did not, by the reason.
    """

    model: str
    passed: int
    dropped: Mapping[str, int]

    def to_json(self) -> dict[str, Any]:
        """As JSON."""
        return {"model": self.model, "kept": self.passed, "dropped": dict(self.dropped)}


@dataclass(frozen=True, slots=True)
class Digest:
    """A summary.

    Attributes:
        by: what the points are told by.
        overview: the store's numbers of the whole selection.
        points: complaints first, of each side those that most reviews share.
        unnamed: opinions of the selection that name no aspect, so that no point holds them.
        writing: what a language model wrote of it; None where none was asked.
    """

    by: DigestBy
    overview: Overview
    points: tuple[KeyPoint, ...]
    unnamed: int
    writing: Writing | None = None

    def to_json(self) -> dict[str, Any]:
        """As JSON."""
        whole, tally = self.overview, self.overview.tally
        return {
            "by": self.by,
            "overview": {
                "reviews": whole.reviews,
                "read": whole.read,
                "opinions": tally.opinions,
                "positive": tally.positive,
                "neutral": tally.neutral,
                "negative": tally.negative,
                "net": interval_json(whole.net),
                "corrected": whole.corrected,
                "first": whole.first and whole.first.isoformat(),
                "last": whole.last and whole.last.isoformat(),
                "incomplete": [*whole.incomplete],
            },
            "points": [point.to_json() for point in self.points],
            "unnamed": self.unnamed,
            "writing": self.writing and self.writing.to_json(),
        }


def interval_json(estimate: IntervalEstimate | None) -> Mapping[str, float] | None:
    """A value with its 95 % interval, None where there is none."""
    if estimate is None:
        return None
    return {"value": estimate.value, "low": estimate.low, "high": estimate.high}
