"""A review and what was mined from it as one JSON object, and back."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import BaseModel, Field, FiniteFloat, ValidationError

from guandian.domain import (
    Entity,
    Label,
    Language,
    Mined,
    Opinion,
    Polarity,
    Review,
    Sentiment,
    Span,
)
from guandian.errors import called_for

_KNOWN = ("product", "brand", "rating", "scale", "time", "user", "source")
_DIGITS = 6
_SHOWN = 100
"""Characters of a wrong value that are told."""


def to_wire(review: Review, mined: Mined) -> dict[str, Any]:
    """One JSON object; product, brand, rating, scale, time, user, source stand in it when known.

    Spans carry their text beside their offsets (Unicode code points, half-open); probabilities
    are rounded to six digits. `labels` stand in it where the model has heads for any; `parts`, and
    the `part` of each opinion, where the text was several columns; `confidence_fitted` where the
    confidence never was.

    Raises:
        ValueError: when `mined` is about another review.
    """
    if review.id != mined.review_id:
        raise ValueError(f"review {review.id!r} was mined as {mined.review_id!r}")
    text, feeling = review.text, mined.sentiment
    found: dict[str, Any] = {"id": review.id, "text": text, "language": str(mined.language)}
    for name in _KNOWN:
        if (value := getattr(review, name)) is not None:
            found[name] = value
    found["sentiment"] = {
        "label": str(feeling.label),
        "scores": {
            "negative": round(feeling.negative, _DIGITS),
            "neutral": round(feeling.neutral, _DIGITS),
            "positive": round(feeling.positive, _DIGITS),
        },
    }
    if review.parts:
        found["parts"] = {
            name: {"start": one.start, "end": one.end} for name, one in review.parts.items()
        }
    if review.unread:
        found["unread"] = dict(review.unread)
    found["opinions"] = [
        _opinion_out(one, text) | ({"part": review.part(one.evidence)} if review.parts else {})
        for one in mined.opinions
    ]
    found["entities"] = [
        {
            **_span_out(one.span, text),
            "type": one.type,
            "confidence": round(one.confidence, _DIGITS),
        }
        for one in mined.entities
    ]
    if mined.labels:
        found["labels"] = {name: _label_out(one) for name, one in mined.labels.items()}
    found["warnings"] = list(mined.warnings)
    found["model"] = mined.model
    if not mined.fitted:
        found["confidence_fitted"] = False
    found["extra"] = dict(review.extra)
    return found


def from_wire(found: Mapping[str, Any]) -> tuple[Review, Mined]:
    """The review and its opinions from an object that `to_wire` made.

    Raises:
        ValueError: naming the key that is missing or wrong, spans that are not in the text
            included.
    """
    try:
        wire = _Review.model_validate(found)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        if first["type"] == "missing":
            raise ValueError(f"{place} is missing") from error
        given = repr(first["input"])[:_SHOWN]
        raise ValueError(f"{place} takes {called_for(first)}, found {given}") from error
    text, scores = wire.text, wire.sentiment.scores
    review = Review(
        id=wire.id,
        text=text,
        language=wire.language,
        extra=MappingProxyType(wire.extra),
        parts=MappingProxyType(_parts_in(wire)),
        unread=MappingProxyType(wire.unread),
        **{name: getattr(wire, name) for name in _KNOWN},
    )
    mined = Mined(
        review_id=wire.id,
        language=wire.language,
        sentiment=Sentiment(wire.sentiment.label, scores.negative, scores.neutral, scores.positive),
        opinions=tuple(_opinion_in(one, text) for one in wire.opinions),
        entities=tuple(
            Entity(_span_in(one, text), one.type, one.confidence) for one in wire.entities
        ),
        warnings=tuple(wire.warnings),
        model=wire.model,
        labels=MappingProxyType({name: _label_in(one) for name, one in wire.labels.items()}),
        fitted=wire.confidence_fitted,
    )
    return review, mined


class _Span(BaseModel):
    start: int
    end: int
    text: str


class _Entity(_Span):
    type: str
    confidence: FiniteFloat


class _Opinion(BaseModel):
    aspect: _Span | None
    expression: _Span | None
    evidence: _Span
    category: str
    polarity: Polarity
    confidence: FiniteFloat
    tag: str


class _Scores(BaseModel):
    negative: FiniteFloat
    neutral: FiniteFloat
    positive: FiniteFloat


class _Sentiment(BaseModel):
    label: Polarity
    scores: _Scores


class _Label(BaseModel):
    value: float | str | list[str]
    probability: float | list[float] | None = None


class _Part(BaseModel):
    start: int
    end: int


class _Review(BaseModel):
    id: str
    text: str
    language: Language
    product: str | None = None
    brand: str | None = None
    rating: FiniteFloat | None = None
    scale: Annotated[FiniteFloat, Field(gt=0)] | None = None
    time: str | None = None
    user: str | None = None
    source: str | None = None
    sentiment: _Sentiment
    opinions: list[_Opinion]
    entities: list[_Entity]
    labels: dict[str, _Label] = {}
    warnings: list[str]
    model: str
    confidence_fitted: bool = True
    extra: dict[str, str] = {}
    parts: dict[str, _Part] = {}
    unread: dict[str, str] = {}


def _parts_in(wire: _Review) -> dict[str, Span]:
    parts = {name: Span(one.start, one.end) for name, one in wire.parts.items()}
    if any(one.end > len(wire.text) for one in parts.values()):
        raise ValueError("parts: one ends behind the text")
    return parts


def _opinion_out(one: Opinion, text: str) -> dict[str, Any]:
    return {
        "aspect": one.aspect and _span_out(one.aspect, text),
        "expression": one.expression and _span_out(one.expression, text),
        "evidence": _span_out(one.evidence, text),
        "category": one.category,
        "polarity": str(one.polarity),
        "confidence": round(one.confidence, _DIGITS),
        "tag": one.tag,
    }


def _label_out(one: Label) -> dict[str, Any]:
    value = list(one.value) if isinstance(one.value, tuple) else one.value
    if one.probability is None:
        return {"value": value}
    if isinstance(one.probability, tuple):
        return {"value": value, "probability": [round(p, _DIGITS) for p in one.probability]}
    return {"value": value, "probability": round(one.probability, _DIGITS)}


def _label_in(one: _Label) -> Label:
    value = tuple(one.value) if isinstance(one.value, list) else one.value
    sure = one.probability
    return Label(value, tuple(sure) if isinstance(sure, list) else sure)


def _span_out(span: Span, text: str) -> dict[str, Any]:
    return {"start": span.start, "end": span.end, "text": span.of(text)}


def _opinion_in(one: _Opinion, text: str) -> Opinion:
    return Opinion(
        aspect=None if one.aspect is None else _span_in(one.aspect, text),
        expression=None if one.expression is None else _span_in(one.expression, text),
        evidence=_span_in(one.evidence, text),
        category=one.category,
        polarity=one.polarity,
        confidence=one.confidence,
        tag=one.tag,
    )


def _span_in(one: _Span, text: str) -> Span:
    span = Span(one.start, one.end)
    if span.of(text) != one.text:
        raise ValueError(
            f"{one.text!r} is not what the text has at {one.start} to {one.end}: {span.of(text)!r}"
        )
    return span
