"""Fits a confidence: logistic regression of 'this answer is exactly right' on a few features."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]


def fit_logistic(
    features: Floats, right: Booleans, *, l2: float = 1.0
) -> tuple[tuple[float, ...], float]:
    """Fit P(right) = sigmoid(features . weights + bias) to answers.

    Args:
        features: `[n, k]`, finite; standardised inside, so `l2` treats them alike.
        right: `[n]`, whether each answer was right. Targets are drawn in a little, as Platt
            does, so that answers that are all right (or all wrong) still have a finite fit.
        l2: weight of half the squared norm against the summed log-loss; above 0.

    Returns:
        The `k` weights on raw features, and the bias.

    Raises:
        ValueError: for unequal lengths, no answers, features that are not finite, `l2` <= 0.
    """
    features, right = np.asarray(features, np.float64), np.asarray(right, np.bool_)
    if features.ndim != 2 or right.shape != features.shape[:1] or not len(right):
        raise ValueError(f"need [n, k] and [n] with n > 0: {features.shape}, {right.shape}")
    if not np.isfinite(features).all() or l2 <= 0:
        raise ValueError("features must be finite and l2 above 0")
    middle, spread = features.mean(axis=0), features.std(axis=0)
    spread[spread < 1e-9] = 1.0
    yes = int(right.sum())
    target = np.where(right, (yes + 1) / (yes + 2), 1 / (len(right) - yes + 2))
    scaled = (features - middle) / spread
    # A target between 0 and 1 is an answer that is right and wrong, each with its weight.
    model = LogisticRegression(C=1 / l2, solver="newton-cholesky", tol=1e-10).fit(
        np.vstack([scaled, scaled]),
        np.repeat([1, 0], len(right)),
        sample_weight=np.concatenate([target, 1 - target]),
    )
    weights = model.coef_[0] / spread
    return tuple(weights.tolist()), float(model.intercept_[0] - weights @ middle)
