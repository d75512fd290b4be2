"""Opinions counted by block of reviews and by cell, in arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from guandian.evaluation.changes.counted import OpinionCell, Whole, WindowCounts


class CodedWords(NamedTuple):
    """A column of words: the different ones, and which one each row has `[m]`."""

    words: Sequence[str]
    indices: NDArray[np.integer[Any]]


class DrawnReviews(NamedTuple):
    """The review of each opinion `[m]`, and a number by lot that the review has `[m]`."""

    rows: Whole
    lots: NDArray[np.uint64]


def blocked_cells(
    columns: Sequence[CodedWords], reviews: DrawnReviews, polarity: Whole, blocks: int
) -> tuple[list[OpinionCell], WindowCounts]:
    """The cells of opinions, sorted, and the opinions counted by block and cell.

    Args:
        columns: category, aspect, product and source of each opinion.
        reviews: that they stand in; they fall into blocks evenly, in the order of their lots.
        polarity: 1, 0 or -1 `[m]`.
        blocks: how many there are.
    """
    code, listed = np.zeros(len(polarity), np.int64), list[list[str]]()
    for column in columns:
        words, digits = _sorted_words(column)
        listed.append(words)
        code = code * max(1, len(words)) + digits
    codes, cell = np.unique(code, return_inverse=True)
    cells = _cells_of(codes, listed)
    number = max(1, len(cells))
    block = _places(reviews) % blocks
    keys, row = np.unique(block * number + cell, return_inverse=True)
    side = 1 - polarity.astype(np.int64)  # positive, neutral, negative
    counts = np.bincount(3 * row + side, minlength=3 * len(keys)).astype(np.float64)
    of_block, of_cell = np.divmod(keys, number)
    return cells, WindowCounts(of_block, of_cell, counts.reshape(-1, 3), blocks)


def _sorted_words(column: CodedWords) -> tuple[list[str], Whole]:
    """The words sorted, and the place of each row's word among them."""
    words = column.words
    order = sorted(range(len(words)), key=words.__getitem__)
    rank = np.empty(len(words), np.int64)
    rank[order] = np.arange(len(words))
    return [words[index] for index in order], rank[column.indices]


def _places(reviews: DrawnReviews) -> Whole:
    """The place of each opinion's review among the reviews, by lot and then by row."""
    order = np.lexsort((reviews.rows, reviews.lots))
    differs = np.diff(reviews.rows[order]) != 0
    places = np.empty(len(order), np.int64)
    places[order] = np.concatenate([[0], np.cumsum(differs)])[: len(order)]
    return places


def _cells_of(codes: Whole, columns: Sequence[Sequence[str]]) -> list[OpinionCell]:
    """The words of codes, of which the last column is the lowest digit."""
    words = list[list[str]]()
    for names in reversed(columns):
        codes, digits = np.divmod(codes, max(1, len(names)))
        words.append([names[digit] for digit in digits.tolist()])
    return list(map(OpinionCell._make, zip(*reversed(words), strict=True)))
