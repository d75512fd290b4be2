"""A bounded memory of rows learned before, an even sample of all that has passed."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor
from typing import Generic, TypeVar

import numpy as np

Row = TypeVar("Row")


class Reservoir(Generic[Row]):
    """Keeps a share of the rows that pass by, each as likely as any other.

    Of each domain algorithm R of Vitter 1985 (doi:10.1145/3147.3165) keeps `share` of its rows;
    where that makes more than `most` in all, rows drawn from everything kept have to go, so that
    each row of every domain stays with the same probability.

    Args:
        share: of a domain's rows that are kept, rounded down, from 0 to 1.
        most: rows kept in all; None = no bound but the share.
        seed: of the draws.
    """

    def __init__(self, share: float, most: int | None = None, seed: int = 1) -> None:
        self._share, self._most = share, most
        self._draw = np.random.default_rng((seed, 20))
        self._kept: list[Row] = []
        self.passed = 0

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows that are kept."""
        return tuple(self._kept)

    def pass_by(self, rows: Sequence[Row]) -> None:
        """Let the rows of one domain pass, and keep some."""
        size = floor(self._share * len(rows))
        drawn: list[Row] = []
        for number, row in enumerate(rows):
            if len(drawn) < size:
                drawn.append(row)
            elif (position := int(self._draw.integers(number + 1))) < size:
                drawn[position] = row
        self.passed += len(rows)
        self._kept += drawn
        if self._most is not None and len(self._kept) > self._most:
            chosen = self._draw.choice(len(self._kept), self._most, replace=False)
            self._kept = [self._kept[position] for position in sorted(chosen.tolist())]


def sights(remembered: int, new: int, share: float) -> int:
    """How often each row kept is seen in an epoch, so that such rows are `share` of what is seen.

    Args:
        remembered: rows of the memory, at least one.
        new: sights of new rows in an epoch.
        share: above 0, below 1.
    """
    return max(1, round(share / (1 - share) * new / remembered))
