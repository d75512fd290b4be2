"""The series behind an alert: what came, what was expected, and from where on it fires."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from guandian.monitor.alerts.watching import detector_for
from guandian.monitor.detectors import SPECIAL
from guandian.monitor.series.buckets import complete_buckets, running_in, unit_of
from guandian.monitor.series.counted_series import read_series
from guandian.monitor.series.series_key import SeriesKey
from guandian.store import StoreReader
from guandian.store.records.watching import AlertRecord
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
    reader: StoreReader, alert: AlertRecord, moment: datetime, most: int
) -> list[BandPoint]:
    """The last buckets of an alert's series with their expected band, up to some after its end.

    Args:
        reader: of the store.
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
    panel, names = table.panel(), special_names()
    judgement = detector_for(level, bands=True).judge(panel, since)
    special = np.zeros((buckets.number, len(SPECIAL))) if panel.special is None else panel.special
    return [
        BandPoint(
            buckets.start(bucket),
            buckets.end(bucket),
            round(float(table.complaints[0, bucket])),
            _number(float(judgement.expected[0, bucket - since])),
            _number(float(judgement.upper[0, bucket - since])),
            tuple(names[kind] for kind, day in zip(SPECIAL, special[bucket], strict=False) if day),
        )
        for bucket in range(since, end)
    ]


def _number(value: float) -> float | None:
    return value if np.isfinite(value) else None
