"""What a series and a bucket fix, so that who judges again judges alike."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_GOLDEN = (np.sqrt(5) - 1) / 2


def fair_between(rarer: Floats, p: Floats, starts: Floats, buckets: NDArray[np.int64]) -> Floats:
    """A p-value between that of one more case and that of what was seen.

    Whole numbers make a p-value too cautious: of a rare series none may lie just below the level.
    A point drawn between the two is uniform where nothing is unusual. Multiples of the golden
    section spread a series' points evenly over time: what rounding takes it gives back soon.

    Args:
        rarer: `[series, buckets]`, the probability of more than was seen.
        p: of that shape, the probability of at least as much.
        starts: `[series]`, where each one's points start, 0 to 1.
        buckets: `[buckets]`, their numbers.
    """
    position = (starts[:, None] + buckets * _GOLDEN) % 1
    return np.asarray(rarer + position * (p - rarer))


def starts_of(keys: NDArray[np.uint64]) -> Floats:
    """A number from 0 to 1 for each key, evenly spread whatever the keys (splitmix64)."""
    mixed = np.asarray(keys, dtype=np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    mixed ^= mixed >> np.uint64(31)
    return np.asarray((mixed >> np.uint64(11)) / 2.0**53)  # the 53 bits that a float64 holds
