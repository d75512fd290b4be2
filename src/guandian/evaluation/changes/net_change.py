"""The change of a net between two windows, with its interval, as found or corrected."""

from __future__ import annotations

from math import sqrt

from guandian.evaluation.correction import Correction, net_of
from guandian.evaluation.intervals.clustered import IntervalEstimate, Tally


def net_change(
    before: Tally, after: Tally, correction: Correction | None = None, level: float = 0.95
) -> IntervalEstimate | None:
    """Later less earlier net, -2 to 2; None where a window has no opinion.

    Newcombe's: each end is as far from the change as the ends of the two nets' own intervals are
    from their nets, squared, added and rooted. With a correction the doubt of its rates, which both
    windows share, is counted in both: the interval is on the wide side.

    Args:
        before: the opinions of the earlier window.
        after: those of the later one, of other reviews.
        correction: by the model's own rates.
        level: of the interval.
    """
    earlier, later = net_of(before, correction, level), net_of(after, correction, level)
    if earlier is None or later is None:
        return None
    change = later.value - earlier.value
    down = sqrt((later.value - later.low) ** 2 + (earlier.high - earlier.value) ** 2)
    rise = sqrt((later.high - later.value) ** 2 + (earlier.value - earlier.low) ** 2)
    return IntervalEstimate(change, max(change - down, -2.0), min(change + rise, 2.0))
