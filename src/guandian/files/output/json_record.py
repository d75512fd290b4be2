"""A review and what was mined from it as one JSON object, and back."""

from __future__ import annotations

import json
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
from guandian.files.output.knowledge_json import KnowledgeWire, knowledge_out

_KNOWN = ("product", "brand", "rating", "scale", "time", "user", "source")
_DIGITS = 6
_SHOWN = 100
"""Characters of a wrong value that are told."""


def to_wire(review: Review, mined: Mined) -> dict[str, Any]:
    """One JSON object; product, brand, rating, scale, time, user, source stand in it when known.

    Spans carry their text beside their offsets (Unicode code points, half-open); probabilities
    are rounded to six digits. An entity's `alone`, and entities that were `withdrawn`, stand in it
    where the model has a gazetteer, `knowledge` where there was a catalogue or a lexicon. `labels`
    stand in it where the model has heads for any; `parts`, and
    the `part` of each opinion, where the text was several columns; `confidence_fitted` where the
    confidence never was.

    Raises:
        ValueError: when `mined` is about another review.
    """
    if review.id != mined.review_id:
        raise ValueError(f"review {review.id!r} was mined as {mined.review_id!r}")
    text, feeling = review.text, mined.sentiment
    record: dict[str, Any] = {"id": review.id, "text": text, "language": str(mined.language)}
    for name in _KNOWN:
        if (value := getattr(review, name)) is not None:
            record[name] = value
    record["sentiment"] = {
        "label": str(feeling.label),
        "scores": {
            "negative": round(feeling.negative, _DIGITS),
            "neutral": round(feeling.neutral, _DIGITS),
            "positive": round(feeling.positive, _DIGITS),
        },
    }
    if review.parts:
        record["parts"] = {
            name: {"start": span.start, "end": span.end} for name, span in review.parts.items()
        }
    if review.unread:
        record["unread"] = dict(review.unread)
    record["opinions"] = [
        _opinion_out(opinion, text)
        | ({"part": review.part(opinion.evidence)} if review.parts else {})
        for opinion in mined.opinions
    ]
    record["entities"] = [_entity_out(entity, text) for entity in mined.entities]
    if mined.withdrawn:
        record["withdrawn"] = [_entity_out(entity, text) for entity in mined.withdrawn]
    if mined.knowledge is not None:
        record["knowledge"] = knowledge_out(mined.knowledge, text)
    if mined.labels:
        record["labels"] = {name: _label_out(label) for name, label in mined.labels.items()}
    record["warnings"] = list(mined.warnings)
    record["model"] = mined.model
    if not mined.fitted:
        record["confidence_fitted"] = False
    record["extra"] = dict(review.extra)
    return record


def from_wire(record: Mapping[str, Any]) -> tuple[Review, Mined]:
    """The review and its opinions from an object that `to_wire` made.

    Raises:
        ValueError: naming the key that is missing or wrong, spans that are not in the text
            included.
    """
    try:
        wire = _Review.model_validate(record)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        if first["type"] == "missing":
            raise ValueError(f"{key} is missing") from error
        shown = _as_json(first["input"])[:_SHOWN]
        raise ValueError(f"{key} takes {called_for(first)}, found {shown}") from error
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
        opinions=tuple(_opinion_in(opinion, text) for opinion in wire.opinions),
        entities=tuple(_entity_in(entity, text) for entity in wire.entities),
        knowledge=None if wire.knowledge is None else wire.knowledge.value(text),
        withdrawn=tuple(_entity_in(entity, text) for entity in wire.withdrawn),
        warnings=tuple(wire.warnings),
        model=wire.model,
        labels=MappingProxyType({name: _label_in(label) for name, label in wire.labels.items()}),
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
    alone: FiniteFloat | None = None


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
    withdrawn: list[_Entity] = []
    knowledge: KnowledgeWire | None = None
    labels: dict[str, _Label] = {}
    warnings: list[str]
    model: str
    confidence_fitted: bool = True
    extra: dict[str, str] = {}
    parts: dict[str, _Part] = {}
    unread: dict[str, str] = {}


def _as_json(value: object) -> str:
    """A wrong value as it stands in the line (`null`, not None); a text as elsewhere, quoted."""
    if isinstance(value, str):
        return repr(value)
    return json.dumps(value, ensure_ascii=False, default=repr)


def _parts_in(wire: _Review) -> dict[str, Span]:
    parts = {name: Span(span.start, span.end) for name, span in wire.parts.items()}
    if any(span.end > len(wire.text) for span in parts.values()):
        raise ValueError("parts: one ends behind the text")
    return parts


def _opinion_out(opinion: Opinion, text: str) -> dict[str, Any]:
    return {
        "aspect": opinion.aspect and _span_out(opinion.aspect, text),
        "expression": opinion.expression and _span_out(opinion.expression, text),
        "evidence": _span_out(opinion.evidence, text),
        "category": opinion.category,
        "polarity": str(opinion.polarity),
        "confidence": round(opinion.confidence, _DIGITS),
        "tag": opinion.tag,
    }


def _entity_out(entity: Entity, text: str) -> dict[str, Any]:
    fields = {
        **_span_out(entity.span, text),
        "type": entity.type,
        "confidence": round(entity.confidence, _DIGITS),
    }
    return fields if entity.alone is None else fields | {"alone": round(entity.alone, _DIGITS)}


def _entity_in(wire: _Entity, text: str) -> Entity:
    return Entity(_span_in(wire, text), wire.type, wire.confidence, wire.alone)


def _label_out(label: Label) -> dict[str, Any]:
    value = list(label.value) if isinstance(label.value, tuple) else label.value
    if label.probability is None:
        return {"value": value}
    if isinstance(label.probability, tuple):
        return {"value": value, "probability": [round(p, _DIGITS) for p in label.probability]}
    return {"value": value, "probability": round(label.probability, _DIGITS)}


def _label_in(label: _Label) -> Label:
    value = tuple(label.value) if isinstance(label.value, list) else label.value
    sure = label.probability
    return Label(value, tuple(sure) if isinstance(sure, list) else sure)


def _span_out(span: Span, text: str) -> dict[str, Any]:
    return {"start": span.start, "end": span.end, "text": span.of(text)}


def _opinion_in(opinion: _Opinion, text: str) -> Opinion:
    return Opinion(
        aspect=None if opinion.aspect is None else _span_in(opinion.aspect, text),
        expression=None if opinion.expression is None else _span_in(opinion.expression, text),
        evidence=_span_in(opinion.evidence, text),
        category=opinion.category,
        polarity=opinion.polarity,
        confidence=opinion.confidence,
        tag=opinion.tag,
    )


def _span_in(wire: _Span, text: str) -> Span:
    start, end = wire.start, wire.end
    span = Span(start, end)
    if span.of(text) != wire.text:
        raise ValueError(
            f"{wire.text!r} is not what the text has at {start} to {end}: {span.of(text)!r}"
        )
    return span
