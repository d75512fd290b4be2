"""Words with similar vectors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from guandian.data.augmentation.words import is_han, words
from guandian.domain import Labelled
from guandian.errors import BadRow, GuandianError

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


def read_vectors(path: Path, wanted: Collection[str]) -> Vectors:
    """The vectors of the wanted words from a text file as word2vec and GloVe write it.

    Args:
        path: a word and its numbers a line, divided by blanks; a first line of two counts is
            passed over.
        wanted: words, lower case; the others are not held in memory.

    Raises:
        BadRow: a line with fewer numbers than the first, or with what is no number.
        GuandianError: the file is missing, no text, or has none of the words.
    """
    sought = frozenset(wanted)
    try:
        found = dict(_rows(path, sought))
    except OSError as error:
        raise GuandianError(f"no vectors at {path}: {error.strerror}", "name another") from error
    except UnicodeDecodeError as error:
        raise GuandianError(
            f"{path} is not UTF-8 text", "save the vectors in the text form of word2vec or GloVe"
        ) from error
    if not found:
        raise GuandianError(
            f"{path} has none of the {len(sought)} words of the texts",
            "name vectors of their language",
        )
    return Vectors(tuple(found), np.stack(list(found.values())))


def _rows(path: Path, sought: Collection[str]) -> Iterator[tuple[str, NDArray[np.float32]]]:
    size = 0
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            parts = line.rstrip().split(" ")
            if number == 1 and len(parts) == 2:
                continue
            size = size or len(parts) - 1
            if len(parts) <= size or not size:
                reason = f"needs a word and {size or 'its'} numbers, has {len(parts)} parts"
                raise BadRow(str(path), number, "", reason)
            word = " ".join(parts[:-size])
            if word not in sought:
                continue
            try:
                vector = np.array(parts[-size:], dtype=np.float32)
            except ValueError as error:
                raise BadRow(str(path), number, "", f"{word!r}: {error}") from error
            if not np.isfinite(vector).all():
                raise BadRow(str(path), number, "", f"{word!r} has a number that is not finite")
            yield word, vector
