"""Which windows are compared: none that still runs; weekday on weekday, or an own offset."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guandian.domain.periods import Unit, period_start
from guandian.errors import GuandianError
from guandian.evaluation.changes import DayWindow, last_complete, window_pair

LONG_AGO = date(2000, 1, 1)
UNITS: tuple[Unit, ...] = ("day", "week", "month", "year")
days = st.dates(date(2001, 1, 1), date(2090, 1, 1))


@pytest.mark.parametrize(
    ("unit", "last", "today", "since", "until"),
    [
        ("week", "2026-11-29", "2026-11-29", "2026-11-16", "2026-11-22"),  # Sunday still runs
        ("week", "2026-11-29", "2026-11-30", "2026-11-23", "2026-11-29"),
        ("week", "2024-06-19", "2026-11-29", "2024-06-10", "2024-06-16"),  # a file of old reviews
        ("month", "2026-11-29", "2026-11-29", "2026-10-01", "2026-10-31"),
        ("month", "2024-02-29", "2026-11-29", "2024-02-01", "2024-02-29"),
        ("day", "2026-11-29", "2026-11-29", "2026-11-28", "2026-11-28"),
        ("year", "2026-11-29", "2026-11-29", "2025-01-01", "2025-12-31"),
    ],
)
def test_the_last_complete_period(
    unit: Unit, last: str, today: str, since: str, until: str
) -> None:
    window = last_complete(date.fromisoformat(last), unit, date.fromisoformat(today))
    assert window == DayWindow(date.fromisoformat(since), date.fromisoformat(until))


@given(last=days, today=days, unit=st.sampled_from(UNITS))
def test_a_running_period_is_never_compared(last: date, today: date, unit: Unit) -> None:
    pair = window_pair(LONG_AGO - timedelta(days=800), last, unit, today)
    assert pair is not None
    assert pair.after.until < today and pair.after.until <= last
    assert period_start(pair.after.since, unit) == pair.after.since
    following = last_complete(last + timedelta(days=400), unit, today + timedelta(days=400))
    assert following.since > pair.after.until


@given(last=days, unit=st.sampled_from(UNITS))
def test_weekday_stands_against_weekday(last: date, unit: Unit) -> None:
    pair = window_pair(LONG_AGO - timedelta(days=800), last, unit, last + timedelta(days=1))
    assert pair is not None
    assert pair.before.days == pair.after.days
    assert pair.before.since.weekday() == pair.after.since.weekday()
    assert timedelta(days=1) <= pair.after.since - pair.before.until <= timedelta(days=7)


@pytest.mark.parametrize(
    ("offset", "since", "until"),
    [
        (None, "2026-09-28", "2026-10-04"),
        ("1y", "2025-10-05", "2025-10-11"),
        ("52w", "2025-10-06", "2025-10-12"),
        ("364d", "2025-10-06", "2025-10-12"),
        ("1m", "2026-09-05", "2026-09-11"),
    ],
)
def test_an_offset_of_ones_own(offset: str | None, since: str, until: str) -> None:
    pair = window_pair(LONG_AGO, date(2026, 10, 11), "week", date(2026, 10, 13), offset)
    assert pair is not None
    assert pair.after == DayWindow(date(2026, 10, 5), date(2026, 10, 11))
    assert pair.before == DayWindow(date.fromisoformat(since), date.fromisoformat(until))


def test_double_eleven_against_that_of_last_year() -> None:
    day = date(2026, 11, 11)
    pair = window_pair(LONG_AGO, day, "day", date(2026, 11, 12), "1y")
    assert pair is not None
    assert (pair.before, pair.after) == (
        DayWindow(date(2025, 11, 11), date(2025, 11, 11)), DayWindow(day, day),
    )  # fmt: skip


def test_reviews_that_do_not_reach_so_far_are_not_compared() -> None:
    last, today = date(2026, 11, 29), date(2026, 11, 30)
    assert window_pair(date(2026, 11, 16), last, "week", today) is not None
    assert window_pair(date(2026, 11, 17), last, "week", today) is None
    assert window_pair(LONG_AGO, last, "week", today, "9999y") is None


@pytest.mark.parametrize("offset", ["", "0d", "7", "-7d", "1 week", "7d; drop", "99999d", "七天"])
def test_what_is_no_offset_is_told(offset: str) -> None:
    with pytest.raises(GuandianError, match="offset"):
        window_pair(LONG_AGO, date(2026, 11, 29), "week", date(2026, 11, 30), offset)


def test_windows_that_overlap_are_refused() -> None:
    with pytest.raises(GuandianError, match="overlap"):
        window_pair(LONG_AGO, date(2026, 11, 29), "week", date(2026, 11, 30), "6d")
