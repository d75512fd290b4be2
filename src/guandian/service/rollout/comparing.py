"""Two models on the same reviews, in numbers with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from guandian.domain import Labelled, Mined, Opinion, Quad
from guandian.evaluation import Interval, PairedDifference, count_quads, interval, paired_difference
from guandian.evaluation.intervals.wilson import wilson_ends
from guandian.store.records.trials import ComparedReview

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
_THOUSANDTHS = 1000
"""Confidences are summed as whole numbers of these."""


@dataclass(frozen=True, slots=True)
class TrialFigures:
    """How a candidate answers beside the model of now.

    Attributes:
        reviews: that both read.
        agreement: F1 of the opinions of one against those of the other.
        same_sentiment: share of reviews to which both give one sentiment.
        confidence: mean of each, the model of now first; None without an opinion.
        more_confident: the candidate's mean less the other's.
        opinions: of each a review.
    """

    reviews: int
    agreement: Interval | None
    same_sentiment: Interval | None
    confidence: tuple[float | None, float | None]
    more_confident: PairedDifference | None
    opinions: tuple[float, float]


def compared_review(incumbent: Mined, candidate: Mined, *, by_candidate: bool) -> ComparedReview:
    """What is kept of a review that two models have read."""
    ours, theirs = (set(map(quad, mined.opinions)) for mined in (incumbent, candidate))
    return ComparedReview(
        "candidate" if by_candidate else "incumbent",
        len(ours & theirs),
        len(ours),
        len(theirs),
        int(incumbent.sentiment.label == candidate.sentiment.label),
        sum(opinion.confidence for opinion in incumbent.opinions),
        sum(opinion.confidence for opinion in candidate.opinions),
    )


def quad(opinion: Opinion) -> Quad:
    """An opinion as people annotate it."""
    return Quad(opinion.aspect, opinion.expression, opinion.category, opinion.polarity)


def trial_figures(compared: Sequence[ComparedReview]) -> TrialFigures:
    """Figures of reviews that two models have read."""
    if not compared:
        return TrialFigures(0, None, None, (None, None), None, (0.0, 0.0))
    shared = np.array([[r.shared, r.opinions, r.candidate_opinions] for r in compared], np.int64)
    same = float(np.mean([r.same_sentiment for r in compared]))
    ours = _sums([(r.confidence, r.opinions) for r in compared])
    theirs = _sums([(r.candidate_confidence, r.candidate_opinions) for r in compared])
    spoken = bool(ours[:, 1].sum() and theirs[:, 1].sum())
    return TrialFigures(
        len(compared),
        interval(shared) if shared[:, 1:].sum() else None,
        Interval(same, *wilson_ends(same, len(compared))),
        (_mean(ours), _mean(theirs)),
        paired_difference(theirs, ours, _mean_of) if spoken else None,
        (float(shared[:, 1].mean()), float(shared[:, 2].mean())),
    )


@dataclass(frozen=True, slots=True)
class CorrectedFigures:
    """How two models answer the reviews of which people settled every opinion.

    Attributes:
        reviews: how many those are.
        precision, f1: of exact opinions, the model of now first.
        more_precise, better: the candidate's less the other's.
    """

    reviews: int
    precision: tuple[Interval, Interval] | None
    f1: tuple[Interval, Interval] | None
    more_precise: PairedDifference | None
    better: PairedDifference | None


def corrected_figures(
    labelled: Sequence[Labelled], incumbent: Sequence[Mined], candidate: Sequence[Mined]
) -> CorrectedFigures:
    """Figures of both models on reviews that people corrected."""
    if not labelled:
        return CorrectedFigures(0, None, None, None, None)
    gold = [record.quads or () for record in labelled]
    ours, theirs = (
        count_quads(gold, [mined.opinions for mined in several])["quad"]
        for several in (incumbent, candidate)
    )
    return CorrectedFigures(
        len(labelled),
        (interval(ours, _precision), interval(theirs, _precision)),
        (interval(ours), interval(theirs)),
        paired_difference(theirs, ours, _precision),
        paired_difference(theirs, ours),
    )


def outcome(record: Labelled, before: Mined, promoted: Mined) -> int:
    """Whether the promoted model answers a corrected review better (1), alike (0) or worse (-1)."""
    gold = [record.quads or ()]
    hits = [count_quads(gold, [mined.opinions])["quad"][0].tolist() for mined in (before, promoted)]
    old, new = (2 * right / max(said + there, 1) for right, said, there in hits)
    return int(new > old) - int(new < old)


def _sums(pairs: Sequence[tuple[float, int]]) -> Integers:
    return np.array([[round(total * _THOUSANDTHS), count] for total, count in pairs], np.int64)


def _mean_of(totals: Any) -> Floats:
    return np.asarray(totals[..., 0] / _THOUSANDTHS / np.maximum(totals[..., 1], 1), np.float64)


def _mean(sums: Integers) -> float | None:
    return float(_mean_of(sums.sum(0))) if sums[:, 1].sum() else None


def _precision(totals: Integers) -> Floats:
    return np.asarray(totals[..., 0] / np.maximum(totals[..., 1], 1), np.float64)
