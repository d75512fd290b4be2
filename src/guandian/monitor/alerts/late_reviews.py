"""Reviews that came late: which buckets of which series they change."""

from __future__ import annotations

import numpy as np

from guandian.monitor.detectors.judgement import Flags
from guandian.monitor.series.counted_series import level_counts, own_columns
from guandian.monitor.series.packed_series import CountedSeries
from guandian.store import StoreReader


def late_cells(reader: StoreReader, table: CountedSeries, rows: int, since: int) -> Flags:
    """Where complaints came after an earlier look, `[series, buckets]`.

    Args:
        reader: of the store.
        table: of its series.
        rows: how many rows the store had given out then.
        since: the first bucket that is looked at once more.
    """
    late = np.zeros(table.shape, dtype=bool)
    places = {key: row for row, key in enumerate(table.keys)}
    for level in level_counts(reader, table.buckets, own_columns(table.keys), rows):
        own_rows = np.array(
            [places.get(level.key(number), -1) for number in range(len(level.sums))], dtype=np.int64
        )
        cells, of_cell = level.cells, own_rows[level.cells.series]
        changed = (of_cell >= 0) & (cells.bucket >= since) & (cells.counts[0] > 0)
        late[of_cell[changed], cells.bucket[changed]] = True
    return late
