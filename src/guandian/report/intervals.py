"""Shares and net sentiment with 95 % intervals that know a review's opinions hang together.

Every estimate is a mean, over opinions, of a score between 0 and 1. Opinions of one review are not
independent, so the variance is that of a ratio estimator over reviews (clusters), and the interval
is Wilson's with the number of opinions replaced by the number of independent ones that would give
the same variance, lessened by Student's t where reviews are few (Korn and Graubard's correction).
All of it follows from sums, so a tally needs no more memory for more reviews.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

Z95 = 1.959964
"""The normal quantile of a two-sided 95 % interval."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its 95 % interval, `low <= value <= high`, all in the value's own unit."""

    value: float
    low: float
    high: float


def wilson(share: float, number: float) -> Estimate:
    """Wilson's score interval of a share (0 to 1) seen in `number` independent draws.

    `number` may be fractional (an effective sample size).

    Raises:
        ValueError: when `number` is not positive or `share` is no share.
    """
    if number <= 0 or not 0 <= share <= 1:
        raise ValueError(f"no interval for a share of {share} in {number} draws")
    spread = Z95 * Z95 / number
    centre = (share + spread / 2) / (1 + spread)
    half = Z95 / (1 + spread) * sqrt(share * (1 - share) / number + spread / (4 * number))
    low, high = max(0.0, centre - half), min(1.0, centre + half)
    return Estimate(share, min(low, share), max(high, share))


def proportion(part: int, whole: int) -> Estimate | None:
    """The share of `part` in `whole` independent things (reviews); None when there are none."""
    return wilson(part / whole, whole) if whole else None


@dataclass(slots=True)
class Tally:
    """Counts of opinions over reviews, and the sums of products that the intervals need.

    Attributes:
        reviews: reviews with at least one opinion counted here.
        praising, complaining: reviews with at least one positive, one negative opinion.
        positive, negative, opinions: opinions, of each polarity and in all.
        pp, pq, pn, qq, qn, nn: sums over reviews of products of its positive (p), negative (q)
            and all (n) opinions.
    """

    reviews: int = 0
    praising: int = 0
    complaining: int = 0
    positive: int = 0
    negative: int = 0
    opinions: int = 0
    pp: int = 0
    pq: int = 0
    pn: int = 0
    qq: int = 0
    qn: int = 0
    nn: int = 0

    @property
    def neutral(self) -> int:
        """Opinions that are neither positive nor negative."""
        return self.opinions - self.positive - self.negative

    def add(self, positive: int, negative: int, neutral: int) -> None:
        """Count the opinions of one review."""
        number = positive + negative + neutral
        self.reviews += 1
        self.praising += positive > 0
        self.complaining += negative > 0
        self.positive += positive
        self.negative += negative
        self.opinions += number
        self.pp += positive * positive
        self.pq += positive * negative
        self.pn += positive * number
        self.qq += negative * negative
        self.qn += negative * number
        self.nn += number * number

    def merge(self, other: Tally) -> None:
        """Count what another tally of other reviews has counted."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def net(self) -> Estimate | None:
        """Net sentiment, (positive - negative) / opinions, -1 to 1; None without opinions."""
        found = self._mean(0.5, -0.5, 0.5)
        if found is None:
            return None
        return Estimate(2 * found.value - 1, 2 * found.low - 1, 2 * found.high - 1)

    def positive_share(self) -> Estimate | None:
        """The share of the opinions that is positive, 0 to 1; None without opinions."""
        return self._mean(1, 0, 0)

    def negative_share(self) -> Estimate | None:
        """The share of the opinions that is negative, 0 to 1; None without opinions."""
        return self._mean(0, 1, 0)

    def neutral_share(self) -> Estimate | None:
        """The share of the opinions that is neutral, 0 to 1; None without opinions."""
        return self._mean(-1, -1, 1)

    def _mean(self, a: float, b: float, c: float) -> Estimate | None:
        """The mean over opinions of a score that sums to `a p + b q + c n` in each review."""
        if not self.opinions:
            return None
        mean = (a * self.positive + b * self.negative + c * self.opinions) / self.opinions
        c -= mean
        residuals = (
            a * (a * self.pp + 2 * b * self.pq + 2 * c * self.pn)
            + b * (b * self.qq + 2 * c * self.qn)
            + c * c * self.nn
        )
        number = float(self.reviews)
        if self.reviews > 1 and residuals > 1e-9 * self.nn and 0 < mean < 1:
            variance = self.reviews / (self.reviews - 1) * residuals / self.opinions**2
            number = min(mean * (1 - mean) / variance, self.opinions)
            number *= (Z95 / _student(self.reviews - 1)) ** 2
        return wilson(min(max(mean, 0.0), 1.0), number)


def _student(freedom: int) -> float:
    """The two-sided 95 % quantile of Student's t, within 2 % from four degrees of freedom on."""
    cube, fifth = Z95**3, Z95**5
    first = (cube + Z95) / (4 * freedom)
    return Z95 + first + (5 * fifth + 16 * cube + 3 * Z95) / (96 * freedom**2)
