"""What a bucket's mean may depend on: trend, season, weekday, holidays and sales."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from guandian.monitor.detectors.judgement import CountPanel, Floats

SPRING_FESTIVALS = {
    2015: (2, 19), 2016: (2, 8), 2017: (1, 28), 2018: (2, 16), 2019: (2, 5), 2020: (1, 25),
    2021: (2, 12), 2022: (2, 1), 2023: (1, 22), 2024: (2, 10), 2025: (1, 29), 2026: (2, 17),
    2027: (2, 6), 2028: (1, 26), 2029: (2, 13), 2030: (2, 3), 2031: (1, 23), 2032: (2, 11),
    2033: (1, 31), 2034: (2, 19), 2035: (2, 8),
}  # fmt: skip
"""The first day of the Chinese year, month and day."""
SPECIAL = ("spring_festival", "national_day", "618", "double_11", "double_12")
"""Kinds of days with reviews unlike those of other days: Chinese holidays and sales."""


def special_days(days: list[date]) -> Floats:
    """Which days are unlike others by the Chinese calendar.

    Sales count with the days after them: what was bought is reviewed when it has come.

    Returns:
        `[days, kinds of SPECIAL]`, 1 or 0.
    """
    flags = np.zeros((len(days), len(SPECIAL)))
    for row, day in enumerate(days):
        month, number = day.month, day.day
        if festival := SPRING_FESTIVALS.get(day.year):
            start = date(day.year, *festival)
            flags[row, 0] = start - timedelta(days=3) <= day <= start + timedelta(days=7)
        flags[row, 1] = month == 10 and number <= 7
        flags[row, 2] = month == 6 and 16 <= number <= 24
        flags[row, 3] = month == 11 and 11 <= number <= 18
        flags[row, 4] = month == 12 and 12 <= number <= 16
    return flags


def special_weeks(mondays: list[date]) -> Floats:
    """How much of a week is unlike others by the Chinese calendar.

    Returns:
        `[weeks, kinds of SPECIAL]`, 0 to 1: the share of its days.
    """
    days = [monday + timedelta(days=number) for monday in mondays for number in range(7)]
    shares: Floats = special_days(days).reshape(len(mondays), 7, len(SPECIAL)).mean(1)
    return shares


def waves_of_day(hours: list[int]) -> Floats:
    """What the hour of a day moves: three waves, `[hours, 6]`."""
    angle = 2 * np.pi * np.array(hours)[:, None] * np.arange(1, 4) / 24
    return np.hstack([np.cos(angle), np.sin(angle)])


def design_of(panel: CountPanel, origin: int, harmonics: int) -> tuple[Floats, Floats]:
    """The design of a log-linear mean, and how far each coefficient may stray.

    Args:
        panel: only its calendar is read.
        origin: the bucket at which trend is 0, so that the first coefficient is about it.
        harmonics: waves in a year.

    Returns:
        `[buckets, columns]`: level, trend per year, waves, weekdays but Monday, special buckets,
        at last the step; and the standard deviations `[columns]` of what coefficients are before
        any count is seen.
    """
    bucket = np.arange(panel.buckets)
    columns = [np.ones(panel.buckets), (bucket - origin) / panel.per_year]
    spread = [10.0, TREND]
    for wave in range(1, harmonics + 1):
        angle = 2 * np.pi * wave * bucket / panel.per_year
        columns += [np.cos(angle), np.sin(angle)]
        spread += [WAVE / wave] * 2
    if panel.weekday is not None:
        columns += [(panel.weekday == day) * 1.0 for day in range(1, 7)]
        spread += [WEEKDAY] * 6
    if panel.special is not None:
        columns += list(panel.special.T)
        spread += [SALE] * panel.special.shape[1]
    if panel.step is not None:
        columns.append(panel.step)
        spread.append(1.0)
    return np.stack(columns, axis=1), np.array(spread)


TREND, WAVE, WEEKDAY, SALE = 0.5, 1.0, 1.0, 2.0
"""How far trend (a year), waves, weekdays and sales move the logarithm of a mean, usually."""
