"""Users and items as short vectors whose product says how well they go together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Factors:
    """Vectors of items, by alternating least squares or BPR; users are solved for when asked.

    A user's vector follows from what he did and the items alone, so that somebody new, and what
    somebody did since, needs no training.

    Attributes:
        items: [items, width].
        alpha: how much more an action weighs than none.
        regularisation: of the solution.
    """

    items: Floats
    alpha: float
    regularisation: float

    def users(self, history: Any) -> Floats:
        """The vectors of users, [users, width].

        Args:
            history: sparse [users, items], weights of what they did.
        """
        width = self.items.shape[1]
        left = np.tile(self._gram, (history.shape[0], 1, 1))
        right = np.zeros((history.shape[0], width))
        for row in range(history.shape[0]):
            low, high = history.indptr[row : row + 2]
            rows = self.items[history.indices[low:high]].astype(np.float64)
            weights = self.alpha * history.data[low:high].astype(np.float64)
            # implicit takes alpha * value for the whole confidence of an action
            left[row] += (rows * (weights - 1)[:, None]).T @ rows
            right[row] = weights @ rows
        return np.linalg.solve(left, right[:, :, None])[:, :, 0].astype(np.float32)

    @cached_property
    def _gram(self) -> NDArray[np.float64]:
        known = self.items.astype(np.float64)
        return np.asarray(known.T @ known + self.regularisation * np.eye(known.shape[1]))

    def scores(self, history: Any) -> Floats:
        """How well all items suit users, [users, items]; arguments as `users`."""
        return np.asarray(self.users(history) @ self.items.T, dtype=np.float32)
