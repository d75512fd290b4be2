"""Text files of word vectors: a word and its numbers a line, read a line at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import chain
from math import isfinite
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from guandian.errors import BadRow, GuandianError
from guandian.io.bounded import lines_of


def read_word_vectors(
    path: str | Path, wanted: Collection[str]
) -> tuple[list[str], NDArray[np.float32]]:
    """The vectors of `wanted` words, in the order of the file.

    Args:
        path: UTF-8; each line has a word and as many numbers as the first, with blanks between.
            A first line of two whole numbers counts words and numbers, as word2vec writes it.
        wanted: words in lower case; of words that differ in case the first in the file is taken.

    Returns:
        The words found, in lower case, and their vectors [words, width].

    Raises:
        BadRow: for a line that is not a word and its numbers, with its number and the reason.
        GuandianError: when the file is missing, is shorter than it says, or has none of the words.
    """
    name = str(path)
    try:
        with Path(path).open("rb") as file:
            return _read(name, lines_of(file, name), wanted)
    except FileNotFoundError as error:
        raise GuandianError(f"there is no file {name}", "check the name and the folder") from error
    except OSError as error:
        raise GuandianError(
            f"cannot read {name}: {error.strerror}",
            "check the name, the folder and who may use them",
        ) from error


def _read(
    path: str, file: Iterable[bytes], vocabulary: Collection[str]
) -> tuple[list[str], NDArray[np.float32]]:
    filled = ((number, line) for number, line in enumerate(file, start=1) if line.strip())
    promised, width, lines = _begun(path, filled)
    vectors: dict[str, list[float]] = {}
    count = 0
    for number, line in lines:
        count += 1
        head, _, rest = line.strip().partition(b" ")
        word = head.decode(errors="replace").lower()
        ignored = word in vectors or word not in vocabulary
        if ignored and rest.count(b" ") == width - 1:  # most lines end here
            continue
        numbers = _numbers(path, number, line, width)
        if numbers and not ignored:
            vectors[word] = numbers
    if promised is not None and count != promised:
        raise GuandianError(
            f"{path} has {count:,} words, its first line says {promised:,}",
            "fetch the file again: it seems to be cut off",
        )
    if not vectors:
        raise GuandianError(
            f"{path} has none of the {len(vocabulary):,} words of the reviews among its {count:,}",
            "name a file of the reviews' language, in UTF-8",
        )
    return list(vectors), np.array(list(vectors.values()), dtype=np.float32)


def _begun(
    path: str, lines: Iterator[tuple[int, bytes]]
) -> tuple[int | None, int, Iterator[tuple[int, bytes]]]:
    """Read how many words the first line counts, how many numbers a word has, and the lines."""
    first = next(lines, None)
    if first is None:
        raise GuandianError(f"{path} is empty", "name a text file of word vectors")
    fields = first[1].split()
    if len(fields) == 2 and all(field.isdigit() for field in fields):
        width = int(fields[1])
        if width == 0:
            raise BadRow(path, first[0], "", "it says that a word has no numbers")
        return int(fields[0]), width, lines
    if len(fields) < 2 or any(_number(field) is None for field in fields[1:]):
        raise BadRow(
            path, first[0], "",
            "not a word and its numbers; a text file is needed, unpacked and not binary",
        )  # fmt: skip
    return None, len(fields) - 1, chain([first], lines)


def _numbers(path: str, number: int, line: bytes, width: int) -> list[float]:
    """The numbers of a line; none where blanks stand in its word, as they do in some files."""
    fields = line.split()
    first = len(fields) - width
    within = [_number(field) is not None for field in fields[1:first]]
    if first < 1 or any(within):
        count = len(fields) - 1 if first < 1 else width + sum(within)
        raise BadRow(path, number, "", f"{count} numbers where other words have {width}")
    numbers: list[float] = []
    for field in fields[first:]:
        value = _number(field)
        if value is None:
            shown = field[:20].decode(errors="replace")
            raise BadRow(path, number, "", f"{shown!r} is not a finite number")
        numbers.append(value)
    return [] if first > 1 else numbers


def _number(field: bytes) -> float | None:
    try:
        value = float(field)
    except ValueError:
        return None
    return value if isfinite(value) else None
