from __future__ import annotations

from datetime import date, timedelta

import pytest

from guandian.domain.periods import day_of, next_period, period_start
from guandian.report.mined.tallies import Cells, Timeline


@pytest.mark.parametrize(
    ("time", "day"),
    [
        ("2024-03-05", date(2024, 3, 5)),
        ("2024-03-05T10:20:30+08:00", date(2024, 3, 5)),
        (" 2024/3/5 10:20", date(2024, 3, 5)),
        ("20240305", date(2024, 3, 5)),
        ("2024年3月5日", date(2024, 3, 5)),
        ("2024-02-30", None),
        ("1709600000", None),
        ("1970-01-01", None),
        ("2024-03", None),
        ("昨天", None),
        ("", None),
        (None, None),
    ],
)
def test_days(time: str | None, day: date | None) -> None:
    assert day_of(time) == day


def test_weeks_begin_on_monday_and_follow_each_other() -> None:
    assert period_start(date(2024, 3, 10), "week") == date(2024, 3, 4)
    assert next_period(date(2024, 3, 4), "week") == date(2024, 3, 11)
    assert next_period(date(2024, 1, 1), "month") == date(2024, 2, 1)
    assert next_period(date(2024, 12, 1), "month") == date(2025, 1, 1)
    assert next_period(date(2023, 1, 1), "year") == date(2024, 1, 1)


def timeline(some: list[date], **limits: int) -> Timeline:
    found = Timeline(**limits)
    for day in some:
        found.at(day, None).tally.add(1, 0, 0)
        found.at(day, "price").tally.add(1, 0, 0)
        found.trim()
    return found


def days(number: int, step: int = 1) -> list[date]:
    return [date(2024, 1, 1) + timedelta(days=step * index) for index in range(number)]


@pytest.mark.parametrize(
    ("number", "step", "unit"), [(100, 1, "week"), (200, 2, "month"), (300, 30, "year")]
)
def test_the_unit_follows_the_span(number: int, step: int, unit: str) -> None:
    assert timeline(days(number, step)).series()[0] == unit


def test_a_stray_date_does_not_blur_the_rest() -> None:
    unit, series = timeline([*days(150), date(1999, 12, 31)]).series()
    assert unit == "week"
    assert next(iter(series)) == date(1999, 12, 27)


def test_folding_on_the_way_gives_what_folding_at_the_end_gives() -> None:
    some = days(200, 2)
    (unit, early), (same, late) = timeline(some, days=20).series(), timeline(some).series()
    assert unit == same == "month"
    assert early.keys() == late.keys()
    for day, row in early.items():
        assert {key: cell.tally for key, cell in row.items()} == {
            key: cell.tally for key, cell in late[day].items()
        }


def test_cells_stay_few_and_the_common_ones_stay_exact() -> None:
    cells: Cells[str] = Cells(50, quotes=1)
    for index in range(5000):
        cells.at(f"rare {index}").tally.add(0, 1, 0)
        if index % 5 == 0:
            cells.at("battery").tally.add(1, 0, 0)
        cells.trim()
        assert len(cells) <= 101
    key, cell = next(cells.ranked())
    assert (key, cell.tally.opinions) == ("battery", 1000)
    assert cells.missed > 0
