"""Wilson's interval of a share, which leaves doubt at none and at all."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

Z95 = 1.959964
"""The normal quantile of a two-sided 95 % interval."""


def quantile(level: float) -> float:
    """The normal quantile of a two-sided interval of that level."""
    return Z95 if level == 0.95 else NormalDist().inv_cdf((1 + level) / 2)


def wilson_ends(share: float, number: float, z: float = Z95) -> tuple[float, float]:
    """The ends of Wilson's score interval of a share (0 to 1) seen in `number` independent draws.

    `number` may be fractional (an effective sample size); `z` is a normal quantile.

    Raises:
        ValueError: when `number` is not positive or `share` is no share.
    """
    if number <= 0 or not 0 <= share <= 1:
        raise ValueError(f"no interval for a share of {share} in {number} draws")
    spread = z * z / number
    centre = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * sqrt(share * (1 - share) / number + spread / (4 * number))
    return min(max(0.0, centre - half), share), max(min(1.0, centre + half), share)
