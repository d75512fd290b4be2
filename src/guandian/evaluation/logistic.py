"""Fits a confidence: logistic regression of 'this answer is exactly right' on a few features."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

_STEPS = 100


def fit_logistic(
    features: Floats, right: Booleans, *, l2: float = 1.0
) -> tuple[tuple[float, ...], float]:
    """Fit P(right) = sigmoid(features . weights + bias) to answers by Newton's method.

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
    design = np.column_stack([(features - middle) / spread, np.ones(len(features))])
    yes = int(right.sum())
    target = np.where(right, (yes + 1) / (yes + 2), 1 / (len(right) - yes + 2))
    solution = _newton(design, target, np.append(np.full(features.shape[1], l2), 0.0))
    weights = solution[:-1] / spread
    return tuple(weights.tolist()), float(solution[-1] - weights @ middle)


def _newton(design: Floats, target: Floats, ridge: Floats) -> Floats:
    """The weights `[k]` that minimise log-loss plus `ridge`; halves a step that does not help."""

    def loss(weights: Floats) -> float:
        scores = design @ weights
        fit = np.logaddexp(0.0, scores) - target * scores
        return float(fit.sum() + 0.5 * (ridge * weights**2).sum())

    weights = np.zeros(design.shape[1])
    cost = loss(weights)
    for _ in range(_STEPS):
        probability = _sigmoid(design @ weights)
        slope = design.T @ (probability - target) + ridge * weights
        bend = (design * (probability * (1 - probability))[:, None]).T @ design + np.diag(ridge)
        # The bias has no ridge: where all probabilities are 0 or 1 only this keeps it solvable.
        step = np.linalg.solve(bend + 1e-10 * np.eye(len(weights)), slope)
        while (next_cost := loss(weights - step)) > cost and np.abs(step).max() > 1e-12:
            step = step / 2
        weights, last_cost, cost = weights - step, cost, next_cost
        if last_cost - cost <= 1e-12 * (1 + abs(cost)):
            break
    return weights


def _sigmoid(scores: Floats) -> Floats:
    return np.asarray(np.exp(-np.logaddexp(0.0, -scores)), dtype=np.float64)
