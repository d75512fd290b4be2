"""Files that hold one review a line, without anything about it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from guandian.files.table import Table, TableRow, empty


def read_prose(lines: Iterator[str], path: str) -> Table:
    """A table with the one column `text`; blank lines are no reviews.

    Raises:
        GuandianError: when all lines are blank.
    """
    rows = (
        TableRow(number, {"text": line.removesuffix("\n").removesuffix("\r")}, line)
        for number, line in enumerate(lines, start=1)
        if line.strip()
    )
    first = next(rows, None)
    if first is None:
        raise empty(path)
    return Table(("text",), chain([first], rows))
