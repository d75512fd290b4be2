"""Segments written anew: without reviews that go, with other flags, or several as one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from guandian.io.optional_libraries import needs
from guandian.store.duck import Duck
from guandian.store.part_numbers import StoredIds
from guandian.store.parts.copy_counts import count_anew
from guandian.store.parts.generation import Segment
from guandian.store.parts.part_files import (
    SEGMENT_KINDS,
    Kind,
    schema,
    write_part,
    write_parts,
)
from guandian.store.parts.ranked_sums import RankedSums
from guandian.store.parts.store_rows import OUT, Counting, Pasted, grams_table, state_of
from guandian.store.parts.sum_changes import summed, sums_between, sums_of, with_differences
from guandian.store.text_search import joined_grams, rows_of

_TIER, _SMALLEST, _LARGEST = 8, 1_000, 200_000
"""So many segments of about one size become one, up to so many reviews."""

_TOGETHER = ("product", "brand", "day")
"""What rows are sorted by, so that few are read for one product."""

_WRITTEN: tuple[Kind, ...] = ("reviews", "texts", "opinions", "grams")
"""Parts of a segment that do not follow from others, or would at a high cost."""

Tables = dict[Kind, Any]


@dataclass(slots=True)
class Changes:
    """What is to become of stored rows.

    Attributes:
        dropped: rows that go.
        superseded: rows whose text stays, and which readers do not see any more.
        copied: columns of rows that are copies, among all reviews and within the product; None
            where the review is one.
    """

    dropped: set[int] = field(default_factory=set)
    superseded: set[int] = field(default_factory=set)
    copied: dict[int, tuple[Pasted, Pasted]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.dropped or self.superseded or self.copied)

    @property
    def rows(self) -> set[int]:
        """All rows that change."""
        return self.dropped | self.superseded | self.copied.keys()


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A segment that was written anew.

    Attributes:
        before: as it was.
        after: as it is; None where no review of it is left.
        differences: what its sums differ by, a table with their columns; keys may stand several
            times.
    """

    before: Segment
    after: Segment | None
    differences: Any


@dataclass(frozen=True, slots=True)
class Rewriting:
    """Writes segments anew into a tenant's folder; those that were there stay as they are."""

    folder: Path
    duck: Duck
    ids: StoredIds

    def recount(
        self, segments: Sequence[Segment], changes: Changes, *, remember: bool = True
    ) -> Counting:
        """Count the copies anew in the order of loading; add to `changes` what that changes.

        Args:
            segments: all of them.
            changes: what goes.
            remember: whether other reviews are to be counted with the counts that are returned.
        """
        values = {"reviews": self.paths(segments, "reviews")}
        table = self.duck.table("wordings", values)
        gone = changes.dropped | changes.superseded
        counting, copied = count_anew(table, gone, remember=remember)
        changes.copied |= copied
        return counting

    def apply(self, segments: Sequence[Segment], changes: Changes) -> list[Rewritten]:
        """The segments with a changed row, written anew with the changes."""
        if not changes:
            return []
        values = {
            "reviews": self.paths(segments, "reviews"),
            "rows": sorted(changes.rows),
        }
        names = {Path(name).name for (name,) in self.duck.rows("holding", values)}
        return [
            self._rewritten(segment, changes)
            for segment in segments
            if segment.parts["reviews"] in names
        ]

    def _rewritten(self, segment: Segment, changes: Changes) -> Rewritten:
        tables = self._read(segment, ("reviews", "opinions"))
        before = _among(tables["opinions"], changes.rows)
        tables = _changed(tables, changes)
        after = _among(tables["opinions"], changes.rows)
        differences = sums_between(before, after)
        if not len(tables["reviews"]):
            return Rewritten(segment, None, differences)
        own = summed("sums", RankedSums.read(differences)).table("sums")
        sums = with_differences(self.duck, "sums", self.folder / segment.parts["sums"], own)
        parts = {kind: write_part(self.folder, kind, table) for kind, table in tables.items()}
        parts["texts"] = self._without(segment, "texts", changes.dropped)
        parts["grams"] = self._without(segment, "grams", changes.dropped | changes.superseded)
        parts["sums"] = write_part(self.folder, "sums", sums)
        return Rewritten(segment, _segment(parts, tables), differences)

    def _without(self, segment: Segment, kind: Kind, gone: Collection[int]) -> str:
        """A part of texts or pairs of characters without those of some reviews; itself for none."""
        if not gone:
            return segment.parts[kind]
        path = self.folder / segment.parts[kind]
        return write_part(self.folder, kind, _rest(path, kind, gone))

    def merged(self, segments: Sequence[Segment]) -> list[Segment]:
        """The segments, many small ones as one."""
        tiers: dict[int, list[Segment]] = {}
        for segment in segments:
            tiers.setdefault(tier_of(segment.reviews), []).append(segment)
        for tier in sorted(tiers):
            small = tiers[tier]
            total = sum(segment.reviews for segment in small)
            if len(small) >= _TIER and total <= _LARGEST:
                as_one = self.write(_joined([self._read(segment, _WRITTEN) for segment in small]))
                left = [segment for segment in segments if segment not in small]
                return self.merged([*left, *([as_one] if as_one else [])])
        return list(segments)

    def write(self, tables: Mapping[Kind, Any]) -> Segment | None:
        """A segment of these rows; None where there are none."""
        reviews = tables["reviews"]
        if not len(reviews):
            return None
        tables = dict(tables)
        for kind in ("reviews", "opinions"):
            tables[kind] = tables[kind].sort_by([(name, "ascending") for name in _TOGETHER])
        tables["texts"] = tables["texts"].sort_by("row")
        tables["sums"] = sums_of(tables["opinions"])
        parts = write_parts(self.folder, SEGMENT_KINDS, tables.__getitem__)
        return _segment(parts, tables)

    def _read(self, segment: Segment, kinds: Sequence[Kind]) -> Tables:
        parquet = needs("pyarrow.parquet", "serve", "a store")
        return {
            kind: parquet.read_table(self.folder / segment.parts[kind], schema=schema(kind))
            for kind in kinds
        }

    def sums(self, segments: Iterable[Segment]) -> Any:
        """The sums of these segments as one table."""
        arrow = needs("pyarrow", "serve", "a store")
        tables = [self._read(segment, ("sums",))["sums"] for segment in segments]
        return arrow.concat_tables(tables)

    def paths(self, segments: Iterable[Segment], kind: Kind) -> list[str]:
        """What `read_parquet` is given for one kind of part of these segments."""
        return self.duck.paths(kind, [self.folder / segment.parts[kind] for segment in segments])


