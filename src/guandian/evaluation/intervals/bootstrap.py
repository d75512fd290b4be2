"""Intervals by drawing reviews again: of one system, and of two on the same reviews."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from guandian.evaluation.intervals.wilson import quantile, wilson_ends

Statistic = Callable[[NDArray[np.int64]], NDArray[np.float64]]
"""Totals over reviews `[..., k]` to a figure `[...]`."""

_CELLS_AT_ONCE = 4_000_000


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure, and between which two it lies with probability `level`."""

    value: float
    low: float
    high: float
    level: float = 0.95

    def to_json(self) -> dict[str, float]:
        """The four numbers by name."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """Ours minus theirs on the same reviews; `better` is the share of draws that ours wins."""

    difference: Interval
    better: float

    @property
    def turned(self) -> PairedDifference:
        """Theirs minus ours."""
        gain = self.difference
        ends = Interval(-gain.value, -gain.high, -gain.low, gain.level)
        return PairedDifference(ends, 1 - self.better)

    def to_json(self) -> dict[str, object]:
        """The interval and the share."""
        return {"difference": self.difference.to_json(), "better": self.better}

    def __str__(self) -> str:
        """In points: 'better by 1.2, 95 % 0.3 to 2.0'."""
        gain = self.difference
        word = "better" if gain.value >= 0 else "worse"
        sign = 100 if gain.value >= 0 else -100
        low, high = sorted((sign * gain.low, sign * gain.high))
        points = f"{word} by {sign * gain.value:.1f}"
        return f"{points}, {100 * gain.level:g} % {low:.1f} to {high:.1f}"


def f1(totals: NDArray[np.int64]) -> NDArray[np.float64]:
    """Micro F1 `[...]` of counts `[..., 3]`: true positives, predicted, gold."""
    denominators = totals[..., 1] + totals[..., 2]
    return np.asarray(2.0 * totals[..., 0] / np.maximum(denominators, 1), dtype=np.float64)


def interval(
    counts: NDArray[np.int64],
    statistic: Statistic = f1,
    *,
    most: float = 1,
    resamples: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Interval:
    """The percentile bootstrap interval of a statistic of summed per-review `counts`, `[n, k]`.

    `most` says that the statistic lies from 0 to that. It is as `_widened` leaves it.
    """
    value = float(statistic(counts.sum(axis=0)))
    drawn = statistic(_resampled(counts, resamples, seed))
    return _widened(value, drawn, counts, level, (0.0, most))


def paired_difference(
    ours: NDArray[np.int64],
    theirs: NDArray[np.int64],
    statistic: Statistic = f1,
    *,
    resamples: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> PairedDifference:
    """Ours minus theirs, both drawn with the same reviews; counts `[n, k]` each.

    Of a statistic from 0 to 1. The interval is as `_widened` leaves it; theirs minus ours is the
    same with its sign turned.

    Raises:
        ValueError: when the two did not see the same number of reviews.
    """
    if ours.shape != theirs.shape:
        raise ValueError(f"two systems need the same reviews, got {ours.shape}, {theirs.shape}")
    if ours.tobytes() > theirs.tobytes():  # the draws follow the order of what is drawn
        turned = paired_difference(
            theirs, ours, statistic, resamples=resamples, seed=seed, level=level
        )
        return turned.turned
    width = ours.shape[1]
    joint = np.concatenate([ours, theirs], axis=1)
    drawn = _resampled(joint, resamples, seed)
    gains = statistic(drawn[:, :width]) - statistic(drawn[:, width:])
    value = float(statistic(ours.sum(axis=0)) - statistic(theirs.sum(axis=0)))
    # Ties count half, so that two equal systems are at 0.5 and a swap of both gives 1 minus it.
    better = float(np.mean((gains > 0) + 0.5 * (gains == 0)))
    return PairedDifference(_widened(value, gains, joint, level, (-1.0, 1.0)), better)


def _resampled(counts: NDArray[np.int64], resamples: int, seed: int) -> NDArray[np.int64]:
    """Totals `[resamples, k]` over n reviews drawn with replacement.

    Reviews with equal counts are interchangeable, so it draws how often each distinct row comes.
    """
    reviews, width = counts.shape
    if reviews == 0:
        return np.zeros((resamples, width), dtype=np.int64)
    rows, times = np.unique(counts, axis=0, return_counts=True)
    rng = np.random.default_rng(seed)
    # All draws at once would be resamples times reviews of memory.
    block = max(1, _CELLS_AT_ONCE // len(rows))
    parts = [
        rng.multinomial(reviews, times / reviews, size=min(block, resamples - start)) @ rows
        for start in range(0, resamples, block)
    ]
    return np.concatenate(parts)


def _widened(
    value: float,
    drawn: NDArray[np.float64],
    counts: NDArray[np.int64],
    level: float,
    within: tuple[float, float],
) -> Interval:
    """The one rule of all intervals: that of the draws, and at least what no review shows.

    Draws know nothing of reviews unlike any that were seen. Of n that have counts such may be
    Wilson's upper end of none of n, and each may move the figure by all that it can: where all
    reviews are alike, or two systems are equal, that is the whole interval. Whether it leaves out
    zero the draws decide, where they are not all alike.

    Args:
        value: the figure.
        drawn: the same of each draw.
        counts: of the reviews, `[n, k]`; those without any tell nothing.
        level: of the interval.
        within: the least and the most that the figure can be.
    """
    informative = int((counts != 0).any(axis=1).sum())
    unseen = wilson_ends(0.0, informative, quantile(level))[1] if informative else 1.0
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    least, most = within
    # So many reviews unlike all seen may be there, each moving the figure by all that it can.
    far = unseen * max(abs(least), abs(most))
    ends = (max(min(float(low), value - far), least), min(max(float(high), value + far), most))
    # The widening is for what was not seen and must not turn a clear difference into none.
    if low < high and ends[0] <= 0 < low:
        ends = (float(low), ends[1])
    if low < high and high < 0 <= ends[1]:
        ends = (ends[0], float(high))
    return Interval(value, *ends, level)
