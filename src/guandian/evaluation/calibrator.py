"""Fits a confidence: logistic regression of 'this answer is exactly right' on a few features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

_STEPS = 100


@dataclass(frozen=True, slots=True)
class LogisticCalibrator:
    """P(right) = sigmoid(features . weights + intercept), `k` weights on raw features."""

    weights: tuple[float, ...]
    intercept: float

    @classmethod
    def fit(cls, features: Floats, right: Booleans, *, l2: float = 1.0) -> LogisticCalibrator:
        """Fit to answers by Newton's method.

        Args:
            features: `[n, k]`, finite; standardised inside, so `l2` treats them alike.
            right: `[n]`, whether each answer was right. Targets are drawn in a little, as Platt
                does, so that answers that are all right (or all wrong) still have a finite fit.
            l2: weight of half the squared norm against the summed log-loss; above 0.

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
        found = _newton(design, target, np.append(np.full(features.shape[1], l2), 0.0))
        weights = found[:-1] / spread
        return cls(tuple(weights.tolist()), float(found[-1] - weights @ middle))

    def predict(self, features: Floats) -> Floats:
        """The confidence `[n]` of answers with `features`, `[n, k]`.

        Raises:
            ValueError: when k is not the number of weights.
        """
        features = np.asarray(features, np.float64)
        if features.ndim != 2 or features.shape[1] != len(self.weights):
            raise ValueError(f"need [n, {len(self.weights)}] features, got {features.shape}")
        return _sigmoid(features @ np.array(self.weights) + self.intercept)

    def to_json(self) -> dict[str, object]:
        """The coefficients; `from_json` reads them back."""
        return {"weights": list(self.weights), "intercept": self.intercept}

    @classmethod
    def from_json(cls, value: Mapping[str, object]) -> LogisticCalibrator:
        """A calibrator from what `to_json` gave.

        Raises:
            ValueError: when a coefficient is missing or not a finite number.
        """
        weights, intercept = value.get("weights"), value.get("intercept")
        given = [*weights, intercept] if isinstance(weights, list | tuple) else [None]
        numbers = [float(one) for one in given if isinstance(one, int | float) and isfinite(one)]
        if len(numbers) < len(given):
            raise ValueError("a calibrator needs 'weights', a list of numbers, and 'intercept'")
        return cls(tuple(numbers[:-1]), numbers[-1])


def cross_fitted(
    features: Floats,
    right: Booleans,
    reviews: NDArray[np.int64],
    *,
    folds: int = 5,
    l2: float = 1.0,
    seed: int = 0,
) -> Floats:
    """Confidences `[n]`, each from a calibrator that never saw that review: for honest figures.

    Args:
        features: `[n, k]`.
        right: `[n]`.
        reviews: `[n]`, which review each answer belongs to; a review is never split.
        folds: into how many parts the reviews are dealt; fewer when there are fewer reviews.
        l2: as in `LogisticCalibrator.fit`.
        seed: of the deal.

    Raises:
        ValueError: as `LogisticCalibrator.fit`, or when there is only one review.
    """
    names, place = np.unique(reviews, return_inverse=True)
    if len(names) < 2:
        raise ValueError("cross-fitting needs at least two reviews")
    folds = min(folds, len(names))
    fold = (np.random.default_rng(seed).permutation(len(names)) % folds)[place]
    confidence = np.empty(len(right))
    for part in range(folds):
        inside = fold == part
        fitted = LogisticCalibrator.fit(features[~inside], right[~inside], l2=l2)
        confidence[inside] = fitted.predict(features[inside])
    return confidence


def _newton(design: Floats, target: Floats, ridge: Floats) -> Floats:
    """The weights `[k]` that minimise log-loss plus `ridge`; halves a step that does not help."""

    def loss(weights: Floats) -> float:
        scores = design @ weights
        fit = np.logaddexp(0.0, scores) - target * scores
        return float(fit.sum() + 0.5 * (ridge * weights**2).sum())

    weights = np.zeros(design.shape[1])
    now = loss(weights)
    for _ in range(_STEPS):
        said = _sigmoid(design @ weights)
        slope = design.T @ (said - target) + ridge * weights
        bend = (design * (said * (1 - said))[:, None]).T @ design + np.diag(ridge)
        step = np.linalg.solve(bend + 1e-10 * np.eye(len(weights)), slope)
        while (then := loss(weights - step)) > now and np.abs(step).max() > 1e-12:
            step = step / 2
        weights, before, now = weights - step, now, then
        if before - now <= 1e-12 * (1 + abs(now)):
            break
    return weights


def _sigmoid(scores: Floats) -> Floats:
    return np.asarray(np.exp(-np.logaddexp(0.0, -scores)), dtype=np.float64)