def replaced(segments: Sequence[Segment], rewritten: Sequence[Rewritten]) -> list[Segment]:
    """The segments with those that were written anew in their places."""
    after = {its.before.parts["reviews"]: its.after for its in rewritten}
    present = (after.get(segment.parts["reviews"], segment) for segment in segments)
    return [segment for segment in present if segment]


def _segment(parts: dict[Kind, str], tables: Mapping[Kind, Any]) -> Segment:
    seen = int(np.count_nonzero(_numpy(tables["reviews"], "current")))
    return Segment(parts, seen, len(tables["opinions"]))


def _changed(tables: Tables, changes: Changes) -> Tables:
    reviews = _without(tables["reviews"], changes.dropped)
    opinions = _without(tables["opinions"], changes.dropped | changes.superseded)
    tables["opinions"] = _flagged(opinions, changes.copied)
    current, first, again = (_numpy(reviews, name) for name in ("current", "first", "again"))
    rows = _numpy(reviews, "row")
    for index in _places(rows, changes.superseded | changes.copied.keys()).tolist():
        row = int(rows[index])
        if row in changes.superseded:
            current[index] = False
        else:
            pasted, within = changes.copied[row]
            first[index] = state_of(pasted)
            again[index] = state_of(within) if again[index] != OUT else OUT
    tables["reviews"] = _with(reviews, current=current, first=first, again=again)
    return tables


def _flagged(opinions: Any, copied: Mapping[int, tuple[Pasted, Pasted]]) -> Any:
    rows = _numpy(opinions, "row")
    places = _places(rows, copied.keys())
    if not len(places):
        return opinions
    first, again = _numpy(opinions, "first"), _numpy(opinions, "again")
    chosen = opinions.take(places)
    products, parts = chosen["product"].to_pylist(), chosen["part"].to_pylist()
    for index, product, part in zip(places.tolist(), products, parts, strict=True):
        pasted, within = copied[int(rows[index])]
        first[index] = pasted is not None and part not in pasted
        again[index] = bool(product) and within is not None and part not in within
    return _with(opinions, first=first, again=again)


def _places(rows: Any, wanted: Collection[int]) -> Any:
    """Where one of the wanted rows stands."""
    among = np.isin(rows, np.fromiter(wanted, np.int64, len(wanted)))
    return np.flatnonzero(among)


def _among(table: Any, rows: Collection[int]) -> Any:
    return table.take(_places(table["row"].to_numpy(), rows))


def _joined(many: Sequence[Tables]) -> Tables:
    arrow = needs("pyarrow", "serve", "a store")
    joined = {kind: arrow.concat_tables([tables[kind] for tables in many]) for kind in many[0]}
    grams = joined_grams((_numpy(t["grams"], "gram"), _numpy(t["grams"], "place")) for t in many)
    joined["grams"] = grams_table(*grams)
    return joined


def _rest(path: Path, kind: Kind, gone: Collection[int]) -> Iterator[Any]:
    """The rows of a part but for those of some reviews, group by group: only one is in memory."""
    parquet = needs("pyarrow.parquet", "serve", "a store")
    among = np.fromiter(gone, np.int64, len(gone))
    with parquet.ParquetFile(path) as file:
        for index in range(file.num_row_groups):
            table = file.read_row_group(index, use_threads=False).cast(schema(kind))
            rows = (
                table["row"].to_numpy() if kind == "texts" else rows_of(table["place"].to_numpy())
            )
            left = ~np.isin(rows, among)
            yield from (table if left.all() else table.filter(left).combine_chunks()).to_batches()


def _without(table: Any, rows: Collection[int]) -> Any:
    if not rows:
        return table
    gone = np.isin(table["row"].to_numpy(), np.fromiter(rows, np.int64, len(rows)))
    return table.filter(~gone)


def _with(table: Any, **columns: Any) -> Any:
    arrow = needs("pyarrow", "serve", "a store")
    for name, values in columns.items():
        index = table.schema.get_field_index(name)
        field_of = table.schema.field(name)
        table = table.set_column(index, field_of, arrow.array(values, field_of.type))
    return table


def _numpy(table: Any, column: str) -> Any:
    return np.array(table[column].to_numpy(zero_copy_only=False))


def tier_of(reviews: int) -> int:
    """The order of size of so many reviews; what has the same one is joined."""
    tier, size = 0, max(reviews, 1)
    while size >= _SMALLEST:
        size //= _TIER
        tier += 1
    return tier
