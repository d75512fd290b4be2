"""From findings over a cleaned text to opinions, entities and sentiment over the raw one."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from guandian.domain import Entity, Label, Opinion, Sentiment, Span
from guandian.tasks.confidence_features import Confidence
from guandian.tasks.decode import ABSENT, Candidate
from guandian.tasks.head_spec import POLARITIES, HeadSpec
from guandian.tasks.inference import Findings
from guandian.text.alignment import Alignment
from guandian.text.sentences import clauses

REACH = 200
"""How far evidence goes beyond the words of its opinion on either side, in characters: of a clause
that has no end, each of many opinions would repeat all."""


@dataclass(frozen=True, slots=True)
class Labels:
    """How arrays are read and named.

    Attributes:
        spec: the label spaces.
        confidence: fitted on held-out texts.
        band: a review is neutral unless positive or negative reaches this probability.
        names: for each category its Chinese and its English name.
        customs: of annotation besides the first one, the confidence by each that has its own.
    """

    spec: HeadSpec
    confidence: Confidence
    band: float
    names: Mapping[str, tuple[str, str]]
    customs: Mapping[str, Confidence] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Source:
    """A raw text, the cleaned text that the model read, and the way back."""

    raw: str
    cleaned: str
    alignment: Alignment


def opinions(
    found: Findings, source: Source, labels: Labels, chosen: list[tuple[Candidate, float]]
) -> tuple[Opinion, ...]:
    """The chosen candidates over the raw text, with evidence and tag."""
    if not chosen:
        return ()
    parts = clauses(source.cleaned)
    return tuple(
        _opinion(found, source, labels, parts, candidate, probability)
        for candidate, probability in chosen
    )


def entities(found: Findings, source: Source) -> tuple[Entity, ...]:
    """The entities over the raw text."""
    return tuple(
        Entity(source.alignment.to_raw(span), named.type, round(named.probability, 6))
        for named in found.named
        if (span := found.span(named.range)) is not None
    )


def sentiment(found: Findings, labels: Labels) -> Sentiment:
    """The review's sentiment: the likelier side if it reaches the band, else neutral."""
    negative, neutral, positive = (round(float(p), 6) for p in found.sentiment)
    label = POLARITIES[kind((negative, neutral, positive), labels.band)]
    return Sentiment(label, negative, neutral, positive)


def kind(scores: Sequence[float] | NDArray[np.float64], band: float) -> int:
    """Which of `POLARITIES` the probabilities [3] say: the surer side if it reaches the band."""
    negative, neutral, positive = scores
    surer = max(negative, positive)
    if surer < band or neutral > surer:
        return 1
    return 2 if positive > negative else 0


def declared(found: Findings, labels: Labels) -> dict[str, Label]:
    """The review's declared labels by name; empty for a model that has no heads for any."""
    return {task.name: task.decode(found.labels) for task in labels.spec.tasks}


def _opinion(
    found: Findings,
    source: Source,
    labels: Labels,
    parts: list[Span],
    candidate: Candidate,
    probability: float,
) -> Opinion:
    aspect, expression = found.span(candidate.aspect), found.span(candidate.expression)
    said = [span for span in (aspect, expression) if span is not None]
    if not said and candidate.clause is not None and candidate.clause != ABSENT:
        said = [span for span in (found.span(candidate.clause),) if span is not None]
    evidence = _evidence(said, parts, source.cleaned)
    back = source.alignment.to_raw
    category = labels.spec.categories[candidate.category]
    raw_aspect = back(aspect) if aspect else None
    raw_expression = back(expression) if expression else None
    return Opinion(
        aspect=raw_aspect,
        expression=raw_expression,
        evidence=_around(back(evidence), raw_aspect, raw_expression),
        category=category,
        polarity=POLARITIES[candidate.polarity],
        confidence=round(probability, 6),
        tag=_tag(source.cleaned, aspect, expression, labels.names.get(category, (category,) * 2)),
    )


def _evidence(said: list[Span], parts: list[Span], text: str) -> Span:
    """From the first clause that the said spans touch to the last; the spans are always in it.

    What is farther from them than `REACH` is cut off. `parts` are in order and do not overlap.
    """
    if not said:
        return Span(0, len(text))
    start, end = min(s.start for s in said), max(s.end for s in said)
    first = bisect_right(parts, start, key=lambda part: part.end)
    last = bisect_left(parts, end, key=lambda part: part.start)
    touched = parts[first:last]
    return Span(
        max(min([start, *(p.start for p in touched)]), start - REACH),
        min(max([end, *(p.end for p in touched)]), end + REACH),
    )


def _around(evidence: Span, *spans: Span | None) -> Span:
    said = [span for span in spans if span is not None]
    return Span(
        min([evidence.start, *(s.start for s in said)]), max([evidence.end, *(s.end for s in said)])
    )


def _tag(text: str, aspect: Span | None, expression: Span | None, names: tuple[str, str]) -> str:
    """A short text to show: aspect and expression, or the category where neither is said."""
    words = [" ".join(span.of(text).split()) for span in (aspect, expression) if span is not None]
    if not words:
        chinese = any("\u4e00" <= character <= "\u9fff" for character in text)
        return names[0] if chinese else names[1]
    joint = "" if any("\u4e00" <= c <= "\u9fff" for c in "".join(words)) else " "
    return joint.join(words)
