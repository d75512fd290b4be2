"""Segments written anew: without reviews that go, with other flags, or several as one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from guandian.files.formats.workbook import needs
from guandian.store.duck import Duck
from guandian.store.parts.copy_counts import Pasted, count_anew
from guandian.store.parts.generation import Segment
from guandian.store.parts.part_files import SEGMENT_KINDS, Kind, schema, write_part
from guandian.store.parts.store_rows import OUT, Counting, grams_table, state_of
from guandian.store.text_search import joined_grams, rows_of

_TIER, _SMALLEST, _LARGEST = 8, 1_000, 200_000
"""So many segments of about one size become one, up to so many reviews."""

_TOGETHER = ("product", "brand", "day")
"""What rows are sorted by, so that few are read for one product."""

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
class Rewriting:
    """Writes segments anew into a tenant's folder; those that were there stay as they are."""

    folder: Path
    duck: Duck

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

    def apply(self, segments: Sequence[Segment], changes: Changes) -> list[Segment]:
        """The segments with the changes; those without a changed row are the same."""
        if not changes:
            return list(segments)
        values = {
            "reviews": self.paths(segments, "reviews"),
            "rows": sorted(changes.rows),
        }
        names = {Path(name).name for (name,) in self.duck.rows("holding", values)}
        fresh = []
        for segment in segments:
            if segment.parts["reviews"] not in names:
                fresh.append(segment)
            elif changed := self.write(_changed(self._read(segment), changes)):
                fresh.append(changed)
        return fresh

    def merged(self, segments: Sequence[Segment]) -> list[Segment]:
        """The segments, many small ones as one."""
        tiers: dict[int, list[Segment]] = {}
        for segment in segments:
            tiers.setdefault(tier_of(segment.reviews), []).append(segment)
        for tier in sorted(tiers):
            small = tiers[tier]
            total = sum(segment.reviews for segment in small)
            if len(small) >= _TIER and total <= _LARGEST:
                as_one = self.write(_joined([self._read(segment) for segment in small]))
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
        tables["sums"] = sums_of(self.duck, tables["opinions"])
        parts = {kind: write_part(self.folder, kind, tables[kind]) for kind in SEGMENT_KINDS}
        seen = int(np.count_nonzero(_numpy(reviews, "current")))
        return Segment(parts, seen, len(tables["opinions"]))

    def _read(self, segment: Segment) -> Tables:
        parquet = needs("pyarrow.parquet", "serve", "a store")
        return {
            kind: parquet.read_table(self.folder / segment.parts[kind], schema=schema(kind))
            for kind in SEGMENT_KINDS
        }

    def paths(self, segments: Iterable[Segment], kind: Kind) -> list[str]:
        """What `read_parquet` is given for one kind of part of these segments."""
        return self.duck.paths(kind, [self.folder / segment.parts[kind] for segment in segments])


def sums_of(duck: Duck, opinions: Any) -> Any:
    """The sums of tallies of a table of opinions, level by level."""
    arrow = needs("pyarrow", "serve", "a store")
    levels = []
    for level in range(4):
        words = {
            "level": str(level),
            "category": "category" if level & 1 else "null",
            "aspect": "aspect" if level & 2 else "null",
            "where": "aspect is not null" if level & 2 else "true",
        }
        table = duck.table("sums", {}, words, {"opinions": opinions})
        levels.append(table.cast(schema("sums")))
    return arrow.concat_tables(levels)


def _changed(tables: Tables, changes: Changes) -> Tables:
    reviews, opinions = tables["reviews"], tables["opinions"]
    for kind in ("reviews", "texts"):
        tables[kind] = _without(tables[kind], changes.dropped)
    gone = changes.dropped | changes.superseded
    opinions = _without(opinions, gone)
    if gone:
        rows = rows_of(_numpy(tables["grams"], "place"))
        tables["grams"] = tables["grams"].filter(~np.isin(rows, [*gone]))
    tables["opinions"] = _flagged(opinions, changes.copied)
    reviews = tables["reviews"]
    current, first, again = (_numpy(reviews, name) for name in ("current", "first", "again"))
    for index, row in enumerate(_numpy(reviews, "row").tolist()):
        if row in changes.superseded:
            current[index] = False
        elif row in changes.copied:
            pasted, within = changes.copied[row]
            first[index] = state_of(pasted)
            again[index] = state_of(within) if again[index] != OUT else OUT
    tables["reviews"] = _with(reviews, current=current, first=first, again=again)
    return tables


def _flagged(opinions: Any, copied: Mapping[int, tuple[Pasted, Pasted]]) -> Any:
    first, again = _numpy(opinions, "first"), _numpy(opinions, "again")
    parts = opinions["part"]
    product = _numpy_valid(opinions["product"])
    for index, row in enumerate(_numpy(opinions, "row").tolist()):
        if row in copied:
            pasted, within = copied[row]
            part = parts[index].as_py()
            first[index] = pasted is not None and part not in pasted
            again[index] = bool(product[index]) and within is not None and part not in within
    return _with(opinions, first=first, again=again)


def _joined(many: Sequence[Tables]) -> Tables:
    arrow = needs("pyarrow", "serve", "a store")
    joined = {kind: arrow.concat_tables([tables[kind] for tables in many]) for kind in many[0]}
    grams = joined_grams((_numpy(t["grams"], "gram"), _numpy(t["grams"], "place")) for t in many)
    joined["grams"] = grams_table(*grams)
    return joined


def _without(table: Any, rows: Collection[int]) -> Any:
    if not rows:
        return table
    return table.filter(~np.isin(_numpy(table, "row"), np.fromiter(rows, np.int64, len(rows))))


def _with(table: Any, **columns: Any) -> Any:
    arrow = needs("pyarrow", "serve", "a store")
    for name, values in columns.items():
        index = table.schema.get_field_index(name)
        field_of = table.schema.field(name)
        table = table.set_column(index, field_of, arrow.array(values, field_of.type))
    return table


def _numpy(table: Any, column: str) -> Any:
    return np.array(table[column].to_numpy(zero_copy_only=False))


def _numpy_valid(column: Any) -> Any:
    return np.array(column.is_valid().to_numpy(zero_copy_only=False))


def tier_of(reviews: int) -> int:
    """The order of size of so many reviews; what has the same one is joined."""
    tier, size = 0, max(reviews, 1)
    while size >= _SMALLEST:
        size //= _TIER
        tier += 1
    return tier
