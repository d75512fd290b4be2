"""The opinions of a window of time, by cell and by block of reviews."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int64]
Floats = NDArray[np.float64]

BLOCKS = 512
"""Blocks of both windows together: enough to draw from, few enough to multiply with."""


class OpinionCell(NamedTuple):
    """Where an opinion stands; a word that is unknown or unsaid is the empty string."""

    category: str
    aspect: str
    product: str
    source: str


@dataclass(frozen=True, slots=True, eq=False)
class WindowCounts:
    """Opinions of one window, as rows of (block of reviews, cell).

    A block is a part of the window's reviews by lot, all blocks of both windows about equally
    large; where reviews are few each is a block of its own. Opinions of one review hang together,
    those of two blocks do not: blocks are what is drawn and what variances are over.

    Attributes:
        block: of each row `[m]`, from 0 to below `blocks`.
        cell: of each row `[m]`, an index into the list of cells that both windows share.
        counts: positive, neutral and negative opinions of each row `[m, 3]`.
        blocks: how many blocks there are.
    """

    block: Whole
    cell: Whole
    counts: Floats
    blocks: int

    def __post_init__(self) -> None:
        """Refuse rows that do not fit.

        Raises:
            ValueError: lengths differ, or a block, a cell or a count cannot be.
        """
        rows = len(self.block)
        whole = self.cell.shape == (rows,) and self.counts.shape == (rows, 3)
        if not whole or (rows and not _within(self)):
            raise ValueError(
                f"no rows of blocks and cells: {self.block.shape}, {self.cell.shape}, "
                f"{self.counts.shape}, {self.blocks} blocks"
            )

    @classmethod
    def of(cls, rows: Sequence[tuple[int, int, int, int, int]], blocks: int) -> Self:
        """Take rows of block, cell, positive, neutral and negative opinions."""
        table = np.array(rows, dtype=np.int64).reshape(-1, 5)
        return cls(table[:, 0], table[:, 1], table[:, 2:].astype(np.float64), blocks)

    def weighted(self, factors: Floats) -> Self:
        """The same with counts of each polarity times `[3]`, or those of each cell `[c, 3]`."""
        by_row = factors if factors.ndim == 1 else factors[self.cell]
        return type(self)(self.block, self.cell, self.counts * by_row, self.blocks)

    @property
    def totals(self) -> Floats:
        """Positive, neutral and negative opinions `[3]`."""
        return np.asarray(self.counts.sum(0), dtype=np.float64)


def block_numbers(before: int, after: int, most: int = BLOCKS) -> tuple[int, int]:
    """The number of blocks of each window, so that their blocks hold about equally many reviews.

    Args:
        before: reviews with an opinion in the earlier window.
        after: those in the later one.
        most: blocks of both together.
    """
    reviews = before + after
    if reviews <= most:
        return before, after
    earlier = min(max(round(most * before / reviews), min(before, 1)), most - min(after, 1))
    return earlier, most - earlier


def _within(window: WindowCounts) -> bool:
    """Tell whether every block, cell and count can be."""
    least = min(int(window.block.min()), int(window.cell.min()), float(window.counts.min()))
    return least >= 0 and int(window.block.max()) < window.blocks
