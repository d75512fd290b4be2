"""Series read from a store: complaints by product x category, product x aspect x source, ..."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from guandian.monitor.detectors.judgement import Floats
from guandian.monitor.series.buckets import TimeBuckets
from guandian.monitor.series.packed_series import PackedSeries, SeriesCells
from guandian.monitor.series.series_key import SeriesKey, own_column, own_words
from guandian.monitor.series.series_table import SeriesTable
from guandian.store import StoreReader
from guandian.store.selection import Dimension

LEVELS: tuple[tuple[Dimension, ...], ...] = (
    ("product",),
    ("product", "category"),
    ("product", "aspect", "source"),
)
"""What is held fixed, from the widest on."""
OWN_LEVELS: tuple[tuple[Dimension, ...], ...] = (("product",), ("product", "aspect"))
"""The same beside a column of the owner's."""
_MOST = 100_000
"""Series that are watched, those with the most complaints."""


def read_series(
    reader: StoreReader,
    buckets: TimeBuckets,
    least: int = 5,
    keys: Sequence[SeriesKey] = (),
    own: Sequence[str] = (),
) -> SeriesTable:
    """Count the complaints of a store.

    Late reviews count in their own bucket, whenever they come: all is counted anew. Copies count
    once, and a user once in a bucket.

    Args:
        reader: of the store.
        buckets: that are counted; reviews outside of them are left out.
        least: complaints in all buckets, below which something is no series yet.
        keys: the series that are wanted, whatever their number; none wants all.
        own: columns of the owner's by which it is counted besides.
    """
    packed = pack_series(reader, buckets, least, keys, own)
    return packed.part(range(len(packed.keys)))


def pack_series(
    reader: StoreReader,
    buckets: TimeBuckets,
    least: int = 5,
    keys: Sequence[SeriesKey] = (),
    own: Sequence[str] = (),
) -> PackedSeries:
    """As `read_series`, in little memory."""
    if not buckets.number:
        return PackedSeries((), buckets, ())
    levels = level_counts(reader, buckets, own_columns(keys) | set(own))
    chosen = _wanted(levels, set(keys)) if keys else _largest(levels, least)
    order = sorted(chosen, key=lambda pair: (pair[0].depth, repr(pair[0])))
    rows = {pair[1]: row for row, pair in enumerate(order)}
    series, bucket, counts = [], [], []
    for level_row, level in enumerate(levels):
        own_rows = np.array(
            [rows.get((level_row, number), -1) for number in range(len(level.sums))],
            dtype=np.int32,
        )
        of_cell = own_rows[level.cells.series]
        there = of_cell >= 0
        series.append(of_cell[there])
        bucket.append(level.cells.bucket[there])
        counts.append(level.cells.counts[:, there])
    whose = np.concatenate(series)
    sorting = np.lexsort((np.concatenate(bucket), whose))
    cells = SeriesCells(
        whose[sorting], np.concatenate(bucket)[sorting], np.concatenate(counts, 1)[:, sorting]
    )
    return PackedSeries.of([key for key, _ in order], buckets, cells)


def own_columns(keys: Iterable[SeriesKey]) -> set[str]:
    """The owner's columns that series are of."""
    return {own_column(key.own)[0] for key in keys if key.own is not None}


def level_counts(
    reader: StoreReader, buckets: TimeBuckets, own: Collection[str] = (), rows: int = 0
) -> list[LevelCounts]:
    """The counts of all levels, whatever their number.

    Args:
        reader: of the store.
        buckets: that are counted.
        own: columns of the owner's by which it is counted besides.
        rows: only reviews loaded after a generation that had given out so many rows.
    """
    clock = buckets.clock()
    levels = [LevelCounts.of(reader.counted(by, clock, rows=rows), by) for by in _levels(reader)]
    for name in sorted(own):
        for by in _levels(reader, OWN_LEVELS):
            table = reader.counted([*by, "own"], clock, name, rows)
            levels.append(LevelCounts.of(table, [*by, "own"], name))
    return levels


_Place = tuple[int, int]
"""A level, and the number of a series in it."""


@dataclass(frozen=True, slots=True, eq=False)
class LevelCounts:
    """Counts of the series of one level, by cell.

    Attributes:
        by: what is held fixed.
        own: the owner's column among it.
        values: the different values of each of `by`.
        codes: `[series, columns]`, which of the values each series has.
        cells: the counts.
        sums: `[series]`, complaints.
    """

    by: tuple[str, ...]
    own: str
    values: tuple[Sequence[str], ...]
    codes: NDArray[np.int64]
    cells: SeriesCells
    sums: Floats

    @classmethod
    def of(cls, table: Any, by: Sequence[str], own: str = "") -> Self:
        """The counts of a table of `StoreReader.counted`."""
        values, codes = [], []
        for name in by:
            coded = table[name].combine_chunks().dictionary_encode()
            coded = coded.combine_chunks() if hasattr(coded, "combine_chunks") else coded
            values.append(coded.dictionary.to_pylist())
            codes.append(coded.indices.to_numpy(zero_copy_only=False).astype(np.int64))
        number = np.zeros(len(table), dtype=np.int64)
        for column, its in zip(codes, values, strict=True):
            number = number * max(len(its), 1) + column
        _, firsts, series = np.unique(number, return_index=True, return_inverse=True)
        counts = np.stack(
            [table[name].to_numpy().astype(np.uint32) for name in ("complaints", "volume")]
        )
        bucket = table["bucket"].to_numpy().astype(np.uint16)
        return cls(
            tuple(by),
            own,
            tuple(values),
            np.stack(codes, 1)[firsts],
            SeriesCells(series.astype(np.int32), bucket, counts),
            np.bincount(series, counts[0], len(firsts)).astype(np.float64),
        )

    def key(self, number: int) -> SeriesKey:
        """What a series is of."""
        row = self.codes[number]
        values = {name: its[k] for name, its, k in zip(self.by, self.values, row, strict=True)}
        if "own" in values:
            values["own"] = own_words(self.own, values["own"])
        return SeriesKey(**values)


def _largest(levels: Sequence[LevelCounts], least: int) -> list[tuple[SeriesKey, _Place]]:
    """The series with enough complaints, of too many those with the most."""
    pairs = []
    sums = np.concatenate([np.sort(level.sums)[-_MOST:] for level in levels])
    floor = max(float(np.sort(sums)[-_MOST:].min(initial=np.inf)) if len(sums) else 0, least)
    for level_row, level in enumerate(levels):
        pairs += [
            (level.sums[number], level.key(number), (level_row, number))
            for number in np.flatnonzero(level.sums >= floor).tolist()
        ]
    pairs.sort(key=lambda its: (-its[0], repr(its[1])))
    return [(key, its) for _, key, its in pairs[:_MOST]]


def _wanted(
    levels: Sequence[LevelCounts], keys: Container[SeriesKey]
) -> list[tuple[SeriesKey, _Place]]:
    pairs = [
        (level.key(number), (level_row, number))
        for level_row, level in enumerate(levels)
        for number in range(len(level.sums))
    ]
    return [pair for pair in pairs if pair[0] in keys]


def _levels(
    reader: StoreReader, levels: Sequence[tuple[Dimension, ...]] = LEVELS
) -> list[tuple[Dimension, ...]]:
    """The levels of which the store knows all values; without products, those of everything."""
    known = [name for name in ("product", "source") if reader.breakdown(by=name, limit=1)]
    shown = [
        tuple(name for name in level if name in ("category", "aspect", *known)) for level in levels
    ]
    return [level for level in dict.fromkeys(shown) if level or levels is OWN_LEVELS]
