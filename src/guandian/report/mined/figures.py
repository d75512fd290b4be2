"""Figures as people read them; an interval is rounded outwards, so that none is ever a point."""

from __future__ import annotations

from math import ceil, copysign, floor

from guandian.evaluation.intervals.clustered import IntervalEstimate

_SLACK = 1e-6
"""Of a unit of what is shown: what computing may add to a number that has no more digits."""


def net_points(value: float) -> str:
    """Net sentiment, -1 to 1, as points from -100 to +100, rounded as on the page."""
    return _signed(copysign(floor(100 * abs(round(value, 4)) + 0.5), value))


def point_ends(net: IntervalEstimate) -> str:
    """The interval of a net in points."""
    return " … ".join(map(_signed, outwards(net.low, net.high, 100)))


def percent_ends(share: IntervalEstimate, between: str = " … ") -> str:
    """The interval of a share in percent, without the sign."""
    return between.join(f"{end:.0f}" for end in outwards(share.low, share.high, 100))


def outwards(low: float, high: float, parts: int) -> tuple[float, float]:
    """The ends in so many parts of their unit, whole: the lower one down, the upper one up."""
    return floor(parts * low + _SLACK), ceil(parts * high - _SLACK)


def _signed(number: float) -> str:
    return f"{number:+.0f}".replace("-", "−") if number else "0"
