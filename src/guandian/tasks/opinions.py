"""The task `opinions`: from findings over a cleaned text to opinions over the raw one."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from guandian.domain import Label, Labelled, Opinion, Span
from guandian.evaluation.metrics.tuples import score_quads
from guandian.tasks.confidence_features import UNFITTED, Confidence
from guandian.tasks.decode import ABSENT, Candidate
from guandian.tasks.head_spec import POLARITIES, HeadSpec
from guandian.tasks.inference import Findings, quads
from guandian.text.alignment import Alignment
from guandian.text.sentences import clauses

_HAN = re.compile("[\u4e00-\u9fff]")
REACH = 200
"""The reach of evidence beyond the words of its opinion on either side, in characters: of a clause
that has no end, each of many opinions would repeat all."""


@dataclass(frozen=True, slots=True)
class Labels:
    """The settings by which arrays are read and named.

    Attributes:
        spec: the label spaces.
        confidence: of opinions.
        band: a review is neutral unless positive or negative reaches this probability.
        names: for each category its Chinese and its English name.
        customs: of annotation besides the first one, the confidence by each that has its own.
        fitted: whether `confidence` was fitted on held-out texts.
    """

    spec: HeadSpec
    confidence: Confidence
    band: float
    names: Mapping[str, tuple[str, str]]
    customs: Mapping[str, Confidence] = field(default_factory=dict)
    fitted: bool = True


@dataclass(frozen=True, slots=True)
class Source:
    """A raw text, the cleaned text that the model read, and the way back."""

    raw: str
    cleaned: str
    alignment: Alignment


def opinions(
    findings: Findings, source: Source, labels: Labels, chosen: list[tuple[Candidate, float]]
) -> tuple[Opinion, ...]:
    """The chosen candidates over the raw text, with evidence and tag."""
    if not chosen:
        return ()
    parts = clauses(source.cleaned)
    return tuple(
        _opinion(findings, source, labels, parts, candidate, probability)
        for candidate, probability in chosen
    )


def opinion_scores(
    examples: Sequence[Labelled], findings: Sequence[Findings], spec: HeadSpec
) -> Mapping[str, float]:
    """The F1 of opinions and of their parts on the reviews that are annotated, the main one first.

    Quads are left out where nothing is annotated with a category.
    """
    annotated = [
        (example.quads, answer)
        for example, answer in zip(examples, findings, strict=True)
        if example.quads is not None
    ]
    if not annotated:
        return {}
    gold = [annotation for annotation, _ in annotated]
    tuples = score_quads(gold, [quads(answer, spec, UNFITTED) for _, answer in annotated])
    plain = all(quad.category is None for annotation in gold for quad in annotation)
    names = ("triplet", "pair", "aspect", "expression")
    return {name: getattr(tuples, name).f1 for name in (names if plain else ("quad", *names))}


def declared(findings: Findings, spec: HeadSpec) -> dict[str, Label]:
    """The review's declared labels by name; empty for a model that has no heads for any."""
    return {task.name: task.decode(findings.arrays) for task in spec.tasks}


def _opinion(
    findings: Findings,
    source: Source,
    labels: Labels,
    parts: list[Span],
    candidate: Candidate,
    probability: float,
) -> Opinion:
    aspect, expression = findings.span(candidate.aspect), findings.span(candidate.expression)
    spans = [span for span in (aspect, expression) if span is not None]
    if not spans and candidate.clause is not None and candidate.clause != ABSENT:
        spans = [span for span in (findings.span(candidate.clause),) if span is not None]
    evidence = clause_evidence(spans, parts, source.cleaned)
    back = source.alignment.to_raw
    category = labels.spec.categories[candidate.category]
    names = labels.names.get(category, (category,) * 2)
    raw_aspect = back(aspect) if aspect else None
    raw_expression = back(expression) if expression else None
    return Opinion(
        aspect=raw_aspect,
        expression=raw_expression,
        evidence=around(back(evidence), raw_aspect, raw_expression),
        category=category,
        polarity=POLARITIES[candidate.polarity],
        confidence=round(probability, 6),
        tag=display_tag(source.cleaned, aspect, expression, names),
    )


def clause_evidence(spans: list[Span], parts: list[Span], text: str) -> Span:
    """From the first clause that the spans touch to the last; the spans are always in it.

    What is farther from them than `REACH` is cut off. `parts` are in order and do not overlap.
    """
    if not spans:
        return Span(0, len(text))
    start, end = min(s.start for s in spans), max(s.end for s in spans)
    first = bisect_right(parts, start, key=lambda part: part.end)
    last = bisect_left(parts, end, key=lambda part: part.start)
    touched = parts[first:last]
    return Span(
        max(min([start, *(p.start for p in touched)]), start - REACH),
        min(max([end, *(p.end for p in touched)]), end + REACH),
    )


def around(evidence: Span, *spans: Span | None) -> Span:
    """The evidence, widened where a span of its opinion reaches beyond it."""
    parts = [span for span in spans if span is not None]
    return Span(
        min([evidence.start, *(s.start for s in parts)]),
        max([evidence.end, *(s.end for s in parts)]),
    )


def display_tag(
    text: str, aspect: Span | None, expression: Span | None, names: tuple[str, str]
) -> str:
    """A short text to show: aspect and expression, or the category where neither is said."""
    words = [" ".join(span.of(text).split()) for span in (aspect, expression) if span is not None]
    if not words:
        return names[0] if _HAN.search(text) else names[1]
    joint = "" if any(map(_HAN.search, words)) else " "
    return joint.join(words)
