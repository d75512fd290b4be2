"""What every file format becomes before it becomes reviews: named columns and numbered rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from guandian.errors import BadRow, GuandianError
from guandian.text.bounded import MOST_LINE


class NoReviews(GuandianError):
    """A file, or a sheet of one, that can be read but has no reviews that can be found."""


MAX_ROW = MOST_LINE
"""The longest row that is read, in characters; beyond it a file is not one of reviews."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its 1-based physical line, its values by column, and its raw text if it has one."""

    line: int
    values: Mapping[str, object]
    raw: str = ""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that cannot be read, with its raw text."""

    error: BadRow
    raw: str


Rows = Iterator[Row | Rejected]


@dataclass(frozen=True, slots=True)
class Table:
    """Column names, rows that are read as they are asked for, and what is to be told of them."""

    header: tuple[str, ...]
    rows: Rows
    note: str = ""


def named(header: Sequence[str | None]) -> tuple[str, ...]:
    """Column names that are all there and all different: blank and repeated ones get a number."""
    names: dict[str, None] = {}
    for position, cell in enumerate(header, start=1):
        name = wanted = (cell or "").strip() or f"column {position}"
        again = 1
        while name in names:
            again += 1
            name = f"{wanted} ({again})"
        names[name] = None
    return tuple(names)


def begun(table: Table, path: str) -> Table:
    """The same table; its first row is read now, to tell a file that has none.

    Raises:
        GuandianError: when there is no row below the header.
    """
    first = next(table.rows, None)
    if first is None:
        raise NoReviews(
            f"{path} has a header but no review: {', '.join(table.header)}",
            "give a file with reviews; if the first row is already a review, say --no-header",
        )
    return replace(table, rows=chain([first], table.rows))


def empty(path: str) -> NoReviews:
    """The error for a file without a single row."""
    return NoReviews(f"{path} is empty: there is no review in it", "give a file with reviews")
