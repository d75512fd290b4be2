"""What people chose who chose the same things."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class LikeMinded:
    """Users by what they chose.

    Attributes:
        chosen: sparse [users, items], 1 where a user chose an item.
        by_item: the same, [items, users].
        lengths: [users], root of how many items each chose.
        shrinkage: added to what the cosine of two users is divided by.
    """

    chosen: Any
    by_item: Any
    lengths: Floats
    shrinkage: float

    @classmethod
    def of(cls, chosen: Any, shrinkage: float = 5.0) -> Self:
        """The users of a history, sparse [users, items]."""
        binary = sparse.csr_matrix(chosen, dtype=np.float32)
        binary.data[:] = 1
        lengths = np.sqrt(np.asarray(binary.sum(axis=1), dtype=np.float32).ravel())
        return cls(binary, sparse.csr_matrix(binary.T), lengths, shrinkage)

    def scores(self, history: Any) -> Floats:
        """How much like-minded people chose all items, [users, items].

        Somebody who stands in the history himself adds to his own items alone, which he has seen.

        Args:
            history: sparse [users, items].
        """
        binary = sparse.csr_matrix(history, dtype=np.float32, copy=True)
        binary.data[:] = 1
        together = (binary @ self.by_item).tocsr()
        sizes = np.sqrt(np.diff(binary.indptr)).astype(np.float32)
        rows = np.repeat(np.arange(together.shape[0]), np.diff(together.indptr))
        together.data /= sizes[rows] * self.lengths[together.indices] + self.shrinkage
        return np.asarray((together @ self.chosen).toarray(), dtype=np.float32)
