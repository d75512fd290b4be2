"""Shares and net sentiment with 95 % intervals that know a review's opinions hang together.

Every estimate is a mean, over opinions, of a score between 0 and 1. Opinions of one review are not
independent, so the variance is that of a ratio estimator over reviews (clusters), and the interval
is Wilson's with the number of opinions replaced by the number of independent ones that would give
the same variance, lessened by Student's t where reviews are few (Korn and Graubard's correction).
All of it follows from sums, so a tally needs no more memory for more reviews.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from guandian.evaluation.intervals.wilson import (
    FEW,
    clustered_ends,
    effective,
    quantile,
    wilson_ends,
)


@dataclass(frozen=True, slots=True)
class IntervalEstimate:
    """A value with its 95 % interval, `low <= value <= high`, all in the value's own unit."""

    value: float
    low: float
    high: float


def wilson(share: float, number: float, level: float = 0.95) -> IntervalEstimate:
    """Wilson's score interval of a share (0 to 1) seen in `number` independent draws.

    Raises:
        ValueError: as `wilson_ends`.
    """
    return IntervalEstimate(share, *wilson_ends(share, number, quantile(level)))


def proportion(part: int, whole: int) -> IntervalEstimate | None:
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

    @classmethod
    def alone(cls, positive: int, negative: int, neutral: int) -> Self:
        """The tally of reviews with one judgement each."""
        number = positive + negative + neutral
        return cls(
            reviews=number, praising=positive, complaining=negative, positive=positive,
            negative=negative, opinions=number, pp=positive, pn=positive, qq=negative,
            qn=negative, nn=number,
        )  # fmt: skip

    @property
    def effective(self) -> float:
        """Kish's effective number of the reviews, which speak unequally much."""
        return effective(self.opinions, self.nn)

    @property
    def dominated(self) -> bool:
        """Tell whether few of the reviews weigh so much that the others hardly count."""
        return self.effective < FEW * self.reviews

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

    def net(self, level: float = 0.95) -> IntervalEstimate | None:
        """Net sentiment, (positive - negative) / opinions, -1 to 1; None without opinions.

        `level` is that of the interval.
        """
        mean = self._mean(0.5, -0.5, 0.5, level)
        if mean is None:
            return None
        # The net lies from -1 to 1, Wilson is for shares: its score is (net + 1) / 2, and back.
        return IntervalEstimate(2 * mean.value - 1, 2 * mean.low - 1, 2 * mean.high - 1)

    def positive_share(self) -> IntervalEstimate | None:
        """The share of the opinions that is positive, 0 to 1; None without opinions."""
        return self._mean(1, 0, 0)

    def negative_share(self) -> IntervalEstimate | None:
        """The share of the opinions that is negative, 0 to 1; None without opinions."""
        return self._mean(0, 1, 0)

    def neutral_share(self) -> IntervalEstimate | None:
        """The share of the opinions that is neutral, 0 to 1; None without opinions."""
        return self._mean(-1, -1, 1)

    def totals(self) -> tuple[int, int, int]:
        """Positive, neutral and negative opinions."""
        return self.positive, self.neutral, self.negative

    def moments(self) -> tuple[tuple[int, int, int], ...]:
        """Sums over the reviews of products of their positive, neutral and negative opinions."""
        pp, pq, qq = self.pp, self.pq, self.qq
        # n = p + q + u (neutral) within each review: the sums with u follow and are not counted.
        pu, qu = self.pn - pp - pq, self.qn - pq - qq
        uu = self.nn - pp - qq - 2 * (pq + pu + qu)
        return (pp, pu, pq), (pu, uu, qu), (pq, qu, qq)

    def _mean(self, a: float, b: float, c: float, level: float = 0.95) -> IntervalEstimate | None:
        """The mean over opinions of a score that sums to `a p + b q + c n` in each review."""
        if not self.opinions:
            return None
        mean = (a * self.positive + b * self.negative + c * self.opinions) / self.opinions
        # A residual is the score less `mean` times the opinions; its square has these six products.
        c -= mean
        residuals = (
            a * (a * self.pp + 2 * b * self.pq + 2 * c * self.pn)
            + b * (b * self.qq + 2 * c * self.qn)
            + c * c * self.nn
        )
        # Sums of floats may end a last digit outside.
        share = min(max(mean, 0.0), 1.0)
        ends = clustered_ends(mean, residuals, self.nn, self.reviews, self.opinions, level)
        return IntervalEstimate(share, *ends)
