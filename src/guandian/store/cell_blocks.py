"""Opinions by block of reviews and by cell, from columns of Arrow to arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from guandian.evaluation.changes import OpinionCell, WindowCounts


def blocked_cells(table: Any, blocks: int) -> tuple[list[OpinionCell], WindowCounts]:
    """The cells of a table of `queries/blocks.sql`, sorted, and its opinions counted by them.

    Args:
        table: Arrow table, a row for each opinion.
        blocks: how many there are; the reviews fall into them in the order of their lots.
    """
    code, columns = np.zeros(len(table), np.int64), list[list[str]]()
    for name in OpinionCell._fields:
        words, digits = _sorted_words(table[name])
        columns.append(words)
        code = code * max(1, len(words)) + digits
    codes, cell = np.unique(code, return_inverse=True)
    cells = _cells_of(codes, columns)
    block = _places(table["lot"].to_numpy(), table["row"].to_numpy()) % blocks
    keys, row = np.unique(block * max(1, len(cells)) + cell, return_inverse=True)
    side = 1 - table["polarity"].to_numpy().astype(np.int64)  # positive, neutral, negative
    counts = np.bincount(3 * row + side, minlength=3 * len(keys)).astype(np.float64)
    of_block, of_cell = np.divmod(keys, max(1, len(cells)))
    window = WindowCounts(of_block, of_cell, counts.reshape(-1, 3), blocks)
    return cells, window


def _sorted_words(column: Any) -> tuple[list[str], Any]:
    """The different words of a column, sorted, and the place of each row's word among them."""
    coded = column.combine_chunks().dictionary_encode()
    words = coded.dictionary.to_pylist()
    order = sorted(range(len(words)), key=words.__getitem__)
    rank = np.empty(len(words), np.int64)
    rank[order] = np.arange(len(words))
    return [words[index] for index in order], rank[coded.indices.to_numpy()]


def _places(lots: Any, rows: Any) -> Any:
    """The place of each opinion's review among the reviews, by lot and then by row."""
    order = np.lexsort((rows, lots))
    differs = np.diff(rows[order]) != 0
    places = np.empty(len(rows), np.int64)
    places[order] = np.concatenate([[0], np.cumsum(differs)])[: len(rows)]
    return places


def _cells_of(codes: Any, columns: Sequence[Sequence[str]]) -> list[OpinionCell]:
    """The words of codes, of which the last column is the lowest digit."""
    words = list[list[str]]()
    for names in reversed(columns):
        codes, digits = np.divmod(codes, max(1, len(names)))
        words.append([names[digit] for digit in digits.tolist()])
    return list(map(OpinionCell._make, zip(*reversed(words), strict=True)))
