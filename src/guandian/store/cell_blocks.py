"""Opinions by block of reviews and by cell, from columns of Arrow to arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from guandian.evaluation.changes import OpinionCell, WindowCounts

_SIDES = ("positive", "neutral", "negative")


def blocked_cells(table: Any, blocks: int) -> tuple[list[OpinionCell], WindowCounts]:
    """The cells of a table of `queries/blocks.sql`, sorted, and its rows as arrays.

    Args:
        table: Arrow table, a row for each block and cell.
        blocks: how many there are.
    """
    code, columns = np.zeros(len(table), np.int64), list[list[str]]()
    for name in OpinionCell._fields:
        coded = table[name].combine_chunks().dictionary_encode()
        columns.append(coded.dictionary.to_pylist())
        code = code * max(1, len(columns[-1])) + coded.indices.to_numpy().astype(np.int64)
    codes, number = np.unique(code, return_inverse=True)
    cells = _cells_of(codes, columns)
    order = sorted(range(len(cells)), key=cells.__getitem__)
    rank = np.empty(len(cells), np.int64)
    rank[order] = np.arange(len(cells))
    block, cell = table["block"].to_numpy(), rank[number]
    counts = np.stack([table[name].to_numpy() for name in _SIDES], 1).astype(np.float64)
    rows = np.lexsort((cell, block))  # always the same: sums of weighted counts follow the order
    window = WindowCounts(block[rows], cell[rows], counts[rows], blocks)
    return [cells[index] for index in order], window


def _cells_of(codes: Any, columns: Sequence[Sequence[str]]) -> list[OpinionCell]:
    """The words of codes, of which the last column is the lowest digit."""
    words = list[list[str]]()
    for names in reversed(columns):
        codes, digits = np.divmod(codes, max(1, len(names)))
        words.append([names[digit] for digit in digits.tolist()])
    return [OpinionCell(*row) for row in zip(*reversed(words), strict=True)]
