"""How sure to be of a candidate opinion, from the scores of its parts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FEATURES = (
    "weakest",
    "aspect",
    "expression",
    "pair",
    "category",
    "polarity",
    "no_aspect",
    "no_expression",
)
"""Of a candidate: lowest of its three scores; the logits of both spans (0 where absent); mean
pair logit; log-probabilities of category and polarity; flags for the absent parts."""


@dataclass(frozen=True, slots=True)
class Confidence:
    """A logistic model of "this whole opinion is exactly right", and where to cut.

    Attributes:
        weights: one for each of `FEATURES`.
        bias: added to the weighted sum.
        threshold: candidates below this probability are not reported.
    """

    weights: tuple[float, ...]
    bias: float
    threshold: float

    def __call__(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Features [n, len(FEATURES)] to probabilities [n]."""
        logit = np.clip(features @ np.asarray(self.weights) + self.bias, -30, 30)
        return np.asarray(1 / (1 + np.exp(-logit)))


UNFITTED = Confidence((1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0), 0.0, 0.4)
"""Before anything was fitted: the weakest part decides."""
UNFITTED_TRIPLETS = Confidence((1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0), 0.0, 0.4)
"""The same where categories do not count."""
