"""Reviews that came late: which buckets of which series they change."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from guandian.monitor.detectors.judgement import Flags
from guandian.monitor.series.counted_series import SeriesTable
from guandian.monitor.series.series_key import SeriesKey
from guandian.store import StoreReader
from guandian.store.selection import Dimension


def late_cells(reader: StoreReader, table: SeriesTable, rows: int, since: int) -> Flags:
    """Where complaints came after an earlier look, `[series, buckets]`.

    Args:
        reader: of the store.
        table: of its series.
        rows: how many rows the store had given out then.
        since: the first bucket that is looked at once more.
    """
    late = np.zeros(table.complaints.shape, dtype=bool)
    places = {key: row for row, key in enumerate(table.keys)}
    for level in _levels(table.keys):
        for day, *values in reader.arrived(level, rows, table.buckets.start(since)):
            key = SeriesKey(**dict(zip(level, values[:-2], strict=True)))
            bucket = table.buckets.bucket_of(day)
            row = places.get(key)
            if row is not None and since <= bucket < table.buckets.number and values[-2]:
                late[row, bucket] = True
    return late


def _levels(keys: Sequence[SeriesKey]) -> list[tuple[Dimension, ...]]:
    names: tuple[Dimension, ...] = ("product", "category", "aspect", "source")
    levels = (tuple(n for n in names if getattr(key, n) is not None) for key in keys)
    return list(dict.fromkeys(levels))
