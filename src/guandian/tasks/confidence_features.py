"""The confidence in a candidate opinion, from the scores of its parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guandian.evaluation.logits import sigmoid

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
class Logistic:
    """A logistic model over `FEATURES`.

    Attributes:
        weights: one for each feature.
        bias: added to the weighted sum.
    """

    weights: tuple[float, ...]
    bias: float

    def __call__(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Features [n, len(FEATURES)] to probabilities [n]."""
        return sigmoid(features @ np.asarray(self.weights) + self.bias)


@dataclass(frozen=True, slots=True)
class Confidence:
    """The models that decide which opinions are reported, and with which confidence.

    The category is the least certain part where a review is of a domain that no taxonomy was
    learned for, so it has no say in whether an opinion is reported.

    Attributes:
        quad: "this whole opinion is exactly right": the confidence that people see.
        triplet: "aspect, expression and polarity are right": decides.
        threshold: candidates of which `triplet` says less are not reported.
    """

    quad: Logistic
    triplet: Logistic
    threshold: float


UNFITTED = Confidence(
    Logistic((1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0), 0.0),
    Logistic((1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0), 0.0),
    0.4,
)
"""Before anything was fitted: the weakest part decides."""


def mean_confidence(several: Sequence[Confidence]) -> Confidence:
    """The mean of all coefficients and thresholds, for models that answer together.

    A candidate's logit is then the mean of what each would say of it. Together they are right more
    often than each alone, so this says a little too little: fit anew where texts are held out.
    """

    def mean(models: Sequence[Logistic]) -> Logistic:
        weights = np.mean([model.weights for model in models], axis=0)
        return Logistic(tuple(weights.tolist()), float(np.mean([model.bias for model in models])))

    return Confidence(
        mean([confidence.quad for confidence in several]),
        mean([confidence.triplet for confidence in several]),
        float(np.mean([confidence.threshold for confidence in several])),
    )
