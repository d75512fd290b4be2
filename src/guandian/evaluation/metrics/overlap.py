"""The share of the marked opinions that is found, and of the predicted ones that is right.

Exact spans are too strict where annotators themselves cut differently: here an opinion counts when
its words overlap those of one with the same polarity.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from guandian.domain import Polarity
from guandian.evaluation.metrics.matching import spans_meet
from guandian.evaluation.metrics.tuples import QuadLike, judging_words


@dataclass(frozen=True, slots=True)
class Overlap:
    """Opinions that overlap one of the other side with the same polarity.

    Attributes:
        recalled: of the gold opinions, by polarity, those that some opinion of the system overlaps.
        gold: how many there are, by polarity.
        right: of the system's opinions, by polarity, those that overlap some gold one.
        said: how many there are, by polarity.
    """

    recalled: Counter[Polarity]
    gold: Counter[Polarity]
    right: Counter[Polarity]
    said: Counter[Polarity]

    @property
    def recall(self) -> float:
        """The share of the gold opinions that is found; 0 where there are none."""
        return self.recalled.total() / max(self.gold.total(), 1)

    @property
    def precision(self) -> float:
        """The share of the system's opinions that is right; 0 where there are none."""
        return self.right.total() / max(self.said.total(), 1)

    def to_json(self) -> dict[str, object]:
        """The shares, and the counts by polarity."""
        counts = {
            name: {kind.value: counts[kind] for kind in Polarity}
            for name, counts in (
                ("found", self.recalled),
                ("gold", self.gold),
                ("right", self.right),
                ("said", self.said),
            )
        }
        return {"found": self.recall, "right": self.precision, "counts": counts}


def overlap(gold: Sequence[Sequence[QuadLike]], predicted: Sequence[Sequence[QuadLike]]) -> Overlap:
    """The overlap of two lists of opinions a review, by polarity."""
    counts = tuple(Counter[Polarity]() for _ in range(4))
    for ours, theirs in zip(gold, predicted, strict=True):
        for side, other, hits, total in ((ours, theirs, 0, 1), (theirs, ours, 2, 3)):
            counts[hits].update(q.polarity for q in side if _meets(q, other))
            counts[total].update(q.polarity for q in side)
    return Overlap(*counts)


def found_at(
    gold: Sequence[Sequence[QuadLike]],
    predicted: Sequence[Sequence[tuple[QuadLike, float]]],
    precision: float,
) -> tuple[float, float]:
    """The share found when only so sure opinions are kept that a share of them is right.

    Args:
        gold: the marked opinions of each review.
        predicted: the system's, each with its confidence.
        precision: the share that must be right.

    Returns:
        The lowest confidence that is kept, and the share of the gold that is found then; (1.0, 0.0)
        where no confidence is enough.
    """
    sure = sorted({confidence for row in predicted for _, confidence in row})
    # At most 200 thresholds, evenly among the ranks: each costs a matching of all reviews.
    steps = (
        [sure[k] for k in np.unique(np.linspace(0, len(sure) - 1, 200).astype(int))] if sure else []
    )
    for least in steps:
        confident = [[quad for quad, confidence in row if confidence >= least] for row in predicted]
        scores = overlap(gold, confident)
        if scores.precision >= precision:
            return least, scores.recall
    return 1.0, 0.0


def _meets(quad: QuadLike, others: Sequence[QuadLike]) -> bool:
    span = judging_words(quad)
    return span is not None and any(
        other.polarity == quad.polarity and spans_meet(span, judging_words(other))
        for other in others
    )
