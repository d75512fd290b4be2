"""Series read from a store: complaints by product x category, product x aspect x source, ..."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from guandian.monitor.detectors import CountPanel, special_days
from guandian.monitor.detectors.judgement import Floats
from guandian.monitor.detectors.seasons import waves_of_day
from guandian.monitor.series.buckets import TimeBuckets
from guandian.monitor.series.series_key import SeriesKey, own_words, read_own
from guandian.store import StoreReader
from guandian.store.records.watching.alert_records import series_digest
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


@dataclass(frozen=True, slots=True, eq=False)
class SeriesTable:
    """Counts of many series over the same buckets.

    Attributes:
        keys: what each series is of.
        buckets: of time.
        complaints: `[series, buckets]`, people with a negative opinion on it.
        volume: `[series, buckets]`, people with any opinion on it.
    """

    keys: tuple[SeriesKey, ...]
    buckets: TimeBuckets
    complaints: Floats
    volume: Floats

    def panel(self) -> CountPanel:
        """The complaints as detectors take them."""
        buckets, weekday, special = self.buckets, None, None
        if buckets.unit != "week":
            starts = list(buckets.starts())
            days = [its.date() if isinstance(its, datetime) else its for its in starts]
            weekday = np.array([day.weekday() for day in days], dtype=np.int64)
            special = special_days(days)
            if buckets.unit == "hour":
                hours = [its.hour for its in starts if isinstance(its, datetime)]
                special = np.hstack([special, waves_of_day(hours)])
        names = np.array(
            [int(series_digest(key.values)[:16], 16) for key in self.keys], dtype=np.uint64
        )
        first = buckets.clock().first
        if buckets.unit != "hour":
            first = buckets.first.toordinal() // int(buckets.days)
        return CountPanel(
            self.complaints, buckets.per_year, weekday, special, self.volume, names, first
        )


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
    if not buckets.number:
        return SeriesTable((), buckets, *np.zeros((2, 0, 0)))
    levels = level_counts(reader, buckets, own_columns(keys) | set(own))
    chosen = _wanted(levels, set(keys)) if keys else _largest(levels, least)
    order = sorted(chosen, key=lambda pair: (pair[0].depth, repr(pair[0])))
    counts = np.zeros((2, len(order), buckets.number))
    rows = {pair[1]: row for row, pair in enumerate(order)}
    for place, level in enumerate(levels):
        own_rows = np.array(
            [rows.get((place, number), -1) for number in range(len(level.sums))], dtype=np.int64
        )
        of_cell = own_rows[level.series] if len(level.series) else level.series
        there = of_cell >= 0
        counts[:, of_cell[there], level.bucket[there]] = level.counts[:, there]
    return SeriesTable(tuple(key for key, _ in order), buckets, counts[0], counts[1])


def own_columns(keys: Iterable[SeriesKey]) -> set[str]:
    """The owner's columns that series are of."""
    return {read_own(key.own)[0] for key in keys if key.own is not None}


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
        series, bucket: `[cells]`.
        counts: `[2, cells]`, complaints and volume.
        sums: `[series]`, complaints.
    """

    by: tuple[str, ...]
    own: str
    values: tuple[Sequence[str], ...]
    codes: NDArray[np.int64]
    series: NDArray[np.int64]
    bucket: NDArray[np.int64]
    counts: NDArray[np.int64]
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
        counts = np.stack([table[name].to_numpy() for name in ("complaints", "volume")])
        return cls(
            tuple(by),
            own,
            tuple(values),
            np.stack(codes, 1)[firsts],
            series,
            table["bucket"].to_numpy().astype(np.int64),
            counts,
            np.bincount(series, counts[0], len(firsts)),
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
    for place, level in enumerate(levels):
        pairs += [
            (level.sums[number], level.key(number), (place, number))
            for number in np.flatnonzero(level.sums >= floor).tolist()
        ]
    pairs.sort(key=lambda its: (-its[0], repr(its[1])))
    return [(key, its) for _, key, its in pairs[:_MOST]]


def _wanted(
    levels: Sequence[LevelCounts], keys: Container[SeriesKey]
) -> list[tuple[SeriesKey, _Place]]:
    pairs = [
        (level.key(number), (place, number))
        for place, level in enumerate(levels)
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
