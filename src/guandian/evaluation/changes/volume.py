"""How much more is written than before, with an interval that knows days are unlike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log, sqrt

from guandian.evaluation.intervals.clustered import IntervalEstimate
from guandian.evaluation.intervals.wilson import quantile, student


@dataclass(frozen=True, slots=True)
class VolumeChange:
    """The numbers of two windows and their change.

    Attributes:
        before, after: how many.
        ratio: later over earlier, 1 is no change; None where either is 0.
        difference: later less earlier.
    """

    before: int
    after: int
    ratio: IntervalEstimate | None
    difference: IntervalEstimate

    @property
    def significant(self) -> bool:
        """Tell whether the interval of the difference leaves out 0."""
        return not self.difference.low <= 0 <= self.difference.high


def volume_change(before: Sequence[int], after: Sequence[int], level: float = 0.95) -> VolumeChange:
    """The change of a number that is counted by day.

    Counts are taken as Poisson, times an overdispersion that the days show: pairs of days, first
    with first, are compared after the ratio of the totals is taken out. Windows that begin on the
    same weekday pair Mondays with Mondays, so the week's own rhythm is no doubt.

    Args:
        before: counts by day of the earlier window.
        after: those of the later one; windows of unlike length compare what a day has on average,
            and `difference` is in the later window's days.
        level: of the intervals.

    Raises:
        ValueError: when a window has no day.
    """
    if not before or not after:
        raise ValueError("a window without a day has no volume")
    earlier, later = sum(before), sum(after)
    scale = len(after) / len(before)
    doubt = _spread(before, after)
    days, z = min(len(before), len(after)), quantile(level)
    if days > 1:
        z = student(days - 1, z)
    far = z * sqrt(max(doubt * (later + scale**2 * earlier), scale))
    gap = later - scale * earlier
    difference = IntervalEstimate(gap, gap - far, gap + far)
    ratio = None
    if earlier and later:
        value = later / (scale * earlier)
        away = z * sqrt(doubt * (1 / earlier + 1 / later))
        ratio = IntervalEstimate(value, exp(log(value) - away), exp(log(value) + away))
    return VolumeChange(earlier, later, ratio, difference)


def _spread(before: Sequence[int], after: Sequence[int]) -> float:
    """How much more pairs of days differ than Poisson counts would; 1 at least."""
    days = min(len(before), len(after))
    earlier, later = sum(before[:days]), sum(after[:days])
    if days < 2 or not earlier or not later:
        return 1.0
    share = later / (earlier + later)
    squares = sum(
        (b - share * (a + b)) ** 2 / ((a + b) * share * (1 - share))
        for a, b in zip(before, after, strict=False)
        if a + b
    )
    return max(1.0, squares / (days - 1))
