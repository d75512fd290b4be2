"""Wilson's interval of a share, which leaves doubt at none and at all."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

FEW = 1 / 3
"""A share of the reviews: where Kish's effective number is less, a few decide a mean."""
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


def effective(opinions: int, squares: float) -> float:
    """Kish's effective number of reviews that speak unequally much, (sum w)^2 / sum w^2.

    Args:
        opinions: of all reviews.
        squares: the sum over reviews of their squared numbers of opinions; 0 is none at all.
    """
    return opinions**2 / squares if squares else 0.0


def clustered_ends(
    mean: float, squares: float, all_squares: float, reviews: int, opinions: int, level: float
) -> tuple[float, float]:
    """The ends of an interval of a mean, over opinions, of a score between 0 and 1.

    The variance is that of a ratio estimator over reviews; Wilson's interval takes the number of
    independent opinions with the same one, lessened by Student's t where reviews are few. Where one
    review holds most opinions its residual vanishes, for the mean is its own: as Kish's effective
    number of reviews falls below `FEW` of them, the number falls to that one.

    Args:
        mean: of the score.
        squares: the sum over reviews of their squared residuals, score less `mean` times opinions.
        all_squares: the sum over reviews of their squared numbers of opinions.
        reviews: how many there are, one at least.
        opinions: theirs, one at least.
        level: of the interval.

    Raises:
        ValueError: as `wilson_ends`.
    """
    number, z = float(reviews), quantile(level)
    # Residuals of 0 up to rounding say that all reviews agree, not that the mean is exact: the
    # number of reviews stays then, and Wilson leaves its doubt.
    if reviews > 1 and squares > 1e-9 * all_squares and 0 < mean < 1:
        variance = reviews / (reviews - 1) * squares / opinions**2
        # Independent draws with this variance: solve variance = mean (1 - mean) / number.
        number = min(mean * (1 - mean) / variance, opinions) * (z / student(reviews - 1, z)) ** 2
    weighed = effective(opinions, all_squares)
    if weighed < FEW * reviews:
        # The third power falls steeply once few reviews hold most opinions, and joins at `FEW`
        # without a step.
        number = min(number, max(weighed, opinions * (weighed / (FEW * reviews)) ** 3))
    return wilson_ends(min(max(mean, 0.0), 1.0), number, z)


def student(freedom: int, z: float) -> float:
    """The quantile of Student's t at the normal quantile `z`, close from four degrees on."""
    # The first two terms of the Cornish-Fisher expansion (Abramowitz and Stegun 26.7.5).
    first = (z**3 + z) / (4 * freedom)
    return z + first + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
