"""What the service answers, as typed dictionaries: the shapes of its OpenAPI document."""

from __future__ import annotations

from typing import Any, Literal, TypedDict


class IntervalShape(TypedDict):
    """A value with its 95 % interval."""

    value: float
    low: float
    high: float


class SpanShape(TypedDict):
    """Characters of a review, half-open, in Unicode code points."""

    start: int
    end: int
    text: str


class ReviewShape(TypedDict):
    """A review."""

    id: str
    text: str
    product: str | None
    brand: str | None
    source: str | None
    time: str | None
    rating: float | None
    language: str


class OpinionShape(TypedDict):
    """An opinion with its review."""

    id: str
    review: ReviewShape
    aspect: SpanShape | None
    expression: SpanShape | None
    evidence: SpanShape
    category: str
    polarity: Literal["positive", "neutral", "negative"]
    confidence: float
    tag: str
    corrected: bool
    model: str


class OpinionPage(TypedDict):
    """Some of `total` opinions."""

    total: int
    items: list[OpinionShape]


class NumbersRow(TypedDict):
    """A line of a breakdown."""

    key: str
    name: dict[Literal["zh", "en"], str]
    reviews: int
    opinions: int
    positive: int
    neutral: int
    negative: int
    net: IntervalShape | None
    share: IntervalShape | None


class OverviewShape(TypedDict):
    """The whole of a selection."""

    reviews: int
    read: int
    aside: int
    copies: int
    silent: int
    opinions: int
    positive: int
    neutral: int
    negative: int
    net: IntervalShape | None
    net_as_found: IntervalShape | None
    corrected: bool
    sentiment_corrected: dict[str, IntervalShape] | None
    net_of_reviews: IntervalShape | None
    first: str | None
    last: str | None
    models: list[str]
    languages: dict[str, int]
    incomplete: list[str]


class SummaryShape(TypedDict):
    """The whole, and its largest parts."""

    overview: OverviewShape
    categories: list[NumbersRow]
    aspects: list[NumbersRow]
    products: list[NumbersRow]
    sources: list[NumbersRow]


class KeyPointShape(TypedDict):
    """What reviews say of one thing, one way, with quotes."""

    key: str
    name: dict[Literal["zh", "en"], str]
    polarity: Literal["positive", "neutral", "negative"]
    reviews: int
    opinions: int
    share: IntervalShape | None
    sentence: dict[Literal["zh", "en"], str]
    quotes: list[dict[str, Any]]


class DigestShape(TypedDict):
    """A summary of many reviews."""

    by: Literal["aspect", "category"]
    overview: dict[str, Any]
    points: list[KeyPointShape]
    unnamed: int


class AnsweredShape(TypedDict):
    """A question with the call that was made, or the refusal; each row has its intervals."""

    question: str
    planner: Literal["rules", "model"]
    call: dict[str, Any] | None
    refusal: dict[str, Any] | None
    rows: list[dict[str, Any]]
    quotes: list[dict[str, Any]]
    remarks: list[dict[str, str]]


class UploadShape(TypedDict):
    """What an upload holds."""

    upload: str
    name: str
    size: int
    columns: list[str]
    guess: dict[str, str | list[str]]
    sample: list[dict[str, str]]
    sheets: list[str]
    rows: int | None


class JobStatus(TypedDict):
    """A job."""

    id: str
    name: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    reviews: int
    opinions: int
    rejected: int
    total: int | None
    created: str
    finished: str | None
    error: str | None
    model: str | None


class QuoteShape(TypedDict):
    """Words of a review, code points of the raw review, half-open."""

    review: str
    start: int
    end: int
    text: str
    confidence: float


class AspectReasonShape(TypedDict):
    """What reviews of an item say of an aspect."""

    aspect: str
    praise: int
    complaints: int
    quotes: list[QuoteShape]


class ReasonShape(TypedDict):
    """Why an item is recommended."""

    praised: list[AspectReasonShape]
    blamed: list[AspectReasonShape]
    because: list[str]
    popular: int


class RecommendedShape(TypedDict):
    """An item of a list."""

    rank: int
    item: str
    title: str
    score: float
    reason: ReasonShape


class RecommendationsShape(TypedDict):
    """A list, the best first; `known` is whether its user is known."""

    by: Literal["user", "like", "about"]
    known: bool
    items: list[RecommendedShape]


class ResultPage(TypedDict):
    """Some of `total` records of `guandian mine`."""

    total: int
    items: list[dict[str, Any]]


class UnderstandingShape(TypedDict):
    """What was understood of a message; spans `[start, end]` point into `masked`."""

    masked: str
    language: str
    intent: dict[str, Any] | None
    candidates: list[dict[str, Any]]
    opinions: list[dict[str, Any]]
    entities: list[dict[str, Any]]
    sentiment: str
    urgency: dict[str, Any]
    slots: list[dict[str, Any]]
    notes: list[str]


class AnswerShape(TypedDict):
    """An answer; each of `sentences` has its source, file, line and the words there."""

    question: str
    abstained: bool
    why: str
    confidence: float
    text: str
    sentences: list[dict[str, Any]]
    sources: list[dict[str, Any]]
    contradictions: list[dict[str, Any]]
    handover: str | None


class ReplyShape(TypedDict):
    """Drafts of replies to a review."""

    review: str
    id: str
    language: str
    mood: str
    public: str
    private: str
    needs_person: bool
    reasons: list[str]
    named: list[dict[str, Any]]
    guards: list[str]


class InboxItemShape(TypedDict):
    """A message or a review with what was understood and proposed."""

    id: str
    kind: Literal["message", "review"]
    reference: str | None
    text: str
    about: dict[str, Any]
    urgency: float
    understood: dict[str, Any]
    drafts: list[dict[str, Any]]
    needs_person: bool
    reasons: list[dict[str, str]]
    state: Literal["new", "edited", "sent", "handed_over"]
    made: str
    changed: str
    who: str
    edits: list[dict[str, Any]]


class InboxPage(TypedDict):
    """Some of `total` items; `waiting` are new or edited."""

    total: int
    waiting: int
    items: list[InboxItemShape]


class SentShape(TypedDict):
    """An item after a change, and what is to be sent."""

    item: InboxItemShape
    text: str | None
