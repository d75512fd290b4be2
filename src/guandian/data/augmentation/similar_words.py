"""Words with similar vectors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from guandian.data.augmentation.changeable import is_han, words
from guandian.domain import Labelled
from guandian.text.vector_files import read_word_vectors

_NEAREST = 5
_LEAST = 0.5  # cosine; below it words only share a topic
_MOST_WORDS = 20_000


class Vectors:
    """The vectors of some words.

    Args:
        names: the words, lower case.
        matrix: float32 [words, size].
    """

    def __init__(self, names: Sequence[str], matrix: NDArray[np.float32]) -> None:
        self._names = names
        self._rows = {name: row for row, name in enumerate(names)}
        norms = np.linalg.norm(matrix, axis=1, keepdims=True)
        self._unit = matrix / np.maximum(norms, np.finfo(np.float32).tiny)
        self._found: dict[str, tuple[str, ...]] = {}

    def nearest(self, word: str) -> tuple[str, ...]:
        """At most five other words, the nearest by cosine (0.5 at least); none of an unknown."""
        row = self._rows.get(word)
        if row is None:
            return ()
        if word not in self._found:
            cosines = self._unit @ self._unit[row]
            best = np.argsort(-cosines, kind="stable")[: _NEAREST + 1]
            near = [int(other) for other in best if other != row and cosines[other] >= _LEAST]
            self._found[word] = tuple(self._names[other] for other in near[:_NEAREST])
        return self._found[word]


def neighbour_words(records: Iterable[Labelled]) -> list[str]:
    """The words (lower case) that `Similar` may replace or write, the commonest first.

    Those that stand outside spans; one Han character or two letters alone say too little.
    """
    counts = Counter(
        word.text.lower()
        for record in records
        for word in words(record)
        if word.outside and len(word.text) >= (2 if is_han(word.text) else 3)
    )
    return [word for word, _ in counts.most_common(_MOST_WORDS)]


def read_vectors(path: Path, vocabulary: Collection[str]) -> Vectors:
    """The vectors of the words of a vocabulary; arguments and errors as for `read_word_vectors`."""
    return Vectors(*read_word_vectors(path, frozenset(vocabulary)))
