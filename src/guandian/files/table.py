"""What every file format becomes before it becomes reviews: named columns and numbered rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from guandian.errors import BadRow, GuandianError
from guandian.io.bounded import MOST_LINE


class NoReviews(GuandianError):
    """A file, or a sheet of one, that can be read but has no reviews that can be found."""


OTHER_HEADER = (
    "if another row names the columns, say which, such as --header-row 3;"
    " --on-error skip goes on without such rows"
)
"""The repair where a row has other cells than the header."""

WRITE_OBJECTS = 'write an object for each review, as in {"text": "..."}'
"""The repair where JSON holds no text."""

MAX_ROW = MOST_LINE
"""The longest row that is read, in characters; beyond it a file is not one of reviews."""
_WRAPPED = re.compile(r'\s*="((?:[^"]|"")*)"\s*')
MOST_COLUMNS = 16_384
"""The most columns that a table has, as in Excel."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row.

    Attributes:
        line: 1-based, physical.
        values: by column.
        raw: its text, where it has one.
        hidden: whether its sheet hides it.
        gap: whether a blank row stands before it.
        merged: by column, what stands in cells that are merged with one above.
        rounded: whether a number in it has more digits than its sheet keeps.
        element: its 1-based number in the JSON array that holds it; 0 where it stands in none.
    """

    line: int
    values: Mapping[str, object]
    raw: str = ""
    hidden: bool = False
    gap: bool = False
    merged: Mapping[str, object] = field(default_factory=dict)
    rounded: bool = False
    element: int = 0

    @property
    def number(self) -> int:
        """The number by which people find it: of the element, else of the line."""
        return self.element or self.line


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that cannot be read, with its raw text."""

    error: BadRow
    raw: str


@dataclass(frozen=True, slots=True)
class Aside:
    """A row that is no review, and why: `kind` is a key of `columns.not_reviews.KINDS`."""

    line: int
    kind: str


Rows = Iterator[TableRow | Rejected | Aside]


@dataclass(frozen=True, slots=True)
class Table:
    """Column names, and rows that are read as they are asked for.

    Attributes:
        header: the names.
        rows: the rows.
        note: what is to be told of them.
        later: days that its numbers of days begin behind those of others: 1,462 where a workbook
            counts from 1904.
    """

    header: tuple[str, ...]
    rows: Rows
    note: str = ""
    later: int = 0


def named(header: Sequence[str | None]) -> tuple[str, ...]:
    """Column names that are all there and all different: blank and repeated ones get a number."""
    names: dict[str, int] = {}
    for position, cell in enumerate(header, start=1):
        name = base = (cell or "").strip() or f"column {position}"
        number = names.get(base, 1)
        while name in names:
            number += 1
            name = f"{base} ({number})"
        names[name] = 1
        names[base] = number
    return tuple(names)


def unwrapped(cell: str) -> str:
    """The text in a formula that is nothing else, as shops keep long numbers: `="2610001"`."""
    match = _WRAPPED.fullmatch(cell) if cell.lstrip().startswith("=") else None
    return match[1].replace('""', '"') if match else cell


def check_width(number: int, path: str) -> None:
    """Refuse a table that is wider than any sheet.

    Raises:
        GuandianError: when it has more than `MOST_COLUMNS`.
    """
    if number > MOST_COLUMNS:
        raise GuandianError(
            f"{path} has {number:,} columns, more than the {MOST_COLUMNS:,} of a sheet",
            "give a file with the columns of the reviews; say what stands between them with"
            " --delimiter",
        )


def looked_at(rows: Rows, most: int) -> tuple[list[TableRow | Rejected | Aside], Rows]:
    """The first rows, `most` of them or as many as have `MAX_ROW` characters; and all again.

    What goes wrong behind them is raised where it stands in all.
    """
    first, size = list[TableRow | Rejected | Aside](), 0
    failure: Exception | None = None
    try:
        while len(first) < most and size <= MAX_ROW and (row := next(rows, None)) is not None:
            first.append(row)
            if isinstance(row, TableRow):
                size += sum(len(cell) for cell in row.values.values() if isinstance(cell, str))
    except (GuandianError, OSError) as error:
        failure = error
    return first, _again(first, failure, rows)


def _again(
    first: Sequence[TableRow | Rejected | Aside], failure: Exception | None, rows: Rows
) -> Iterator[TableRow | Rejected | Aside]:
    yield from first
    if failure:
        raise failure
    yield from rows


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
    """The error for a file, of whatever kind, without a single row."""
    if path == "-":
        return NoReviews("standard input is empty", "pipe something into it")
    return NoReviews(f"{path} is empty", "give a file that holds something")
