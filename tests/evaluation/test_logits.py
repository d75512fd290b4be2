"""Logits become probabilities, whatever their size."""

from __future__ import annotations

import numpy as np
import pytest

from guandian.evaluation.logits import sigmoid, softmax


def test_known_values() -> None:
    assert softmax(np.log([1.0, 2.0, 5.0])) == pytest.approx([0.125, 0.25, 0.625])
    assert sigmoid([0.0, np.log(3.0)]) == pytest.approx([0.5, 0.75])
    assert float(sigmoid(np.log(9.0))) == pytest.approx(0.9)


def test_large_logits_overflow_nowhere() -> None:
    assert softmax(np.array([5000.0, 0.0, -5000.0])).tolist() == [1.0, 0.0, 0.0]
    assert sigmoid([-5000.0, 5000.0]) == pytest.approx([0.0, 1.0])
