"""A review to be explained, and why it was answered so."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from guandian.domain import Polarity
from guandian.service.schemas.mining_schemas import SpanText
from guandian.service.schemas.strict import Incoming, Outgoing

LONGEST = 2000
"""Characters of a text: it is read twenty times."""


class ExplainRequest(Incoming):
    """One text to be explained."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "屏幕很清晰，但是电池不耐用"}]}
    )

    text: Annotated[str, Field(max_length=LONGEST)]
    method: Annotated[
        Literal["shapley", "occlusion"],
        Field(description="Shapley values from few readings, or one word away at a time."),
    ] = "shapley"


class EditMade(Outgoing):
    """The fewest words, among those tried, without which an answer is another."""

    without: list[int]
    words: list[str]
    label: Polarity
    text: str | None


class EffectsTold(Outgoing):
    """A value with the whole text, without any of it, and what each unit adds."""

    value: float
    base: float
    effects: list[float]


class SentimentExplained(EffectsTold):
    """UnitEffects on P(positive) - P(negative) of the whole review."""

    label: Polarity
    edit: EditMade | None


class OpinionExplained(Outgoing):
    """UnitEffects on one opinion's polarity and on its confidence."""

    aspect: SpanText | None
    expression: SpanText | None
    category: str
    tag: str
    label: Polarity
    polarity: EffectsTold
    confidence: EffectsTold
    edit: EditMade | None


class Explained(Outgoing):
    """Why a text was answered so; `units` are the words or phrases that the effects are of."""

    id: str
    text: str
    model: str
    method: str
    passes: int
    units: list[SpanText]
    sentiment: SentimentExplained
    opinions: list[OpinionExplained]
    warnings: list[str]
