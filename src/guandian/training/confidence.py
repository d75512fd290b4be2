"""Fits the confidence of opinions on texts that were not trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from guandian.domain import Labelled, Quad
from guandian.evaluation import LogisticCalibrator, exactly_right
from guandian.tasks.confidence import UNFITTED, Confidence
from guandian.tasks.decode import Candidate, choose
from guandian.tasks.heads import POLARITIES, HeadSpec
from guandian.tasks.inference import Findings, Reader, infer

LEAST = 200
"""Candidates below which nothing can be fitted."""
OPEN = 0.05
"""Threshold at which the second fit sees what could still be reported."""


def fit_confidence(
    reader: Reader, examples: Sequence[Labelled], otherwise: Confidence = UNFITTED
) -> Confidence:
    """A logistic model of "this whole quad is exactly right", and the threshold of best F1.

    Fitted twice: on all candidates, then on those that survive the choice among contradicting
    ones. Texts of sets without categories are left out of the fit, for their quads cannot be
    exactly right; where no set has any, triplets are judged. The threshold is chosen on all.

    Args:
        reader: the trained model.
        examples: held-out labelled texts.
        otherwise: what to return when there are too few candidates to fit anything.
    """
    examples = [example for example in examples if example.quads is not None]
    found = infer(reader, [example.text for example in examples])
    gold = [example.quads or () for example in examples]
    chosen = _judged(examples)
    judged = [found[place] for place in chosen]
    confidence = UNFITTED
    for _ in range(2):
        seen = judged if confidence is UNFITTED else _survivors(judged, confidence)
        features, right = [], []
        for findings, wanted in zip(seen, [gold[place] for place in chosen], strict=True):
            features += [candidate.features for candidate in findings.candidates]
            right += exactly_right(wanted, _quads(findings.candidates, findings, reader.spec))
        if len(right) < LEAST:
            break
        fitted = LogisticCalibrator.fit(np.array(features), np.array(right))
        confidence = Confidence(fitted.weights, fitted.intercept, OPEN)
    if confidence is UNFITTED:
        return otherwise
    return replace(confidence, threshold=best_threshold(found, gold, reader.spec, confidence))


def best_threshold(
    found: Sequence[Findings],
    gold: Sequence[Sequence[Quad]],
    spec: HeadSpec,
    confidence: Confidence,
) -> float:
    """The threshold at which the chosen quads have the best micro F1, in [0, 1].

    Where a text's gold has no categories, none count. Where no candidate is likely enough to be
    chosen, the threshold of `UNFITTED`.
    """
    scored: list[tuple[float, bool]] = []
    for findings, wanted in zip(found, gold, strict=True):
        chosen = choose(findings.candidates, confidence)
        said = _quads([c for c, _ in chosen], findings, spec)
        if all(quad.category is None for quad in wanted):
            said = [replace(quad, category=None) for quad in said]
        hits = exactly_right(wanted, said)
        scored += zip([probability for _, probability in chosen], hits, strict=True)
    if not scored:
        return UNFITTED.threshold
    scored.sort(reverse=True)
    right = np.cumsum([hit for _, hit in scored])
    f1 = 2 * right / (np.arange(1, len(scored) + 1) + sum(len(set(wanted)) for wanted in gold))
    return float(scored[int(f1.argmax())][0])


def _judged(examples: Sequence[Labelled]) -> list[int]:
    """The places of texts whose gold can be met exactly: with categories, else all."""
    named = [
        place
        for place, example in enumerate(examples)
        if all(quad.category is not None for quad in example.quads or ())
    ]
    return named if any(examples[place].quads for place in named) else list(range(len(examples)))


def _survivors(found: Sequence[Findings], confidence: Confidence) -> list[Findings]:
    return [
        replace(one, candidates=tuple(c for c, _ in choose(one.candidates, confidence)))
        for one in found
    ]


def _quads(candidates: Sequence[Candidate], findings: Findings, spec: HeadSpec) -> list[Quad]:
    return [
        Quad(
            findings.span(candidate.aspect),
            findings.span(candidate.expression),
            spec.categories[candidate.category],
            POLARITIES[candidate.polarity],
        )
        for candidate in candidates
    ]
