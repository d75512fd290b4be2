"""Sums that change by some reviews: what they differ by, and parts of sums with that added.

Sums are over reviews, so the sums of the reviews that change tell what all others need not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from guandian.io.optional_libraries import needs
from guandian.store.duck import Duck
from guandian.store.parts.part_files import COLUMNS, MANY_ROWS, MONTHS, SUMS, Kind, schema
from guandian.store.parts.ranked_sums import RankedSums

_SAID = {"category": 1, "aspect": 2}
"""By what a level counts, as its bits."""
_ORDER = ("product", "brand", "day", *_SAID, "source", "language", "view")
"""Of the rows of a level."""


def sums_of(opinions: Any) -> Any:
    """The sums of tallies of a table of opinions, level by level."""
    arrow = needs("pyarrow", "serve", "a store")
    spoken, levels = _spoken(opinions), []
    named = spoken.column("aspect").is_valid().to_numpy(zero_copy_only=False)
    for level in range(4):
        said = [name for name in _SAID if level & _SAID[name]]
        counted = spoken.only(named) if "aspect" in said else spoken
        keys = [name for name in _ORDER if name in said or name not in _SAID]
        reviews = counted.by(["row", "view", *said], following=keys)
        sums = replace(reviews, sums=_tallies(*reviews.sums.T)).by(keys)
        levels.append(sums.table("sums", level=level))
    return arrow.concat_tables(levels)


def _spoken(opinions: Any) -> RankedSums:
    """Opinions that count, each as positive ones, negative ones and all of them."""
    row, first, again = (
        opinions[name].to_numpy(zero_copy_only=False) for name in ("row", "first", "again")
    )
    alike = ~np.isin(row, row[first != again])
    places = [np.flatnonzero(first), np.flatnonzero(again & ~alike)]
    views = [np.where(alike[places[0]], 0, 1), np.full(len(places[1]), 2)]
    counted = opinions.take(np.concatenate(places))
    counted = counted.append_column("view", [np.concatenate(views)])
    polarity = counted["polarity"].to_numpy()
    numbers = np.stack([polarity > 0, polarity < 0, np.ones_like(polarity)], axis=1)
    return RankedSums.of(counted, ["row", *_ORDER], numbers.astype(np.int64))


def _tallies(p: Any, q: Any, n: Any) -> Any:
    """The sums of a tally, from a review's positive and negative opinions and all of them."""
    whole = np.ones_like(n), p > 0, q > 0
    return np.stack([*whole, p, q, n, p * p, p * q, p * n, q * q, q * n, n * n], axis=1)


def sums_between(before: Any, after: Any) -> Any:
    """What the sums of some reviews' opinions differ by, with the columns of sums."""
    arrow = needs("pyarrow", "serve", "a store")
    return arrow.concat_tables([_times(sums_of(before), -1), _times(sums_of(after), 1)])


def _times(table: Any, sign: int) -> Any:
    """Sums times 1 or -1."""
    compute = needs("pyarrow.compute", "serve", "a store")
    for name in SUMS:
        index = table.schema.get_field_index(name)
        times = compute.multiply(table[name], sign)
        table = table.set_column(index, table.schema.field(name), times)
    return table


def summed(kind: Kind, sums: RankedSums, order: Sequence[str] = ()) -> RankedSums:
    """Sums by the columns of one kind of them; what adds up to nothing is left out.

    Args:
        kind: of the sums.
        sums: with the columns of `sums`.
        order: of the columns, as far as it is not that of the kind.
    """
    keys = [name for name in COLUMNS[kind] if name not in SUMS]
    if "product" not in keys:  # `view` 2 is what counts for a product alone
        sums = sums.only(sums.column("view").to_numpy() != 2)
        keys.remove("view")
    if kind in MONTHS:
        sums = sums.months()
    its = sums.by([*order, *(name for name in keys if name not in order)])
    return its.only(its.sums.any(axis=1))


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
