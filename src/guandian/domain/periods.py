"""Days and the periods that they fall into."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Literal

Unit = Literal["day", "week", "month", "year"]

_OF_DAY = re.compile(
    r"\s*[^\s\d:]{0,2}\s*(\d{1,2}):(\d\d)(?::\d\d(?:[.,]\d+)?)?\s*(?:(Z)|([+-])(\d\d):?(\d\d))?\s*$"
)
_EPOCH = date(1970, 1, 1)
_CLOCK = re.compile(r"^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?$")
_DATE = re.compile(r"\s*(\d{4})(?:(\d\d)(\d\d)|[-/.年](\d{1,2})[-/.月](\d{1,2}))(?!\d)")


def day_of(time: str | None) -> date | None:
    """The day that a time column names, None when it names none between 1990 and 2100.

    Reads ISO 8601 (`2024-03-05T10:00`, `20240305`) and what spreadsheets write (`2024/3/5`,
    `2024年3月5日`).
    """
    match = _DATE.match(time) if time else None
    if not match:
        return None
    year, *rest = (int(part) for part in match.groups() if part)
    try:
        day = date(year, *rest)
    except ValueError:
        return None
    return day if 1990 <= year <= 2100 else None


def minute_of(time: str | None) -> tuple[int, int | None] | None:
    """The minute that a time column names; None where it names none.

    Returns:
        Minutes from the beginning of 1970 as they are written, and the minutes that its own offset
        is ahead of UTC, None where it bears none.
    """
    match = _DATE.match(time) if time else None
    clock = _OF_DAY.match(time, match.end()) if time and match else None
    if clock is None or int(clock[1]) > 23 or int(clock[2]) > 59:
        return None
    day = day_of(time)
    if day is None:
        return None
    minute = (day - _EPOCH).days * 1440 + 60 * int(clock[1]) + int(clock[2])
    if clock[3]:
        return minute, 0
    if not clock[4]:
        return minute, None
    ahead = 60 * int(clock[5]) + int(clock[6])
    return minute, -ahead if clock[4] == "-" else ahead


def clock_of(time: str) -> str:
    """A time as people write it: `2026-01-05 10:30` of `2026-01-05T10:30:00+08:00`."""
    return _CLOCK.sub(r"\1 \2", time)


def period_start(day: date, unit: Unit) -> date:
    """The first day of the week (Monday), month or year that a day lies in."""
    if unit == "week":
        return day - timedelta(days=day.weekday())
    if unit == "month":
        return day.replace(day=1)
    return day.replace(month=1, day=1) if unit == "year" else day


def next_period(first: date, unit: Unit) -> date:
    """The first day of the next week, month or year."""
    return period_start(
        first + timedelta(days={"day": 1, "week": 7, "month": 31, "year": 366}[unit]), unit
    )
