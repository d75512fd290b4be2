"""The logistic fit of a confidence."""

from __future__ import annotations

import numpy as np
import pytest

from guandian.evaluation.calibration import calibration_error, sampling_floor
from guandian.tasks.confidence_features import Logistic
from guandian.training.logistic import fit_logistic


def features(size: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    inside = rng.normal([1.0, -50.0, 0.2], [1.0, 20.0, 0.01], (size, 3))
    truth = 1 / (1 + np.exp(-(inside @ [1.0, 0.03, 40.0] - 7.0)))
    return inside, rng.random(size) < truth


def test_the_fit_is_where_the_loss_is_least() -> None:
    """At the minimum of log-loss plus half of `l2` times the squared weights the slope is zero."""
    inside, right = features(500, 1)
    weights, bias = fit_logistic(inside, right, l2=2.0)
    yes = right.sum()
    target = np.where(right, (yes + 1) / (yes + 2), 1 / (len(right) - yes + 2))
    scaled = (inside - inside.mean(axis=0)) / inside.std(axis=0)
    error = Logistic(weights, bias)(inside) - target
    slope = scaled.T @ error + 2.0 * np.asarray(weights) * inside.std(axis=0)
    assert [*slope, error.sum()] == pytest.approx([0.0] * 4, abs=1e-6)


def test_fitted_confidences_are_calibrated_on_fresh_answers() -> None:
    fitted = Logistic(*fit_logistic(*features(3000, 1)))
    inside, right = features(3000, 2)
    said = fitted(inside)
    assert calibration_error(said, right) < 1.5 * sampling_floor(said)[1]


def test_the_hard_cases_of_a_fit() -> None:
    column = np.linspace(-1, 1, 20)[:, None]
    for right in (np.ones(20, bool), np.zeros(20, bool), column[:, 0] > 0):
        fitted = Logistic(*fit_logistic(column, right))
        assert np.isfinite(fitted(column)).all()
    constant = Logistic(*fit_logistic(np.ones((4, 1)), np.array([True, True, False, False])))
    assert constant(np.ones((1, 1)))[0] == pytest.approx(0.5)
    separable = Logistic(*fit_logistic(1e6 * column, column[:, 0] > 0, l2=1e-6))
    said = separable(1e6 * column)
    assert said[-1] == pytest.approx(1 - said[0]) and 0.9 < said[-1] < 1
    with pytest.raises(ValueError, match="finite"):
        fit_logistic(np.array([[np.nan]]), np.array([True]))
