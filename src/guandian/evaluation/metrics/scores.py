"""Precision, recall and F1 from counts that add up over reviews."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
"""`[n, 3]`: true positives, predicted and gold of each of n reviews."""


@dataclass(frozen=True, slots=True)
class PRF:
    """Micro precision, recall and F1, each in [0, 1] and 0 where its denominator is 0."""

    true_positives: int
    predicted: int
    gold: int

    @property
    def precision(self) -> float:
        """The share of what was predicted that is right."""
        return self.true_positives / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        """The share of the gold that was found."""
        return self.true_positives / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        denominator = self.predicted + self.gold
        return 2 * self.true_positives / denominator if denominator else 0.0

    @classmethod
    def of(cls, counts: Counts) -> PRF:
        """The score of the pooled `counts`, `[n, 3]`."""
        true_positives, predicted, gold = (int(total) for total in counts.sum(axis=0))
        return cls(true_positives, predicted, gold)

    def to_json(self) -> dict[str, float | int]:
        """The three rates and the three counts behind them."""
        return {
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
            "true_positives": self.true_positives,
            "predicted": self.predicted,
            "gold": self.gold,
        }
