"""Series read from a store: complaints by product x category, product x aspect x source, ..."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from guandian.monitor.detectors import CountPanel, special_days
from guandian.monitor.detectors.judgement import Floats
from guandian.monitor.series.buckets import TimeBuckets
from guandian.monitor.series.series_key import SeriesKey
from guandian.store import StoreReader
from guandian.store.records.watching.alert_records import series_digest
from guandian.store.selection import Dimension

LEVELS: tuple[tuple[Dimension, ...], ...] = (
    ("product",),
    ("product", "category"),
    ("product", "aspect", "source"),
)
"""What is held fixed, from the widest on."""
_MOST = 100_000
"""Series that are watched, those with the most complaints."""


@dataclass(frozen=True, slots=True, eq=False)
class SeriesTable:
    """Counts of many series over the same buckets.

    Attributes:
        keys: what each series is of.
        buckets: of time.
        complaints: `[series, buckets]`, reviews with a negative opinion on it.
        volume: `[series, buckets]`, reviews with any opinion on it.
    """

    keys: tuple[SeriesKey, ...]
    buckets: TimeBuckets
    complaints: Floats
    volume: Floats

    def panel(self) -> CountPanel:
        """The complaints as detectors take them."""
        buckets, weekday, special = self.buckets, None, None
        if buckets.unit == "day":
            days = list(buckets.starts())
            weekday = np.array([day.weekday() for day in days], dtype=np.int64)
            special = special_days(days)
        names = np.array(
            [int(series_digest(key.values)[:16], 16) for key in self.keys], dtype=np.uint64
        )
        first = buckets.first.toordinal() // buckets.days
        return CountPanel(
            self.complaints, buckets.per_year, weekday, special, self.volume, names, first
        )


def read_series(
    reader: StoreReader, buckets: TimeBuckets, least: int = 5, keys: Sequence[SeriesKey] = ()
) -> SeriesTable:
    """Count the complaints of a store.

    Late reviews count on their own day, whenever they come: all is counted anew.

    Args:
        reader: of the store; copies count once in it.
        buckets: that are counted; reviews outside of them are left out.
        least: complaints in all buckets, below which something is no series yet.
        keys: the series that are wanted, whatever their number; none wants all.
    """
    counts: dict[SeriesKey, Floats] = {}
    for level in _levels(reader):
        for day, *values in reader.daily(level):
            bucket = buckets.bucket_of(day)
            if not 0 <= bucket < buckets.number:
                continue
            key = SeriesKey(**dict(zip(level, values[:-2], strict=True)))
            if keys and key not in keys:
                continue
            if key not in counts:
                counts[key] = np.zeros((2, buckets.number))
            counts[key][:, bucket] += values[-2:]
    sums = {key: float(its[0].sum()) for key, its in counts.items()}
    if not keys:
        sums = {key: number for key, number in sums.items() if number >= least}
    order = sorted(sums, key=lambda key: (-sums[key], repr(key)))[:_MOST]
    order.sort(key=lambda key: (key.depth, repr(key)))
    panels = np.stack([counts[key] for key in order], 1) if order else np.zeros((2, 0, 0))
    panels = panels.reshape(2, len(order), buckets.number)
    return SeriesTable(tuple(order), buckets, panels[0], panels[1])


def _levels(reader: StoreReader) -> list[tuple[Dimension, ...]]:
    """The levels of which the store knows all values; without products, those of everything."""
    known = [name for name in ("product", "source") if reader.breakdown(by=name, limit=1)]
    levels = [
        tuple(name for name in level if name in ("category", "aspect", *known)) for level in LEVELS
    ]
    return [level for level in dict.fromkeys(levels) if level]
