"""The opinions of two windows by block of reviews and cell, as their comparison reads them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from guandian.evaluation.changes import (
    DayWindow,
    OpinionCell,
    WindowCounts,
    WindowPair,
    block_numbers,
)
from guandian.evaluation.intervals.clustered import Tally
from guandian.store.selection import Selection
from guandian.store.view import View

Blocks = tuple[list[OpinionCell], WindowCounts, WindowCounts]


def within(selection: Selection, window: DayWindow) -> Selection:
    """The part of a selection that lies in a window of time."""
    return replace(selection, since=window.since, until=window.until)


def blocks_of(view: View, selection: Selection, windows: WindowPair) -> Blocks:
    """The cells of both windows, and the opinions of each.

    Args:
        view: of the parts.
        selection: of the opinions; its own days do not count.
        windows: that do not overlap.
    """
    of_product = selection.of_products
    earlier, later = (
        view.tallies(within(selection, window), of_product=of_product).get(None, Tally()).reviews
        for window in (windows.before, windows.after)
    )
    numbers = block_numbers(earlier, later)
    span = DayWindow(windows.before.since, windows.after.until)
    where, values = view.conditions(within(selection, span), of_product=of_product)
    values |= {
        "earlier": windows.before.until,
        "later": windows.after.since,
        "blocks_before": max(numbers[0], 1),
        "blocks_after": max(numbers[1], 1),
    }
    words = {"where": where, "source": view.opinions}
    table = view.table("blocks", values, words, **view.matching(selection))
    cells, cell = _cells(table)
    counts = np.stack([table[name].to_numpy() for name in ("positive", "neutral", "negative")], 1)
    block, side = table["block"].to_numpy(), table["later"].to_numpy()
    before, after = (
        WindowCounts(block[side == which], cell[side == which], counts[side == which], number)
        for which, number in enumerate(numbers)
    )
    return cells, before, after


def _cells(table: Any) -> tuple[list[OpinionCell], np.ndarray[Any, np.dtype[np.int64]]]:
    """The cells of a table, and that of each row `[m]`."""
    known: list[list[str]] = []
    columns = []
    for name in OpinionCell._fields:
        column = table[name].combine_chunks().dictionary_encode()
        known.append(column.dictionary.to_pylist())
        columns.append(column.indices.to_numpy().astype(np.int64))
    if not len(table):
        return [], np.zeros(0, dtype=np.int64)
    shape = tuple(len(words) for words in known)
    codes = np.ravel_multi_index(tuple(columns), shape)
    distinct, cell = np.unique(codes, return_inverse=True)
    places = zip(*(axis.tolist() for axis in np.unravel_index(distinct, shape)), strict=True)
    cells = [OpinionCell(*(known[k][at] for k, at in enumerate(where))) for where in places]
    return cells, cell.astype(np.int64)
