"""The task `regression`: a number on a scale."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from guandian.domain import Label, LabelValue
from guandian.evaluation.metrics.review_labels import LabelResult, score_numbers
from guandian.tasks.labels.declared_label import DeclaredLabel, rounded
from guandian.tasks.task import Floats


class Number(DeclaredLabel):
    """One number, the place on the scale from 0 to 1."""

    @property
    def width(self) -> int:
        """One place."""
        return 1

    @property
    def scale(self) -> tuple[float, float]:
        """The lowest and the highest number."""
        low, high = self.head.low, self.head.high
        if low is None or high is None or not low < high:
            raise ValueError(f"{self.name}: a regression needs low < high, and no classes")
        return low, high

    def check(self) -> None:
        """Refuse a scale without two ends, and classes."""
        if self.head.classes or not self.scale:
            raise ValueError(f"{self.name}: a regression needs low < high, and no classes")

    def accept(self, value: LabelValue) -> float:
        """The number."""
        if not isinstance(value, int | float):
            raise ValueError(f"needs a number, got {value!r}")
        low, high = self.scale
        if not low <= value <= high:
            raise ValueError(f"{value:g} is not between {low:g} and {high:g}")
        return float(value)

    def target(self, value: LabelValue) -> tuple[float, ...]:
        """The place on the scale."""
        low, high = self.scale
        return ((self.accept(value) - low) / (high - low),)

    def answer(self, logits: Floats) -> Label:
        """The number at the place, which is kept on the scale."""
        low, high = self.scale
        return Label(rounded(low + float(np.clip(logits[0], 0, 1)) * (high - low)))

    def score(
        self,
        gold: Sequence[LabelValue],
        predicted: Sequence[LabelValue],
        *,
        resamples: int = 1000,
        seed: int = 0,
    ) -> LabelResult:
        """Errors and correlation; training chooses by the mean error as a share of the scale."""
        return score_numbers(gold, predicted, scale=self.scale, resamples=resamples, seed=seed)
