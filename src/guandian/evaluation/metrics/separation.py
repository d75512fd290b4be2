"""How well a score tells two kinds of texts apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def auroc(inside: ArrayLike, outside: ArrayLike) -> float:
    """The chance that something inside has a higher score than something outside; ties half.

    Args:
        inside: scores [N] of what shall be high.
        outside: scores [M] of what shall be low.

    Raises:
        ValueError: one of them is empty.
    """
    high, low = np.asarray(inside, np.float64), np.sort(np.asarray(outside, np.float64))
    if not high.size or not low.size:
        raise ValueError(f"nothing to tell apart: {high.size} inside, {low.size} outside")
    below = np.searchsorted(low, high, side="left")
    ties = np.searchsorted(low, high, side="right") - below
    return float((below + ties / 2).mean() / low.size)


def rejecting(outside: ArrayLike, share: float) -> float:
    """The threshold below which a share of what is outside falls."""
    scores: NDArray[np.float64] = np.asarray(outside, np.float64)
    return float(np.quantile(scores, share))
