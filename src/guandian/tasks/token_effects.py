"""Effects of the tokens of a text on values of a model, as whoever reads its network gives them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from guandian.tasks.decode import Candidate

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class TokenEffects:
    """What each token adds to each of T values.

    The values are P(positive) - P(negative) of the whole text, then for each opinion the
    probability of its polarity at its place and its confidence.

    Attributes:
        values, bases: [T], of the text and of the text with every token hidden.
        by_token: [tokens, T].
        gap: the most by which effects miss a value less its base.
        passes: readings of the text that it took.
    """

    values: Floats
    bases: Floats
    by_token: Floats
    gap: float
    passes: int


class TokenExplainer(Protocol):
    """Gives the effects of the tokens of one text."""

    def __call__(self, ids: NDArray[np.int64], opinions: Sequence[Candidate]) -> TokenEffects:
        """Of ids [N], special tokens at both ends, and opinions over tokens counted from 1."""
