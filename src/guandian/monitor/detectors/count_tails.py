"""Upper tails and quantiles of Poisson and negative binomial counts.

A dispersion is variance / mean: 1 is Poisson, more is negative binomial with size
mean / (dispersion - 1).
"""

from __future__ import annotations

import numpy as np

from guandian.monitor.detectors.judgement import Floats

_POISSON = 1e-9
"""Dispersions less than this above 1 count as Poisson: the size would overflow."""


def upper_tail(counts: Floats, mean: Floats, dispersion: Floats) -> Floats:
    """The probability of at least so many.

    Args:
        counts: whole numbers of any shape; below 1 always happens.
        mean: of the same shape, positive.
        dispersion: of the same shape, at least 1.

    Returns:
        Probabilities of that shape; NaN where the mean is.
    """
    from scipy import special

    counts, mean, dispersion = np.broadcast_arrays(counts, mean, dispersion)
    excess = np.maximum(dispersion - 1, _POISSON)
    least = np.maximum(counts, 1.0)
    poisson = special.gammainc(least, mean)
    negative = special.betainc(least, mean / excess, excess / (1 + excess))
    tail = np.where(dispersion - 1 > _POISSON, negative, poisson)
    return np.where(np.isfinite(mean), np.where(counts < 1, 1.0, tail), np.nan)


def upper_quantile(level: float | Floats, mean: Floats, dispersion: Floats) -> Floats:
    """The smallest count that is exceeded with probability `level` at most, by bisection.

    Args:
        level: between 0 and 1.
        mean: of any shape, positive.
        dispersion: of the same shape, at least 1.

    Returns:
        Whole numbers of that shape; NaN where the mean is.
    """
    mean = np.asarray(mean, dtype=np.float64)
    start = np.where(np.isfinite(mean), mean, 0.0)
    low = np.full(start.shape, -1.0)
    high = np.ceil(start + 10 * np.sqrt(start * dispersion) + 10 * dispersion)
    while np.any(short := upper_tail(high + 1, start, dispersion) > level):
        high = np.where(short, 2 * high + 1, high)
    while np.any(high - low > 1):
        middle = np.floor((low + high) / 2)
        enough = upper_tail(middle + 1, start, dispersion) <= level
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return np.where(np.isfinite(mean), high, np.nan)
