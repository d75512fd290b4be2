"""Summaries of a selection, and questions in words with their answers."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from guandian.analyst.questions.rule_planner import LONGEST
from guandian.domain import Polarity
from guandian.service.schemas.answer_schemas import IntervalOut, NameOut
from guandian.service.schemas.strict import Incoming, Outgoing, Whole, Words
from guandian.service.schemas.view_schemas import SelectionQuery

_Asked = Annotated[
    Annotated[str, Field(max_length=500)] | None,
    Field(description="A language model of /v1/language-models; none without it."),
]


class DigestQuery(SelectionQuery):
    """How much is told, by what, and whether a language model writes sentences."""

    by: Literal["aspect", "category"] = "aspect"
    points: Annotated[Whole, Field(ge=1, le=50, description="Of each side, at most.")] = 5
    quotes: Annotated[Whole, Field(ge=0, le=10, description="Of a point, at most.")] = 2
    least: Annotated[
        Whole, Field(ge=1, le=2**31, description="Reviews that must share a point.")
    ] = 1
    model: _Asked = None


class QuotedOut(Outgoing):
    """Words of a review: code points `start` to `end` (half-open) of its raw text."""

    review: str
    start: int
    end: int
    text: str
    opinion: Annotated[str, Field(description="The opinion; empty where words were searched.")]
    confidence: float
    product: str | None
    source: str | None
    time: str | None


class KeyPointOut(Outgoing):
    """What reviews say of one thing, one way; `share` is theirs in all reviews read."""

    key: str
    name: NameOut
    polarity: Polarity
    reviews: int
    opinions: int
    share: IntervalOut | None
    sentence: NameOut
    quotes: list[QuotedOut]
    written: Annotated[str | None, Field(description="What a language model wrote; null: nothing.")]
    cited: Annotated[list[str], Field(description="Ids of the reviews that this rests on.")]


class DigestWhole(Outgoing):
    """The numbers of the whole selection."""

    reviews: int
    read: int
    opinions: int
    positive: int
    neutral: int
    negative: int
    net: IntervalOut | None
    corrected: bool
    first: date | None
    last: date | None
    incomplete: list[str]


class WritingOut(Outgoing):
    """What became of a language model's sentences: those that passed, and the others by reason."""

    model: str
    passed: Annotated[int, Field(alias="kept")]
    dropped: dict[str, int]


class DigestAnswer(Outgoing):
    """A summary; `unnamed` opinions name no aspect, so that no point holds them."""

    by: Literal["aspect", "category"]
    overview: DigestWhole
    points: list[KeyPointOut]
    unnamed: int
    writing: WritingOut | None = None


class QuestionIn(Incoming):
    """A question in Chinese or English."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"question": "What do buyers complain about since May?"}]}
    )

    question: Annotated[Words, Field(min_length=1, max_length=LONGEST, pattern=r"\S")]
    today: Annotated[
        date | None, Field(description="The day that words such as last month are seen from.")
    ] = None
    model: _Asked = None


class RefusalOut(Outgoing):
    """Why a question is not answered, and the names that there are."""

    kind: Literal["forecast", "cause", "not_held", "advice", "unknown", "unclear"]
    words: str
    reason: NameOut
    exists: dict[str, list[str]]


class AnswerRowOut(Outgoing):
    """A line of an answer; `net` of a change goes from -2 to 2, `share` of one is a ratio."""

    name: NameOut
    reviews: int | None
    opinions: int | None
    net: IntervalOut | None
    share: IntervalOut | None


class QuestionAnswer(Outgoing):
    """The call that was made with its numbers and quotes, or a refusal."""

    question: str
    planner: Literal["rules", "model"]
    call: Annotated[dict[str, Any] | None, Field(description="The typed call; null if refused.")]
    refusal: RefusalOut | None
    rows: list[AnswerRowOut]
    quotes: list[QuotedOut]
    remarks: list[NameOut]
