"""How far predicted shares of raters lie from real ones, over levels in an order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Shares = NDArray[np.float64]
"""[rows, levels]; each row sums to one."""


def match_distance(predicted: Shares, real: Shares) -> NDArray[np.float64]:
    """The normalised match distance of each row (NMD), from 0 to 1.

    Earth mover's distance over the levels, divided by the steps between the ends (Sakai, 2018,
    "Comparing Two Binned Probability Distributions for Information Access Evaluation").
    """
    steps = predicted.shape[1] - 1
    return np.asarray(np.abs(np.cumsum(predicted - real, axis=1)).sum(1) / steps)


def ordered_divergence(predicted: Shares, real: Shares) -> NDArray[np.float64]:
    """The root symmetric normalised order-aware divergence of each row (RSNOD; Sakai, 2018)."""
    levels = np.arange(predicted.shape[1])
    apart = np.abs(levels[:, None] - levels[None, :])
    weighted = (predicted - real) ** 2 @ apart.T

    def one_way(reference: Shares) -> NDArray[np.float64]:
        present = reference > 0
        return np.asarray((weighted * present).sum(1) / present.sum(1))

    total = (one_way(predicted) + one_way(real)) / 2
    return np.asarray(np.sqrt(total / levels[-1]))


def ranked_above(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """The area under the ROC curve: how often a positive row scores above another; ties count half.

    Returns:
        NaN where all rows are alike.
    """
    order = np.argsort(scores, kind="stable")
    _, inverse, counts = np.unique(scores[order], return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = (ends - (counts - 1) / 2)[inverse]
    number = int(positive.sum())
    others = len(positive) - number
    if not number or not others:
        return float("nan")
    return float((ranks[positive[order]].sum() - number * (number + 1) / 2) / (number * others))
