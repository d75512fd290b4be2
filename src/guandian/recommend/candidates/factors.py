"""Users and items as short vectors whose product says how well they go together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Factors:
    """Vectors of items, learnt by alternating least squares; users are solved for when asked.

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
        known = self.items.astype(np.float64)
        gram = known.T @ known + self.regularisation * np.eye(width)
        vectors = np.zeros((history.shape[0], width))
        for row in range(history.shape[0]):
            low, high = history.indptr[row : row + 2]
            if low == high:
                continue
            rows = known[history.indices[low:high]]
            weights = self.alpha * history.data[low:high].astype(np.float64)
            # implicit takes alpha * value for the whole confidence of an action
            left = gram + (rows * (weights - 1)[:, None]).T @ rows
            vectors[row] = np.linalg.solve(left, weights @ rows)
        return vectors.astype(np.float32)

    def scores(self, history: Any) -> Floats:
        """How well all items suit users, [users, items]; arguments as `users`."""
        return np.asarray(self.users(history) @ self.items.T, dtype=np.float32)
