"""Days become weeks, months or years, as `guandian report` cuts them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Literal

from guandian.domain.periods import Unit, next_period, period_start
from guandian.evaluation.intervals.clustered import IntervalEstimate, Tally
from guandian.store.answers import Period, Trend

Cut = Unit | Literal["auto"]
_WEEKS, _MONTHS = 184, 3660
"""Days that are shown by weeks, by months at most."""


def trend_of(
    days: Mapping[date, Tally],
    parts: Mapping[tuple[date, str], Tally],
    unit: Cut,
    held: tuple[date | None, date | None],
    net: Callable[[Tally], IntervalEstimate | None],
) -> Trend:
    """The periods that have an opinion.

    Args:
        days: tallies by day.
        parts: by day and by category and so on.
        unit: of a period.
        held: the first and the last day that could be there.
        net: of a tally.
    """
    cut = _unit_of({day: tally.opinions for day, tally in days.items()}, unit)
    sums: dict[date, Tally] = defaultdict(Tally)
    inside: dict[date, dict[str, Tally]] = defaultdict(lambda: defaultdict(Tally))
    for day, tally in days.items():
        sums[period_start(day, cut)].merge(tally)
    for (day, key), tally in parts.items():
        inside[period_start(day, cut)][key].merge(tally)
    first, last = held
    periods = []
    for start in sorted(sums):
        end = next_period(start, cut) - timedelta(days=1)
        by = {key: (tally, net(tally)) for key, tally in sorted(inside[start].items())}
        complete = bool(first and last and first <= start and end <= last)
        periods.append(Period(start, end, complete, sums[start], net(sums[start]), by))
    return Trend(cut, tuple(periods))


def _unit_of(weight: Mapping[date, int], unit: Cut) -> Unit:
    if unit != "auto":
        return unit
    if not weight:
        return "week"
    days = sorted(weight)
    span = (_quantile(days, weight, 0.99) - _quantile(days, weight, 0.01)).days
    return "week" if span <= _WEEKS else "month" if span <= _MONTHS else "year"


def _quantile(days: list[date], weight: Mapping[date, int], share: float) -> date:
    left = share * sum(weight.values())
    for day in days:
        left -= weight[day]
        if left <= 0:
            return day
    return days[-1]
