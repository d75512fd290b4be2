"""Reading that ends: a file without an end, such as a pipe or a device, is refused at a bound.

A file on a disk has its size; what comes out of a pipe may never stop. People's reviews are read as
a stream (`guandian.files`), and of all else there is as much as these bounds allow.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO, AnyStr

from guandian.errors import GuandianError

MOST_LINE = 1 << 23
"""The longest line that is read, in characters; beyond it a file is not one of texts."""
MOST_MINED = 1 << 30
"""The same of a line on a disk that `mine` wrote: it holds a text and all that was found in it."""
MOST_PIPED = 1 << 30
"""The most that is read of a pipe or a device, in characters, where all is kept in memory."""
MOST_WHOLE = 1 << 30
"""The largest file that is read at once, in bytes."""
MOST_SETTINGS = 1 << 22
"""The same of a recipe, a search space and the like, which people write."""
MOST_WORDS = 1 << 26
"""The same of a list of words or cases, and of the figures of an evaluation."""


def read_whole(path: Path, most: int = MOST_WHOLE) -> bytes:
    """The bytes of a file.

    Raises:
        GuandianError: it has more than `most` of them.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise GuandianError(
            f"{path} is longer than {most:,} bytes, or has no end",
            "name the file that was meant, or divide it",
        )
    return content


def read_text(path: Path, most: int = MOST_SETTINGS) -> str:
    """The text of a UTF-8 file, with or without a mark, all line ends made one.

    Raises:
        GuandianError: it has more than `most` bytes.
        UnicodeDecodeError: it is not UTF-8.
        OSError: it cannot be read.
    """
    text = read_whole(path, most).decode("utf-8-sig")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def lines_of(file: IO[AnyStr], path: object, most: int | None = None) -> Iterator[AnyStr]:
    """The lines of an opened file with their ends, as iterating over it gives them.

    Args:
        file: opened.
        path: its name, for errors.
        most: the longest line of a file on a disk; `MOST_LINE` if None, and of all else.

    Raises:
        GuandianError: a line of more than that, or a pipe or device that gives more than
            `MOST_PIPED`.
    """
    number = total = 0
    piped = not Path(str(path)).is_file()
    longest = MOST_LINE if piped or most is None else most
    while line := file.readline(longest + 1):
        number += 1
        total += len(line)
        if len(line) > longest:
            raise GuandianError(
                f"{path}, line {number}: longer than {longest:,} characters",
                "put every text in a line of its own",
            )
        if piped and total > MOST_PIPED:
            raise GuandianError(
                f"{path} is no file on a disk and gave more than {MOST_PIPED:,} characters",
                "write them into a file first, and name that",
            )
        yield line
