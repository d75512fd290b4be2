"""The series behind an alert: what came, what was expected, and from where on it fires."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from guandian.monitor.alerts.watching import detector_for
from guandian.monitor.series.buckets import complete_buckets, running_in, unit_of
from guandian.monitor.series.counted_series import read_series
from guandian.monitor.series.series_key import SeriesKey
from guandian.store import StoreReader
from guandian.store.records.watching import AlertRecord


@dataclass(frozen=True, slots=True)
class BandPoint:
    """One bucket of a series; `expected` and `upper` are None where nothing can be judged."""

    start: date
    end: date
    observed: int
    expected: float | None
    upper: float | None


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
    judgement = detector_for(level, bands=True).judge(table.panel(), since)
    return [
        BandPoint(
            buckets.start(bucket),
            buckets.end(bucket),
            round(float(table.complaints[0, bucket])),
            _number(float(judgement.expected[0, bucket - since])),
            _number(float(judgement.upper[0, bucket - since])),
        )
        for bucket in range(since, end)
    ]


def _number(value: float) -> float | None:
    return value if np.isfinite(value) else None
