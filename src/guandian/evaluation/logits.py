"""Logits as probabilities."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

_MOST = 30
"""Beyond it a probability is 0 or 1 to 13 digits."""


def softmax(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Logits [..., K] of classes that exclude each other to probabilities [..., K]."""
    odds = np.exp(logits - logits.max(-1, keepdims=True))
    return np.asarray(odds / odds.sum(-1, keepdims=True))


def sigmoid(logits: ArrayLike) -> NDArray[np.float64]:
    """Each logit by itself to a probability."""
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -_MOST, _MOST))))
