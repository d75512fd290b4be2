"""Groups of cells that a cause may be told of: everything, a product, an aspect of a source, ..."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guandian.evaluation.changes.counted import Floats, OpinionCell, Whole

LEVELS: tuple[tuple[str, ...], ...] = (
    (),
    ("product",), ("source",), ("category",), ("category", "aspect"),
    ("product", "source"), ("category", "product"), ("category", "source"),
    ("category", "aspect", "product"), ("category", "aspect", "source"),
    ("category", "product", "source"), ("category", "aspect", "product", "source"),
)  # fmt: skip
"""What is held fixed, from the plainest on: of groups with the same cells the first is told."""
LEAST_BLOCKS = 10
"""Reviews (blocks) that speak of a group in both windows together, at least."""
MOST_GROUPS = 4000
"""Groups looked at; where there are more, those that the most reviews speak of."""


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Sets of cells with a name.

    Attributes:
        names: what each group holds fixed; None where it takes every value.
        depth: how many of aspect (or category), product and source each holds fixed `[g]`.
        level: of each, an index into `LEVELS`, `[g]`.
        of_cell: the group of each cell at each level `[levels, c]`; -1 where it is none.
    """

    names: tuple[tuple[str | None, str | None, str | None, str | None], ...]
    depth: Whole
    level: Whole
    of_cell: Whole

    def holds(self, group: int) -> NDArray[np.bool_]:
        """The cells of a group `[c]`."""
        return np.asarray(self.of_cell[self.level[group]] == group)

    def lost(self, gone: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """The groups that hold any of the cells `[c]` that are gone, `[g]`."""
        numbers = np.unique(self.of_cell[:, gone])
        broken = np.zeros(len(self.names), dtype=bool)
        broken[numbers[numbers >= 0]] = True
        return broken

    def sums(self, block: Whole, cell: Whole, amounts: Floats, blocks: int) -> Floats:
        """Amounts of rows `[m]` added up by block and group, `[blocks, g]`."""
        added = np.zeros((blocks, len(self.names)))
        ends = np.searchsorted(self.level, np.arange(len(LEVELS) + 1))
        for groups, first, end in zip(self.of_cell, ends, ends[1:], strict=False):
            own = groups[cell] - first
            inside = own >= 0
            places, width = block[inside] * (end - first) + own[inside], int(end - first)
            sums = np.bincount(places, amounts[inside], blocks * width)
            added[:, first:end] = sums.reshape(blocks, width)
        return added


def groups_of(cells: Sequence[OpinionCell], block: Whole, cell: Whole) -> Groups:
    """The groups that enough blocks speak of, each set of cells once; none is of what is unsaid.

    Args:
        cells: all cells.
        block: of each row `[m]`, blocks of both windows numbered through.
        cell: of each row `[m]`, an index into `cells`; a cell without a row is in no group.
    """
    blocks = int(block.max()) + 1
    seen = np.zeros(len(cells), dtype=bool)
    seen[cell] = True
    marks = np.random.default_rng(0).integers(1, 2**62, len(cells), dtype=np.int64)
    marks[~seen] = 0
    names: list[tuple[str | None, ...]] = []
    known: set[int] = set()
    levels, support = [], []
    of_cell = np.full((len(LEVELS), len(cells)), -1, dtype=np.int64)
    for index, fixed in enumerate(LEVELS):
        keys: dict[tuple[str | None, ...], int] = {}
        columns = [name in fixed for name in OpinionCell._fields]
        own = np.array(
            [
                keys.setdefault(
                    tuple(word if held else None for word, held in zip(c, columns, strict=True)),
                    len(keys),
                )
                for c in cells
            ],
            dtype=np.int64,
        )
        marked = np.zeros(len(keys), dtype=np.int64)
        np.add.at(marked, own, marks)
        speaks = np.zeros((blocks, len(keys)), dtype=bool)
        speaks[block, own[cell]] = True
        spoken = speaks.sum(0)
        numbers = np.full(len(keys), -1, dtype=np.int64)
        for group, name in enumerate(keys):
            sure = spoken[group] >= LEAST_BLOCKS and "" not in name
            if sure and int(marked[group]) not in known:
                known.add(int(marked[group]))
                numbers[group] = len(names)
                names.append(name)
                levels.append(index)
                support.append(int(spoken[group]))
        of_cell[index] = np.where(seen, numbers[own], -1)
    return _largest(names, np.array(levels, dtype=np.int64), np.array(support), of_cell)


def _largest(
    names: list[tuple[str | None, ...]], level: Whole, support: Whole, of_cell: Whole
) -> Groups:
    """Leave out the groups that the fewest speak of, where there are too many."""
    largest = np.sort(np.argsort(-support, kind="stable")[:MOST_GROUPS])
    numbers = np.full(len(names) + 1, -1, dtype=np.int64)
    numbers[largest] = np.arange(len(largest))
    fixed = [tuple(names[index]) for index in largest]
    depth = [
        sum(word is not None for word in (name[0], *name[2:])) for name in fixed
    ]  # an aspect fixes its category
    return Groups(
        tuple((name[0], name[1], name[2], name[3]) for name in fixed),
        np.array(depth, dtype=np.int64),
        level[largest],
        numbers[of_cell],
    )
