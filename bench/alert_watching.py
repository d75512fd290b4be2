"""A year of many series through the watcher itself: all kinds of alerts, episodes, one budget."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from alert_years import DAYS, HEIGHT, usual_means
from numpy.typing import NDArray

from guandian.monitor.alerts.watching import SeriesWatch, WatchTerms
from guandian.monitor.series import SeriesKey, SeriesTable, TimeBuckets
from guandian.store.records.watching import AlertRecord

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

HISTORY = 500
_AT_ONCE = 500


@dataclass(frozen=True)
class WatchedYear:
    """Series of complaints out of a volume.

    Attributes:
        table: history and the year that is judged.
        changed: `[series, days]`, where complaints were added.
    """

    table: SeriesTable
    changed: Flags


def watched_year(series: int, changes: float, dice: np.random.Generator) -> WatchedYear:
    """Draws shops' series: volumes with season, weekdays and trend; shares that differ by series.

    Complaints are beta-binomial: opinions of one day are alike, the more the unrulier a series.
    """
    mean = usual_means(series, 0.3, HISTORY, dice)
    dispersion = 1 + dice.exponential(1.0, (series, 1))
    volume = dice.negative_binomial(mean / (dispersion - 1), 1 / dispersion).astype(np.float64)
    share, alike = dice.uniform(0.05, 0.4, (series, 1)), dice.uniform(0.001, 0.03, (series, 1))
    strength = 1 / alike - 1
    daily = dice.beta(share * strength, (1 - share) * strength, mean.shape)
    complaints = dice.binomial(volume.astype(np.int64), daily).astype(np.float64)
    changed = dice.random((series, DAYS)) < changes
    spread = np.sqrt(share * mean * (dispersion + 1))[:, HISTORY:]
    more = np.where(changed, dice.poisson(HEIGHT * spread + 1), 0)
    complaints[:, HISTORY:] += more
    volume[:, HISTORY:] += more
    keys = tuple(SeriesKey(f"P{dice.integers(2**60)}") for _ in range(series))
    buckets = TimeBuckets("day", date(2025, 1, 6), HISTORY + DAYS)
    return WatchedYear(SeriesTable(keys, buckets, complaints, volume), changed)


def begun(year: WatchedYear, terms: WatchTerms) -> tuple[list[AlertRecord], SeriesWatch]:
    """The episodes that a year begins, told or not."""
    watching = SeriesWatch.begun(year.table, terms)
    steps = watching.happenings(year.table, HISTORY)
    alerts = {its.alert.id: its.alert for happenings in steps for its in happenings}
    return list(alerts.values()), watching


def true_ones(year: WatchedYear, alerts: list[AlertRecord]) -> tuple[int, int]:
    """How many episodes began on a changed day, and how many changed days were in one."""
    rows = {key: row for row, key in enumerate(year.table.keys)}
    hit, right = np.zeros_like(year.changed), 0
    for alert in alerts:
        row = rows[SeriesKey(**alert.series)]
        first = year.table.buckets.bucket_of(alert.since) - HISTORY
        last = year.table.buckets.bucket_of(alert.until) - HISTORY
        right += bool(year.changed[row, max(first, 0) : last + 1].any())
        hit[row, max(first, 0) : last + 1] = True
    return right, int((hit & year.changed).sum())


def watched_years(
    rates: tuple[float, ...], repeats: int, series: int, share: float, seed: int
) -> dict[str, Any]:
    """False discovery over a year and what was found, through the watch path."""
    table: dict[str, Any] = {}
    for changes in rates:
        episodes = right = found = planted = 0
        kinds: Counter[str] = Counter()
        for repeat in range(repeats):
            dice = np.random.default_rng([seed, repeat, round(1e5 * changes), 3])
            year = watched_year(series, changes, dice)
            alerts, _ = begun(year, WatchTerms(share=share))
            true, hit = true_ones(year, alerts)
            kinds.update(alert.kind.value for alert in alerts)
            episodes, right, found = episodes + len(alerts), right + true, found + hit
            planted += int(year.changed.sum())
        table[f"{changes:.2%}"] = {
            "alerts": episodes, "wrong": episodes - right,
            "false": (episodes - right) / max(episodes, 1),
            "found": found / max(planted, 1), "planted": planted, "kinds": dict(kinds),
        }  # fmt: skip
    return table


def quiet_watch(series: int, weekly: float, seed: int) -> dict[str, Any]:
    """A year without any change: episodes against the number that was stated.

    Series are watched 500 at a time, each group with its part of the budget: which is what all of
    them together are allowed.
    """
    kinds: Counter[str] = Counter()
    for number, start in enumerate(range(0, series, _AT_ONCE)):
        size = min(_AT_ONCE, series - start)
        year = watched_year(size, 0.0, np.random.default_rng([seed, 78, number]))
        alerts, _ = begun(year, WatchTerms(a_week=weekly * size / series))
        kinds.update(alert.kind.value for alert in alerts)
    return {
        "series": series, "stated_in_a_year": weekly * DAYS / 7,
        "realised": kinds.total(), "kinds": dict(kinds),
    }  # fmt: skip
