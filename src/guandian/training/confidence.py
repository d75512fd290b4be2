"""Fits the confidence of opinions on texts that were not trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import compress

import numpy as np

from guandian.domain import Labelled, Polarity, Quad
from guandian.evaluation import exactly_right, score_labels
from guandian.tasks.confidence_features import UNFITTED, Confidence, Logistic
from guandian.tasks.decode import Candidate, choose
from guandian.tasks.head_spec import POLARITIES, HeadSpec
from guandian.tasks.inference import Findings, Reader, infer
from guandian.tasks.sentiment import side
from guandian.training.logistic import fit_logistic

LEAST = 200
"""Candidates below which nothing can be fitted."""
LEAST_NEUTRAL = 20
"""Neutral texts below which nothing tells how sure the others must be."""
OPEN = 0.05
"""Threshold at which the second fit sees what could still be reported."""


def fit_confidence(
    reader: Reader, examples: Sequence[Labelled], otherwise: Confidence = UNFITTED
) -> Confidence:
    """Logistic models of a whole opinion's and of a triplet's being right, and a threshold.

    The triplet's is fitted twice: on all candidates, then on those that survive the choice among
    contradicting ones; the threshold is that of the best micro F1 of triplets. The quad's is fitted
    on survivors in texts that are annotated with categories; where there are none, it is the
    triplet's.

    Args:
        reader: the trained model.
        examples: held-out labelled texts.
        otherwise: what to return when there are too few candidates to fit anything.
    """
    examples = [example for example in examples if example.quads is not None]
    findings = infer(reader, [example.text for example in examples])
    gold = [example.quads or () for example in examples]
    plain = [[replace(quad, category=None) for quad in annotation] for annotation in gold]
    triplet = _fit(findings, plain, reader.spec)
    if triplet is None:
        return otherwise
    survivors = _survivors(findings, Confidence(triplet, triplet, OPEN))
    triplet = _fit(survivors, plain, reader.spec) or triplet
    named = [all(quad.category is not None for quad in annotation) for annotation in gold]
    whole = list(compress(zip(survivors, gold, strict=True), named))
    quad = _fit([f for f, _ in whole], [annotation for _, annotation in whole], reader.spec)
    confidence = Confidence(quad or triplet, triplet, OPEN)
    return replace(confidence, threshold=best_threshold(findings, plain, reader.spec, confidence))


def count_candidates(reader: Reader, examples: Sequence[Labelled]) -> int:
    """The number of candidates that `fit_confidence` would have; it needs `LEAST`."""
    annotated = reader.spec.first([example for example in examples if example.quads is not None])
    return sum(
        len(answer.candidates) for answer in infer(reader, [example.text for example in annotated])
    )


def fit_by_custom(
    reader: Reader, examples: Sequence[Labelled], otherwise: Confidence = UNFITTED
) -> dict[str, Confidence]:
    """The confidence by custom of annotation, that of the first one under an empty name.

    Sets that mark less are answered by another threshold, and their opinions are right more or
    less often. A custom with too few candidates has none of its own.

    Args:
        reader: the trained model.
        examples: held-out labelled texts.
        otherwise: as for `fit_confidence`.
    """
    by_custom = {"": fit_confidence(reader, reader.spec.first(examples), otherwise)}
    for name in (custom.name for custom in reader.spec.customs[1:]):
        own = [example for example in examples if example.custom == name]
        fitted = fit_confidence(replace(reader, custom=name), own, by_custom[""])
        if fitted is not by_custom[""]:
            by_custom[name] = fitted
    return by_custom


def fit_band(reader: Reader, examples: Sequence[Labelled], otherwise: float) -> float:
    """The probability that the surer side must reach for the best sentiments of held-out texts.

    Args:
        reader: the trained model.
        examples: held-out texts; those whose sentiment people gave by the reader's custom count.
        otherwise: what to return where they are too few or show no neutral one.

    Returns:
        Of steps of a twentieth, the one with the best macro F1 of the three sentiments.
    """
    rated = [example for example in reader.spec.first(examples) if example.sentiment is not None]
    gold = [example.sentiment for example in rated if example.sentiment is not None]
    if not reader.spec.customs or gold.count(Polarity.NEUTRAL) < LEAST_NEUTRAL:
        return otherwise
    findings = infer(replace(reader, spans=False), [example.text for example in rated])
    sentiments = [answer.sentiment for answer in findings]

    def score(band: float) -> float:
        predicted = [POLARITIES[side(probabilities, band)] for probabilities in sentiments]
        return score_labels(gold, predicted, order=POLARITIES).macro_f1

    return max((step / 20 for step in range(7, 19)), key=score)


def _fit(
    findings: Sequence[Findings], gold: Sequence[Sequence[Quad]], spec: HeadSpec
) -> Logistic | None:
    """The model of a candidate's being one of the gold; None where too few candidates tell."""
    features: list[tuple[float, ...]] = []
    right: list[bool] = []
    for answer, annotation in zip(findings, gold, strict=True):
        features += [candidate.features for candidate in answer.candidates]
        right += _right(answer.candidates, answer, annotation, spec)
    if len(right) < LEAST:
        return None
    return Logistic(*fit_logistic(np.array(features), np.array(right)))


def best_threshold(
    findings: Sequence[Findings],
    gold: Sequence[Sequence[Quad]],
    spec: HeadSpec,
    confidence: Confidence,
) -> float:
    """The threshold at which what is chosen has the best micro F1, in [0, 1].

    A candidate counts as right by half what the annotation and half what the confidence says: of a
    custom with a hundred held-out texts the annotation alone would name a threshold of chance.
    Where no candidate is likely enough to be chosen, that of `UNFITTED`.
    """
    scored: list[tuple[float, bool]] = []
    for answer, annotation in zip(findings, gold, strict=True):
        chosen = [candidate for candidate, _ in choose(answer.candidates, confidence)]
        if chosen:
            sure = confidence.triplet(np.array([candidate.features for candidate in chosen]))
            scored += zip(sure.tolist(), _right(chosen, answer, annotation, spec), strict=True)
    if not scored:
        return UNFITTED.threshold
    scored.sort(reverse=True)
    right = np.cumsum([(hit + likely) / 2 for likely, hit in scored])
    annotated = sum(len(set(annotation)) for annotation in gold)
    f1 = 2 * right / (np.arange(1, len(scored) + 1) + annotated)
    return float(scored[int(f1.argmax())][0])


def _survivors(findings: Sequence[Findings], confidence: Confidence) -> list[Findings]:
    return [
        replace(answer, candidates=tuple(c for c, _ in choose(answer.candidates, confidence)))
        for answer in findings
    ]


def _right(
    candidates: Sequence[Candidate], findings: Findings, gold: Sequence[Quad], spec: HeadSpec
) -> list[bool]:
    """For each candidate, whether it is one of the gold; without categories there, none count."""
    plain = all(quad.category is None for quad in gold)
    predicted = [
        Quad(
            findings.span(candidate.aspect),
            findings.span(candidate.expression),
            None if plain else spec.categories[candidate.category],
            POLARITIES[candidate.polarity],
        )
        for candidate in candidates
    ]
    return list(exactly_right(gold, predicted))
