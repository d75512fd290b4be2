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
    found = infer(reader, [example.text for example in examples])
    gold = [example.quads or () for example in examples]
    plain = [[replace(quad, category=None) for quad in wanted] for wanted in gold]
    triplet = _fit(found, plain, reader.spec)
    if triplet is None:
        return otherwise
    survivors = _survivors(found, Confidence(triplet, triplet, OPEN))
    triplet = _fit(survivors, plain, reader.spec) or triplet
    named = [all(quad.category is not None for quad in wanted) for wanted in gold]
    whole = list(compress(zip(survivors, gold, strict=True), named))
    quad = _fit([f for f, _ in whole], [wanted for _, wanted in whole], reader.spec)
    confidence = Confidence(quad or triplet, triplet, OPEN)
    return replace(confidence, threshold=best_threshold(found, plain, reader.spec, confidence))


def count_candidates(reader: Reader, examples: Sequence[Labelled]) -> int:
    """How many candidates `fit_confidence` would have, of which it needs `LEAST`."""
    some = reader.spec.first([one for one in examples if one.quads is not None])
    return sum(len(found.candidates) for found in infer(reader, [one.text for one in some]))


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
    found = {"": fit_confidence(reader, reader.spec.first(examples), otherwise)}
    for name in (one.name for one in reader.spec.customs[1:]):
        own = [one for one in examples if one.custom == name]
        fitted = fit_confidence(replace(reader, custom=name), own, found[""])
        if fitted is not found[""]:
            found[name] = fitted
    return found


def fit_band(reader: Reader, examples: Sequence[Labelled], otherwise: float) -> float:
    """What the surer side must reach so that the sentiments of held-out texts are told best.

    Args:
        reader: the trained model.
        examples: held-out texts; those whose sentiment people gave by the reader's custom count.
        otherwise: what to return where they are too few or show no neutral one.

    Returns:
        Of steps of a twentieth, the one with the best macro F1 of the three sentiments.
    """
    some = [one for one in reader.spec.first(examples) if one.sentiment is not None]
    gold = [one.sentiment for one in some if one.sentiment is not None]
    if not reader.spec.customs or gold.count(Polarity.NEUTRAL) < LEAST_NEUTRAL:
        return otherwise
    found = infer(replace(reader, spans=False), [one.text for one in some])
    sure = [one.sentiment for one in found]

    def score(band: float) -> float:
        said = [POLARITIES[side(each, band)] for each in sure]
        return score_labels(gold, said, order=POLARITIES).macro_f1

    return max((step / 20 for step in range(7, 19)), key=score)


def _fit(
    found: Sequence[Findings], gold: Sequence[Sequence[Quad]], spec: HeadSpec
) -> Logistic | None:
    """Of what makes a candidate one of the gold; None where too few candidates tell."""
    features: list[tuple[float, ...]] = []
    right: list[bool] = []
    for findings, wanted in zip(found, gold, strict=True):
        features += [candidate.features for candidate in findings.candidates]
        right += _right(findings.candidates, findings, wanted, spec)
    if len(right) < LEAST:
        return None
    return Logistic(*fit_logistic(np.array(features), np.array(right)))


def best_threshold(
    found: Sequence[Findings],
    gold: Sequence[Sequence[Quad]],
    spec: HeadSpec,
    confidence: Confidence,
) -> float:
    """The threshold at which what is chosen has the best micro F1, in [0, 1].

    Where no candidate is likely enough to be chosen, that of `UNFITTED`.
    """
    scored: list[tuple[float, bool]] = []
    for findings, wanted in zip(found, gold, strict=True):
        chosen = [candidate for candidate, _ in choose(findings.candidates, confidence)]
        if chosen:
            sure = confidence.triplet(np.array([candidate.features for candidate in chosen]))
            scored += zip(sure.tolist(), _right(chosen, findings, wanted, spec), strict=True)
    if not scored:
        return UNFITTED.threshold
    scored.sort(reverse=True)
    right = np.cumsum([hit for _, hit in scored])
    f1 = 2 * right / (np.arange(1, len(scored) + 1) + sum(len(set(wanted)) for wanted in gold))
    return float(scored[int(f1.argmax())][0])


def _survivors(found: Sequence[Findings], confidence: Confidence) -> list[Findings]:
    return [
        replace(one, candidates=tuple(c for c, _ in choose(one.candidates, confidence)))
        for one in found
    ]


def _right(
    candidates: Sequence[Candidate], findings: Findings, gold: Sequence[Quad], spec: HeadSpec
) -> list[bool]:
    """Whether each candidate is one of the gold; where that has no categories, none count."""
    plain = all(quad.category is None for quad in gold)
    said = [
        Quad(
            findings.span(candidate.aspect),
            findings.span(candidate.expression),
            None if plain else spec.categories[candidate.category],
            POLARITIES[candidate.polarity],
        )
        for candidate in candidates
    ]
    return list(exactly_right(gold, said))
