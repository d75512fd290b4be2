"""Counts of many series in little memory: blocks of them, compressed, opened one at a time."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import numpy as np
from numpy.typing import NDArray

from guandian.monitor.detectors.judgement import Floats
from guandian.monitor.series.buckets import TimeBuckets
from guandian.monitor.series.series_key import SeriesKey
from guandian.monitor.series.series_table import SeriesTable

BLOCK = 1000
"""Series that are opened at once."""
_LEVEL = 1


@dataclass(frozen=True, slots=True, eq=False)
class SeriesCells:
    """Counts that are not 0 or of which there is a volume, of some series.

    Attributes:
        series, bucket: `[cells]`, whose and when; sorted by series.
        counts: `[2, cells]`, complaints and volume.
    """

    series: NDArray[np.int32]
    bucket: NDArray[np.uint16]
    counts: NDArray[np.uint32]


@dataclass(frozen=True, slots=True, eq=False)
class PackedSeries:
    """As `SeriesTable`, of which a block at a time is opened.

    Attributes:
        keys: what each series is of.
        buckets: of time.
        blocks: of `BLOCK` series each.
    """

    keys: tuple[SeriesKey, ...]
    buckets: TimeBuckets
    blocks: tuple[bytes, ...]

    @classmethod
    def of(cls, keys: Sequence[SeriesKey], buckets: TimeBuckets, cells: SeriesCells) -> Self:
        """Pack the cells of series."""
        ends = np.searchsorted(cells.series, np.arange(0, len(keys) + BLOCK, BLOCK))
        blocks = []
        for block, (start, end) in enumerate(pairwise(ends)):
            rows = (cells.series[start:end] - block * BLOCK).astype(np.uint16)
            counts = cells.counts[:, start:end]
            content = [rows.tobytes(), cells.bucket[start:end].tobytes(), counts.tobytes()]
            blocks.append(zlib.compress(b"".join(content), _LEVEL))
        return cls(tuple(keys), buckets, tuple(blocks[: -(-len(keys) // BLOCK)]))

    @property
    def shape(self) -> tuple[int, int]:
        """Series and buckets."""
        return len(self.keys), self.buckets.number

    def part(self, rows: Sequence[int]) -> SeriesTable:
        """Some of the series."""
        counts = np.zeros((2, len(rows), self.buckets.number))
        chosen = np.asarray(rows, dtype=np.int64)
        for block in np.unique(chosen // BLOCK).tolist():
            there = chosen // BLOCK == block
            counts[:, there] = self._opened(block)[:, chosen[there] - block * BLOCK]
        return SeriesTable(tuple(self.keys[row] for row in rows), self.buckets, *counts)

    def parts(self) -> Iterator[SeriesTable]:
        """All of the series, block by block."""
        for block in range(len(self.blocks)):
            keys = self.keys[block * BLOCK : (block + 1) * BLOCK]
            yield SeriesTable(keys, self.buckets, *self._opened(block))

    def written(self) -> Floats:
        """Reviews with an opinion by bucket, by the widest series; at least one."""
        depth = min((key.depth for key in self.keys), default=0)
        widest = [row for row, key in enumerate(self.keys) if key.depth == depth]
        sums = np.zeros(self.buckets.number)
        for start in range(0, len(widest), BLOCK):
            sums += self.part(widest[start : start + BLOCK]).volume.sum(0)
        return np.asarray(np.maximum(sums, 1.0))

    def _opened(self, block: int) -> Floats:
        """Complaints and volume of a block, `[2, series, buckets]`."""
        series = len(self.keys[block * BLOCK : (block + 1) * BLOCK])
        opened = np.zeros((2, series, self.buckets.number))
        content = zlib.decompress(self.blocks[block])
        cells = len(content) // 12
        rows = np.frombuffer(content, np.uint16, cells)
        bucket = np.frombuffer(content, np.uint16, cells, 2 * cells)
        counts = np.frombuffer(content, np.uint32, 2 * cells, 4 * cells).reshape(2, cells)
        opened[:, rows, bucket] = counts
        return opened


CountedSeries = SeriesTable | PackedSeries
"""Series with their counts, all open or packed."""
