"""Items as vectors of their texts that behaviour has taught: what the same people like is near."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
_ABOVE = np.float32(1.001)
"""Added to cosines: what points the other way is a candidate too, what has no text is none."""


@dataclass(frozen=True, eq=False)
class TextTower:
    """The vectors of items; a user is the mean of what he chose, so nobody needs a training.

    Attributes:
        items: [items, width], unit rows; a row of zeros where an item has no text.
    """

    items: Floats

    @cached_property
    def _told(self) -> NDArray[np.bool_]:
        return np.asarray(self.items.any(1))

    def scores(self, history: Any) -> Floats:
        """How near all items lie to what users chose, [users, items]; 0 where nothing is known.

        Args:
            history: sparse [users, items], weights of what they did.
        """
        people = np.asarray(history @ self.items, dtype=np.float32)
        lengths = np.linalg.norm(people, axis=1, keepdims=True)
        near = (people / np.maximum(lengths, 1e-9)) @ self.items.T + _ABOVE
        known = (lengths > 0) & self._told
        return np.asarray(np.where(known, near, 0), dtype=np.float32)
