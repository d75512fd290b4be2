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
    tail = np.where(np.isfinite(mean), 1.0, np.nan)
    possible = np.isfinite(mean) & (counts >= 1)
    poisson = possible & (dispersion - 1 <= _POISSON)
    # Both tails have closed forms: summed up to a large count, 1 minus the rest would round to 0.
    tail[poisson] = special.gammainc(counts[poisson], mean[poisson])
    wider = possible & ~poisson
    excess = dispersion[wider] - 1
    tail[wider] = special.betainc(counts[wider], mean[wider] / excess, excess / (1 + excess))
    return tail


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
    low = np.full(start.shape, -1.0)  # always exceeded, so never the answer
    high = np.ceil(start + 10 * np.sqrt(start * dispersion) + 10 * dispersion)
    while np.any(short := upper_tail(high + 1, start, dispersion) > level):
        high = np.where(short, 2 * high + 1, high)
    while np.any(high - low > 1):
        middle = np.floor((low + high) / 2)
        enough = upper_tail(middle + 1, start, dispersion) <= level
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return np.where(np.isfinite(mean), high, np.nan)
