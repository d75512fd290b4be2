"""Precision, recall and F1 from counts that add up over reviews."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
"""`[n, 3]`: true positives, predicted and gold of each of n reviews."""


class DefinedRates(NamedTuple):
    """Shares in [0, 1]; None where there is nothing that they would be a share of."""

    precision: float | None
    recall: float | None
    f1: float | None


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

    @property
    def defined(self) -> DefinedRates:
        """The rates that can be told: without gold there is no recall and no F1 to speak of."""
        return DefinedRates(
            self.precision if self.predicted else None,
            self.recall if self.gold else None,
            self.f1 if self.gold else None,
        )

    @classmethod
    def of(cls, counts: Counts) -> PRF:
        """The score of the pooled `counts`, `[n, 3]`."""
        true_positives, predicted, gold = (int(total) for total in counts.sum(axis=0))
        return cls(true_positives, predicted, gold)

    def to_json(self) -> dict[str, float | int | None]:
        """The rates as `defined`, and the three counts behind them."""
        return {
            **self.defined._asdict(),
            "true_positives": self.true_positives,
            "predicted": self.predicted,
            "gold": self.gold,
        }
