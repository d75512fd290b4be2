"""Reviews to be mined, and their answers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, FiniteFloat, JsonValue

from guandian.domain import Language, Polarity, Review
from guandian.evaluation.rightness import Meaning
from guandian.mining.caution.familiarity import Unlike
from guandian.service.schemas.knowledge_schemas import KnowledgeOut
from guandian.service.schemas.strict import Incoming, Outgoing

Masking = Literal["off", "mask", "pseudonym", "last4"]
MaskingChoice = Annotated[
    Masking,
    Field(description="What becomes of personal data in texts: phone numbers, names, addresses."),
]
ServedModel = Annotated[
    Annotated[str, Field(max_length=500)] | None,
    Field(description="A language model of /v1/language-models; the served model without it."),
]
Short = Annotated[str, Field(max_length=500)]

_REVIEW: dict[str, JsonValue] = {"id": "1", "text": "屏幕很清晰，但是电池不耐用", "product": "X200"}


class ReviewIn(Incoming):
    """A review as its owner has it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_REVIEW]})

    id: Annotated[str, Field(min_length=1, max_length=500)]
    text: Annotated[str, Field(max_length=20_000)]
    product: Short | None = None
    brand: Short | None = None
    rating: FiniteFloat | None = None
    scale: Annotated[FiniteFloat, Field(gt=0)] | None = None
    time: Short | None = None
    user: Short | None = None
    source: Short | None = None
    language: Language | None = None
    extra: Annotated[
        dict[Short, Annotated[str, Field(max_length=5000)]], Field(max_length=100)
    ] = {}

    def review(self) -> Review:
        """The review that the miner reads."""
        return Review(**{name: getattr(self, name) for name in type(self).model_fields})


class KeptOpinions(Incoming):
    """Which opinions of what is mined are kept; all where nothing is said."""

    precision: Annotated[
        Annotated[FiniteFloat, Field(gt=0, lt=1)] | None,
        Field(description="Keep the opinions of which this share is right, such as 0.9."),
    ] = None
    precision_of: Annotated[
        Meaning,
        Field(description="What is right: the whole opinion, all but its category, or polarity."),
    ] = "whole"
    unlike: Annotated[
        Unlike | None,
        Field(
            description="At reviews unlike those the model learned from: warn, or hold opinions."
        ),
    ] = None


class MineRequest(KeptOpinions):
    """Reviews to be answered at once."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reviews": [_REVIEW]}]})

    reviews: list[ReviewIn]
    tasks: Annotated[
        list[Annotated[str, Field(max_length=100)]] | None,
        Field(
            max_length=50,
            description="opinions, sentiment, entities, knowledge, label.NAME; all without it.",
        ),
    ] = None
    categories: Annotated[
        list[Annotated[str, Field(max_length=100)]] | None,
        Field(max_length=100, description="Opinions of these categories alone."),
    ] = None
    model: ServedModel = None
    masking: MaskingChoice = "off"


class SpanText(Outgoing):
    """Characters `start` to `end` (half-open, Unicode code points) of the text."""

    start: int
    end: int
    text: str


class OpinionMined(Outgoing):
    """One judgement in a review."""

    aspect: SpanText | None
    expression: SpanText | None
    evidence: SpanText
    category: str
    polarity: Polarity
    confidence: float
    tag: str


class EntityMined(SpanText):
    """A named thing."""

    type: str
    confidence: float


class ScoresMined(Outgoing):
    """Probabilities that sum to one."""

    negative: float
    neutral: float
    positive: float


class SentimentMined(Outgoing):
    """The sentiment of the whole review."""

    label: Polarity
    scores: ScoresMined


class ReviewMined(Outgoing):
    """A review with all that was found in it: the record of `guandian mine`."""

    id: str
    text: str
    language: Language
    sentiment: SentimentMined | None = None
    opinions: list[OpinionMined] | None = None
    entities: list[EntityMined] | None = None
    knowledge: KnowledgeOut | None = None
    warnings: list[str]
    model: str


class MineAnswer(Outgoing):
    """The answers in the order of the reviews, all by one model."""

    model: str
    reviews: list[ReviewMined]


class LanguageModelOut(Outgoing):
    """A language model that the tenant's keys may ask, by its `name` as `model` of a call."""

    name: str
    model: Annotated[str, Field(description="Whom its answers name as their model.")]
    tokens_a_day: int
    tokens_left: Annotated[int, Field(description="Of today (UTC), for all keys of the tenant.")]
    masking: Masking


class LanguageModelsAnswer(Outgoing):
    """All that the operator named for the tenant."""

    models: list[LanguageModelOut]
