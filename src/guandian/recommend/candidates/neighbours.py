"""Items that lie near each other: bought by the same people, described or judged alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Floats = NDArray[np.float32]
_ROWS = 1024
"""Items whose likeness to all is held at once."""


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """The nearest items of each item.

    Attributes:
        likeness: sparse [items, items]; an item is not its own neighbour.
    """

    likeness: Any

    @classmethod
    def by_users(cls, history: Any, most: int = 100, shrinkage: float = 10.0) -> Self:
        """Items that the same users chose: cosine, shrunk where few users stand behind it.

        Args:
            history: sparse [users, items], above nought where a user chose an item.
            most: neighbours of an item.
            shrinkage: added to what the cosine is divided by.
        """
        binary = sparse.csr_matrix(history, dtype=np.float32)
        binary.data[:] = 1
        lengths = np.sqrt(np.asarray(binary.sum(axis=0)).ravel())
        by_item = sparse.csr_matrix(binary.T)

        def block(start: int) -> Any:
            together = (by_item[start : start + _ROWS] @ binary).tocoo()
            rows, columns = together.row, together.col
            divisor = lengths[rows + start] * lengths[columns] + shrinkage
            return sparse.csr_matrix((together.data / divisor, (rows, columns)), together.shape)

        return cls(_nearest(block, binary.shape[1], most))

    @classmethod
    def by_rows(cls, rows: Any, most: int = 50, least: float = 0.05) -> Self:
        """Items whose vectors point the same way.

        Args:
            rows: [items, features], sparse or dense, unit vectors or shorter ones.
            most: neighbours of an item.
            least: the cosine below which items are no neighbours.
        """
        matrix = sparse.csr_matrix(rows) if sparse.issparse(rows) else np.asarray(rows)

        def block(start: int) -> Any:
            likeness = matrix[start : start + _ROWS] @ matrix.T
            if not sparse.issparse(likeness):
                likeness = np.where(likeness < least, 0, likeness)
            return sparse.csr_matrix(likeness)

        return cls(_nearest(block, matrix.shape[0], most, least))

    def scores(self, history: Any) -> Floats:
        """How near all items lie to what users chose, [users, items].

        Args:
            history: sparse [users, items].
        """
        return np.asarray((history @ self.likeness).toarray(), dtype=np.float32)


def _nearest(block: Any, items: int, most: int, least: float = 0.0) -> Any:
    """The largest entries of each row, without the diagonal."""
    data, columns, sizes = [], [], [0]
    for start in range(0, items, _ROWS):
        part = block(start)
        for row in range(part.shape[0]):
            low, high = part.indptr[row : row + 2]
            near, values = part.indices[low:high], part.data[low:high]
            which = (near != start + row) & (values > least)
            near, values = near[which], values[which]
            if len(values) > most:
                top = np.argpartition(-values, most)[:most]
                near, values = near[top], values[top]
            order = np.argsort(near)
            columns.append(near[order])
            data.append(values[order])
            sizes.append(len(values))
    matrix = sparse.csr_matrix(
        (
            np.concatenate(data).astype(np.float32),
            np.concatenate(columns).astype(np.int32),
            np.cumsum(sizes),
        ),
        shape=(items, items),
    )
    matrix.has_sorted_indices = True
    return matrix
