"""Sums grouped in memory: columns become ranks, so that one sort of whole numbers groups rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from guandian.io.optional_libraries import needs
from guandian.store.parts.part_files import COLUMNS, SUMS, Kind, schema

_MOST = 1 << 62
"""Keys that a whole number tells apart."""


@dataclass(frozen=True, slots=True)
class RankedSums:
    """Rows of sums.

    Attributes:
        ranks: of each row by column, in the order of the values; null is the last.
        values: what ranks stand for, by column.
        sums: a row each.
    """

    ranks: Mapping[str, Any]
    values: Mapping[str, Any]
    sums: Any

    @classmethod
    def of(cls, table: Any, names: Sequence[str], sums: Any) -> Self:
        """Those of a table, by these of its columns."""
        columns = {name: _ranked(table[name].combine_chunks()) for name in names}
        ranks = {name: ranks for name, (ranks, _) in columns.items()}
        return cls(ranks, {name: values for name, (_, values) in columns.items()}, sums)

    @classmethod
    def read(cls, table: Any) -> Self:
        """Those of a table with the columns of `SUMS`, by all others."""
        names = [name for name in table.column_names if name not in SUMS]
        return cls.of(table, names, np.stack([table[name].to_numpy() for name in SUMS], axis=1))

    def by(self, names: Sequence[str], following: Sequence[str] = ()) -> Self:
        """The sums by some columns, in their order.

        Args:
            names: the columns.
            following: others that are kept, the same wherever the first ones are.
        """
        keys = self._keys(names)
        order = np.argsort(keys)
        starts = np.flatnonzero(np.diff(keys[order], prepend=-1))
        ranks = {name: self.ranks[name][order[starts]] for name in (*names, *following)}
        return replace(self, ranks=ranks, sums=np.add.reduceat(self.sums[order], starts))

    def only(self, wanted: Any) -> Self:
        """Some of the rows."""
        ranks = {name: ranks[wanted] for name, ranks in self.ranks.items()}
        return replace(self, ranks=ranks, sums=self.sums[wanted])

    def months(self) -> Self:
        """The same with the first of its month for each day."""
        compute = needs("pyarrow.compute", "serve", "a store")
        days = self.values["day"]
        ranks, values = _ranked(compute.floor_temporal(days, unit="month").cast(days.type))
        of_rows = {**self.ranks, "day": ranks[self.ranks["day"]]}
        return replace(self, ranks=of_rows, values={**self.values, "day": values})

    def column(self, name: str) -> Any:
        """A column as Arrow array."""
        arrow = needs("pyarrow", "serve", "a store")
        return self.values[name].take(arrow.array(self.ranks[name]))

    def table(self, kind: Kind, **fixed: Any) -> Any:
        """A table of that kind; columns that are not ranked hold a fixed value, or null."""
        arrow = needs("pyarrow", "serve", "a store")
        form, number = schema(kind), len(self.sums)
        columns = dict(zip(SUMS, self.sums.T, strict=True))
        for name in COLUMNS[kind].keys() - columns.keys():
            if name in self.ranks:
                columns[name] = self.column(name)
            else:
                columns[name] = arrow.array([fixed.get(name)] * number, form.field(name).type)
        return arrow.table({name: columns[name] for name in form.names}, schema=form)

    def _keys(self, names: Sequence[str]) -> Any:
        """A whole number of each row, in the order of these columns."""
        keys, number = np.zeros(len(self.sums), np.int64), 1
        for name in names:
            size = len(self.values[name])
            if number * size > _MOST:
                there, keys = np.unique(keys, return_inverse=True)
                number = len(there)
            keys, number = keys * size + self.ranks[name], number * size
        return keys


def _ranked(column: Any) -> tuple[Any, Any]:
    """The ranks of a column, and what they stand for: its values in order, and null."""
    arrow = needs("pyarrow", "serve", "a store")
    compute = needs("pyarrow.compute", "serve", "a store")
    coded = column.dictionary_encode()
    order = compute.sort_indices(coded.dictionary).to_numpy()
    rank_of = np.empty(len(order) + 1, np.int64)
    rank_of[order], rank_of[-1] = np.arange(len(order)), len(order)
    ranks = rank_of[coded.indices.fill_null(-1).to_numpy()]
    values = arrow.concat_arrays([coded.dictionary.take(order), arrow.nulls(1, column.type)])
    return ranks, values
