"""Sums that change by some reviews: what they differ by, and parts of sums with that added.

Sums are over reviews, so the sums of the reviews that change tell what all others need not.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from guandian.io.optional_libraries import needs
from guandian.store.duck import Duck
from guandian.store.parts.part_files import MANY_ROWS, SUMS, Kind, schema


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


def sums_between(duck: Duck, before: Any, after: Any) -> Any:
    """What the sums of some reviews' opinions differ by, with the columns of sums."""
    arrow = needs("pyarrow", "serve", "a store")
    return arrow.concat_tables([_times(sums_of(duck, before), -1), _times(sums_of(duck, after), 1)])


def _times(table: Any, sign: int) -> Any:
    """Sums times 1 or -1."""
    compute = needs("pyarrow.compute", "serve", "a store")
    for name in SUMS:
        index = table.schema.get_field_index(name)
        times = compute.multiply(table[name], sign)
        table = table.set_column(index, table.schema.field(name), times)
    return table


def summed(duck: Duck, kind: Kind, columns: str, differences: Any, condition: str = "true") -> Any:
    """Differences by the columns of one kind of sums; those that are nothing are left out.

    Args:
        duck: what computes.
        kind: of the sums.
        columns: SQL of fixed words for the columns of the kind that are no sums.
        differences: a table with the columns of `sums`.
        condition: SQL of fixed words, which of them count.
    """
    words = {
        "columns": columns,
        "source": f"select * from differences where {condition}",  # noqa: S608
        "order": "all",
    }
    table = duck.table("totals", {}, words, {"differences": differences}).cast(schema(kind))
    differs = np.zeros(len(table), bool)
    for name in SUMS:
        differs |= table[name].to_numpy() != 0
    return table.filter(differs)


def with_differences(duck: Duck, kind: Kind, path: Path, differences: Any) -> Iterator[Any]:
    """The rows of a part of sums with differences added, batch by batch.

    Args:
        duck: what computes.
        kind: of the part.
        path: of the part, of which each key stands once.
        differences: as `summed` gives them for this kind.

    Raises:
        FileNotFoundError: the part is not there.
    """
    arrow = needs("pyarrow", "serve", "a store")
    parquet = needs("pyarrow.parquet", "serve", "a store")
    left = np.ones(len(differences), bool)
    with parquet.ParquetFile(path) as file:
        for batch in file.iter_batches(MANY_ROWS, use_threads=False):
            rows = arrow.Table.from_batches([batch]).cast(schema(kind))
            at, change = _placed(duck, kind, rows, differences)
            left[change] = False
            yield from _added(rows, at, differences.take(change)).to_batches()
    yield from differences.filter(left).to_batches()


def _placed(duck: Duck, kind: Kind, rows: Any, differences: Any) -> tuple[Any, Any]:
    """Places of rows, and those of the differences with the same key."""
    compute = needs("pyarrow.compute", "serve", "a store")
    keys = [name for name in schema(kind).names if name not in SUMS]
    words = {"same": " and ".join(f"standing.{k} is not distinct from changed.{k}" for k in keys)}
    # Few of the rows have a day or product of the differences, and only they need to be compared.
    rough = "day" if "day" in keys else "product"
    values = differences[rough].combine_chunks()
    near = np.flatnonzero(compute.is_in(rows[rough], value_set=values).to_numpy())
    standing = rows.select(keys).take(near)
    tables = {"standing": _numbered(standing, near), "changed": _all_numbered(differences, keys)}
    pairs = duck.table("placed", {}, words, tables)
    return pairs["place"].to_numpy(), pairs["change"].to_numpy()


def _all_numbered(table: Any, keys: list[str]) -> Any:
    return _numbered(table.select(keys), np.arange(len(table)))


def _numbered(table: Any, places: Any) -> Any:
    arrow = needs("pyarrow", "serve", "a store")
    return table.append_column("place", arrow.array(places))


def _added(rows: Any, at: Any, differences: Any) -> Any:
    """Rows with differences added at these places; those without an opinion go."""
    arrow = needs("pyarrow", "serve", "a store")
    if not len(at):
        return rows
    for name in SUMS:
        sums = np.array(rows[name].to_numpy())
        sums[at] += differences[name].to_numpy()
        field = rows.schema.field(name)
        rows = rows.set_column(rows.schema.get_field_index(name), field, arrow.array(sums))
    return rows.filter(rows["opinions"].to_numpy() != 0)
