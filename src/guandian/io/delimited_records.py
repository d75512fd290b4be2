"""CSV and its relatives as records with right physical line numbers, also after a broken quote."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from guandian.io.bounded import MOST_LINE


@dataclass(frozen=True, slots=True)
class Record:
    """The cells that begin on `line` (from 1), and the text that they were read from."""

    line: int
    cells: list[str]
    raw: str


@dataclass(frozen=True, slots=True)
class Broken:
    """A line whose quote is broken, and how."""

    line: int
    reason: str
    raw: str


class NumberedLines:
    """Lines of which some can be put back to be read again.

    Attributes:
        number: of the line that was read last, from 1.
    """

    def __init__(self, lines: Iterator[str]) -> None:
        csv.field_size_limit(max(MOST_LINE, csv.field_size_limit()))  # of the whole process
        self._lines = lines
        self._again: deque[str] = deque()
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self.number += 1
        return line

    def put_back(self, lines: Sequence[str]) -> None:
        """Have the last lines read again, in the same order."""
        self._again.extendleft(reversed(lines))
        self.number -= len(lines)


def read_records(
    lines: NumberedLines, delimiter: str, *, quoted: bool = True
) -> Iterator[Record | Broken]:
    """Yield the records; of a line with nothing in it the cells are none.

    A quote that is broken is its own line's fault: the lines that it swallowed are read again. So
    is one that is not closed within `MOST_LINE` characters.

    Args:
        lines: with their ends.
        delimiter: one character, what stands between cells.
        quoted: whether a cell in double quotes may hold it and line ends.
    """
    for line in lines:
        number = lines.number
        if not quoted or '"' not in line:
            bare = line.removesuffix("\n").removesuffix("\r")
            yield Record(number, bare.split(delimiter) if bare else [], line)
            continue
        read = [line]
        try:
            cells = next(csv.reader(_following(lines, read), delimiter=delimiter, strict=True))
        except csv.Error as error:
            lines.put_back(read[1:])
            yield Broken(number, str(error), line)
        else:
            yield Record(number, cells, "".join(read))


def _following(lines: NumberedLines, read: list[str]) -> Iterator[str]:
    """The line in `read` and those behind it, which are added there."""
    yield read[0]
    size = len(read[0])
    for line in lines:
        read.append(line)
        size += len(line)
        if size > MOST_LINE:
            raise csv.Error(f"not closed within {MOST_LINE:,} characters")
        yield line
