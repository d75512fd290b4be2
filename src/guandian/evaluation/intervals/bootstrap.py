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
    both = totals[..., 1] + totals[..., 2]
    return np.asarray(2.0 * totals[..., 0] / np.maximum(both, 1), dtype=np.float64)


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

    Where every draw is alike, or nothing or everything is right, the bootstrap would be sure. There
    the interval is at least Wilson's with as many draws as reviews have counts, and all that can be
    where none has; `most` says that the statistic lies from 0 to that.
    """
    value = float(statistic(counts.sum(axis=0)))
    low, high = _ends(statistic(_resampled(counts, resamples, seed)), level)
    part = min(max(value / most, 0.0), 1.0)
    if low == high or part in {0.0, 1.0}:
        ends = _doubt(part, counts, level)
        low, high = min(low, most * ends[0]), max(high, most * ends[1])
    return Interval(value, low, high, level)


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

    Where every draw is alike the interval is Newcombe's of the two Wilson intervals; where the two
    do not differ at all, what Wilson's leaves open of a difference that none of the reviews shows.

    Raises:
        ValueError: when the two did not see the same number of reviews.
    """
    if ours.shape != theirs.shape:
        raise ValueError(f"two systems need the same reviews, got {ours.shape}, {theirs.shape}")
    width = ours.shape[1]
    both = np.concatenate([ours, theirs], axis=1)
    drawn = _resampled(both, resamples, seed)
    gains = statistic(drawn[:, :width]) - statistic(drawn[:, width:])
    value = float(statistic(ours.sum(axis=0)) - statistic(theirs.sum(axis=0)))
    better = float(np.mean((gains > 0) + 0.5 * (gains == 0)))
    low, high = _ends(gains, level)
    if low == high and np.array_equal(ours, theirs):
        far = _doubt(0.0, both, level)[1]
        low, high = value - far, value + far
    elif low == high:
        one, other = (float(statistic(each.sum(axis=0))) for each in (ours, theirs))
        mine, its = _doubt(one, ours, level), _doubt(other, theirs, level)
        low = value - float(np.hypot(one - mine[0], its[1] - other))
        high = value + float(np.hypot(mine[1] - one, other - its[0]))
    return PairedDifference(Interval(value, low, high, level), better)


def _resampled(counts: NDArray[np.int64], resamples: int, seed: int) -> NDArray[np.int64]:
    """Totals `[resamples, k]` over n reviews drawn with replacement.

    Reviews with equal counts are interchangeable, so it draws how often each distinct row comes.
    """
    reviews, width = counts.shape
    if reviews == 0:
        return np.zeros((resamples, width), dtype=np.int64)
    rows, times = np.unique(counts, axis=0, return_counts=True)
    rng = np.random.default_rng(seed)
    block = max(1, _CELLS_AT_ONCE // len(rows))
    parts = [
        rng.multinomial(reviews, times / reviews, size=min(block, resamples - start)) @ rows
        for start in range(0, resamples, block)
    ]
    return np.concatenate(parts)


def _doubt(value: float, counts: NDArray[np.int64], level: float) -> tuple[float, float]:
    """What the reviews that have any counts leave open of a share."""
    told = int((counts != 0).any(axis=1).sum())
    return wilson_ends(value, told, quantile(level)) if told else (0.0, 1.0)


def _ends(drawn: NDArray[np.float64], level: float) -> tuple[float, float]:
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
