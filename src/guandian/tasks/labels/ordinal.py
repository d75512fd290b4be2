"""The task `ordinal`: one of the classes, whose order means something."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from guandian.domain import Label, LabelValue
from guandian.evaluation.logits import sigmoid
from guandian.evaluation.metrics.review_labels import LabelResult, score_ranks
from guandian.tasks.labels.declared_label import (
    DeclaredLabel,
    known_class,
    refuse_classes,
    rounded,
)
from guandian.tasks.task import Floats


class Rank(DeclaredLabel):
    """A logit for each class but the last: whether the class is above it.

    The questions are those of CORAL (Cao et al. 2020, arXiv:1901.07884).
    """

    @property
    def width(self) -> int:
        """A logit for each class but the last."""
        return len(self.head.classes) - 1

    def check(self) -> None:
        """Refuse fewer than two classes."""
        refuse_classes(self.head, 2)

    def accept(self, value: LabelValue) -> str:
        """The class by its name."""
        return known_class(self.head, value)

    def target(self, value: LabelValue) -> tuple[float, ...]:
        """1 at k where the class is above the k-th."""
        rank = self.head.classes.index(str(value))
        return tuple(float(rank > k) for k in range(self.width))

    def answer(self, logits: Floats) -> Label:
        """The class above which it likely is not, with its probability."""
        above = _above(logits)
        rank = int((above > 0.5).sum())
        return Label(self.head.classes[rank], rounded(self.beliefs(logits)[rank]))

    def beliefs(self, logits: Floats) -> Floats:
        """Differences between the answers to neighbouring questions."""
        above = _above(logits)
        return np.asarray(np.append(1.0, above) - np.append(above, 0.0), dtype=np.float64)

    def score(
        self,
        gold: Sequence[LabelValue],
        predicted: Sequence[LabelValue],
        *,
        resamples: int = 1000,
        seed: int = 0,
    ) -> LabelResult:
        """As a class, and the distances between ranks, by which training chooses."""
        return score_ranks(
            gold, predicted, classes=self.head.classes, resamples=resamples, seed=seed
        )


def _above(logits: Floats) -> Floats:
    """The probability of being above each class; the thresholds are in order but for rounding."""
    return np.asarray(np.minimum.accumulate(sigmoid(logits)))
