"""The series behind an alert: what came, what was expected, and from where on it fires."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import pairwise

import numpy as np

from guandian.monitor.alerts.judged_kinds import until
from guandian.monitor.alerts.model_steps import switches_of
from guandian.monitor.alerts.watch_pass import resumed_watch, terms_of
from guandian.monitor.alerts.watching import SeriesWatch
from guandian.monitor.detectors import SPECIAL, SeriesJudgement
from guandian.monitor.detectors.judgement import Floats
from guandian.monitor.series.buckets import complete_buckets, running_in, unit_of
from guandian.monitor.series.counted_series import read_series
from guandian.monitor.series.series_key import SeriesKey
from guandian.monitor.series.series_table import SeriesTable
from guandian.store import StoreReader
from guandian.store.records import Records
from guandian.store.records.watching import AlertKind, AlertRecord
from guandian.wording import Name, term


@dataclass(frozen=True, slots=True)
class BandPoint:
    """One bucket of a series.

    Attributes:
        start, end: its first and last day.
        observed: reviews that complain.
        expected, upper: how many were expected, and the largest number that does not fire; None
            where nothing can be judged.
        special: the sales and holidays that it lies in, which the expectation knows of.
    """

    start: date
    end: date
    observed: int
    expected: float | None
    upper: float | None
    special: tuple[Name, ...] = ()


def special_names() -> dict[str, Name]:
    """What people call the kinds of days that are unlike others."""
    return {
        "spring_festival": term("Spring Festival"),
        "national_day": term("National Day week"),
        "618": term("618 sale"),
        "double_11": term("Double 11"),
        "double_12": term("Double 12"),
    }


def band_of(
    reader: StoreReader,
    records: Records,
    tenant: str,
    alert: AlertRecord,
    moment: datetime,
    most: int,
) -> list[BandPoint]:
    """The last buckets of an alert's series with their expected band, up to some after its end.

    Args:
        reader: of the store.
        records: what is known of its episodes.
        tenant: whose alert it is.
        alert: whose series it is.
        moment: that it is now.
        most: buckets at most.
    """
    first, last = reader.days
    if first is None or last is None:
        return []
    zone = str(alert.facts.get("zone", "Asia/Shanghai"))
    unit = unit_of(alert.unit)
    buckets = complete_buckets(first, last, unit, running_in(zone, moment, unit), zone)
    table = read_series(reader, buckets, keys=[SeriesKey(**alert.series)])
    if not table.keys:
        return []
    after = buckets.bucket_of(alert.cleared or alert.until) + most // 6
    end = min(max(after, 0), buckets.number)
    since = max(end - most, 0)
    level = float(alert.facts.get("budget", {}).get("level", 0.001))
    terms = replace(terms_of(records, tenant, unit), zone=zone)
    watching = resumed_watch(records, tenant, table, terms)
    watching.switches = switches_of(reader, table)
    return band_points(watching, until(table, end), since, level)


def band_points(
    watching: SeriesWatch, table: SeriesTable, since: int, level: float
) -> list[BandPoint]:
    """The buckets of one series from `since` on, by what judges its surges.

    Args:
        watching: knows episodes, which are not usual, and switches of model.
        table: of the series alone.
        since: the first bucket that is wanted.
        level: the chance below which it fires.
    """
    buckets, names, panel = table.buckets, special_names(), table.panel()
    expected, upper = _judged(watching, table, since, level)
    special = np.zeros((buckets.number, len(SPECIAL))) if panel.special is None else panel.special
    return [
        BandPoint(
            buckets.start(bucket),
            buckets.end(bucket),
            round(float(table.complaints[0, bucket])),
            _number(float(expected[bucket - since])),
            _number(float(upper[bucket - since])),
            tuple(names[kind] for kind, day in zip(SPECIAL, special[bucket], strict=False) if day),
        )
        for bucket in range(since, buckets.number)
    ]


def _judged(
    watching: SeriesWatch, table: SeriesTable, since: int, level: float
) -> tuple[Floats, Floats]:
    """What is expected and what fires not, `[buckets]`, each model's by what was before."""
    detector = replace(watching.terms.detectors, level=level, bands=True).of(AlertKind.SURGE)
    end, said = table.buckets.number, list[SeriesJudgement]()
    inside = [its.bucket for its in watching.switches if since < its.bucket < end]
    for first, after in pairwise([since, *inside, end]):
        panel = watching.usual(until(table, after), AlertKind.SURGE, first)
        said.append(detector.judge(panel, first))
    expected = np.concatenate([its.expected[0] for its in said])
    upper = np.concatenate([its.upper[0] for its in said])
    for switch in watching.switches:
        blind = switch.bucket + switch.blind(table.keys[0], AlertKind.SURGE)
        upper[max(switch.bucket - since, 0) : max(blind - since, 0)] = np.nan
    counts = table.complaints[0]
    upper[(np.cumsum(counts) - counts)[since:] == 0] = np.nan  # a first complaint is no surge
    return expected, upper


def _number(value: float) -> float | None:
    return value if np.isfinite(value) else None
