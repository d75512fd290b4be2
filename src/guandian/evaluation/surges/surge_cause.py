"""A slice that explains a surge, and what its being special costs."""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import Literal

PLAINER = 1.0
"""What a slice must add to its score, times the square of how many dimensions it holds fixed."""

SurgeKind = Literal["rate", "volume"]


@dataclass(frozen=True, slots=True)
class SurgeCause:
    """A slice that explains a surge.

    Attributes:
        kind: `rate`: a review complains more often; `volume`: more is written.
        fixed: names of dimensions with the value that the slice holds fixed.
        observed: complaints (reviews, of a volume) in the later window.
        expected: as many as there would be had the slice moved as the rest did.
        score: how surely it did not; comparable between slices of a kind.
    """

    kind: SurgeKind
    fixed: tuple[tuple[str, str], ...]
    observed: float
    expected: float
    score: float

    @property
    def excess(self) -> float:
        """What came beyond what was expected."""
        return self.observed - self.expected


def price(slices: int, depth: int) -> float:
    """What is taken off the score of one of so many slices that hold so much fixed."""
    return 2 * log(max(slices, 1)) + PLAINER * depth**2
