"""What the service answers, as typed dictionaries: the shapes of its OpenAPI document."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

Meaning = Literal["whole", "triplet", "polarity"]


class Keeping(TypedDict, total=False):
    """Which opinions of what is mined are kept.

    Attributes:
        precision: the share of kept opinions that are right, such as 0.9.
        precision_of: what is right: the whole opinion, all but its category, or its polarity.
        unlike: at reviews unlike those the model learned from: `warn`, or `hold` opinions.
    """

    precision: float | None
    precision_of: Meaning
    unlike: Literal["warn", "hold"] | None


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
    media: bool


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


class KnowledgeShape(TypedDict):
    """What a tenant's catalogue and lexicon say of a review."""

    links: list[dict[str, Any]]
    proposed: list[dict[str, Any]]
    notes: list[dict[str, Any]]


class StoredReviewShape(ReviewShape):
    """A review with all its opinions, as people corrected them."""

    user: str | None
    extra: dict[str, str]
    model: str
    warnings: list[str]
    opinions: list[OpinionShape]
    earlier: list[str]
    knowledge: KnowledgeShape | None


class SearchHitShape(TypedDict):
    """A review that holds the words, and where."""

    review: ReviewShape
    hits: list[SpanShape]
    opinions: list[OpinionShape]


class SearchPage(TypedDict):
    """Some of `total` reviews."""

    total: int
    items: list[SearchHitShape]


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
    sentiment: dict[str, dict[str, Any]]
    sentiment_corrected: dict[str, IntervalShape] | None
    net_of_reviews: IntervalShape | None
    stars: dict[str, Any] | None
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


class PartShape(TypedDict):
    """A part of a period."""

    opinions: int
    net: IntervalShape | None


class PeriodShape(TypedDict):
    """A period; one that is not complete still runs, or reaches beyond the choice."""

    start: str
    end: str
    complete: bool
    reviews: int
    opinions: int
    net: IntervalShape | None
    by: dict[str, PartShape]


class TrendShape(TypedDict):
    """Periods in the order of time."""

    unit: str
    periods: list[PeriodShape]


class WindowShape(TypedDict):
    """A window of whole days, and what was said in it."""

    since: str
    until: str
    reviews: int
    opinions: int
    net: IntervalShape | None


class CauseShape(TypedDict):
    """A group whose share (`mix`) or net (`rate`) changed; what is None takes all."""

    kind: Literal["mix", "rate"]
    category: str | None
    aspect: str | None
    product: str | None
    source: str | None
    effect: IntervalShape
    before: dict[str, Any]
    after: dict[str, Any]
    chance: float
    quotes: list[OpinionShape]


class ChangesShape(TypedDict):
    """The change of the net between two windows; causes and remainder add up to it."""

    unit: str | None
    before: WindowShape | None
    after: WindowShape | None
    change: IntervalShape | None
    significant: bool
    volume: dict[str, Any] | None
    causes: list[CauseShape]
    remainder: float
    corrected: bool


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
    written: str | None
    cited: list[str]


class DigestShape(TypedDict):
    """A summary of many reviews."""

    by: Literal["aspect", "category"]
    overview: dict[str, Any]
    points: list[KeyPointShape]
    unnamed: int
    writing: dict[str, Any] | None


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
    skipped: int | None
    repeated: int
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


class SeriesRow(TypedDict):
    """A series that is watched: its complaints in all, lately, and usually in as long a time."""

    id: str
    product: str | None
    category: str | None
    aspect: str | None
    source: str | None
    own: str | None
    where: dict[str, str]
    complaints: int
    lately: int
    usual: float
    firing: bool


class SeriesPage(TypedDict):
    """Some of `total` series, those of one of the `units` that are watched."""

    unit: Literal["hour", "day", "week"] | None
    units: list[str]
    first: str | None
    until: str | None
    total: int
    items: list[SeriesRow]


class SeriesShape(TypedDict):
    """A series with its counts, what was expected of each, and where it fired."""

    unit: Literal["hour", "day", "week"]
    series: SeriesRow
    level: float
    points: list[dict[str, Any]]
    episodes: list[dict[str, Any]]
