"""Which two windows of time are compared: the last complete one, and one before."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from guandian.domain.periods import Unit, next_period, period_start
from guandian.errors import GuandianError

_OFFSET = re.compile(r"([1-9]\d{0,3})([dwmy])")


@dataclass(frozen=True, slots=True)
class DayWindow:
    """Days from `since` to `until`, both among them."""

    since: date
    until: date

    @property
    def days(self) -> int:
        """How many days."""
        return (self.until - self.since).days + 1


@dataclass(frozen=True, slots=True)
class WindowPair:
    """Two windows of equally many days."""

    before: DayWindow
    after: DayWindow


def last_complete(last: date, unit: Unit, today: date) -> DayWindow:
    """The last period that is over: it ends before today, and not after the last day of reviews.

    Args:
        last: the last day that a review is of, of all reviews and not of a selection.
        unit: day, week (from Monday), month or year.
        today: the day that is running; it is never complete.
    """
    horizon = min(last, today - timedelta(days=1))
    first = period_start(horizon, unit)
    until = next_period(first, unit) - timedelta(days=1)
    if until > horizon:
        first = period_start(first - timedelta(days=1), unit)
        until = next_period(first, unit) - timedelta(days=1)
    return DayWindow(first, until)


def window_pair(
    first: date, last: date, unit: Unit, today: date, offset: str | None = None
) -> WindowPair | None:
    """The last complete period against the one before; None where reviews do not reach so far.

    Without an offset the earlier window has the same length and ends at the latest right before the
    later one, moved back by whole weeks: Mondays stand against Mondays, five Saturdays against
    five. For a week that is the week before, for a month the 28 or 35 days before its own.

    Args:
        first: the first day that a review is of.
        last: the last one.
        unit: of the periods.
        today: the day that is running.
        offset: how far back instead: `7d`, `52w`, `1m`, `1y` (the same dates: 双十一 of last year).

    Raises:
        GuandianError: the offset is none, or the windows would overlap.
    """
    after = last_complete(last, unit, today)
    if offset is None:
        back = timedelta(days=-(-after.days // 7) * 7)
        since = after.since - back
    else:
        since = _moved(after.since, offset)
    before = DayWindow(since, since + timedelta(days=after.days - 1))
    if before.until >= after.since:
        raise GuandianError(
            f"an offset of {offset} lets the windows overlap: the later has {after.days} days",
            f"give {after.days}d or more",
        )
    return None if before.since < first else WindowPair(before, after)


def _moved(day: date, offset: str) -> date:
    """The day so far back; the last of a month where the month is shorter."""
    match = _OFFSET.fullmatch(offset.strip())
    if not match:
        raise GuandianError(
            f"no offset: {offset[:40]!r}", "give days, weeks, months or years: 7d, 52w, 1m, 1y"
        )
    number, unit = int(match[1]), match[2]
    if unit in "dw":
        try:
            return day - timedelta(days=number * (7 if unit == "w" else 1))
        except OverflowError:
            return date.min
    months = day.year * 12 + day.month - 1 - number * (12 if unit == "y" else 1)
    if months < 12:
        return date.min
    year, month = divmod(months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
