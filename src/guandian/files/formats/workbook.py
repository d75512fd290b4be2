"""Excel and Parquet in, through their libraries (the extras `excel` and `parquet`)."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from itertools import chain
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from guandian.errors import BadRow, GuandianError, likely
from guandian.files.columns.heading import Line, find_heading
from guandian.files.formats.unsupported import (
    OLD_OFFICE,
    OLDER_OFFICE,
    ZIP,
    old_office,
    refuse_archive,
    refuse_page,
)
from guandian.files.table import (
    MAX_ROW,
    OTHER_HEADER,
    NoReviews,
    Rejected,
    Rows,
    Table,
    TableRow,
    empty,
    named,
    unwrapped,
)
from guandian.io.optional_libraries import needs
from guandian.wording import say

if TYPE_CHECKING:
    from guandian.files.formats.sheet import Sheet, SheetRow

EXCEL_ROWS = 1_048_576
"""Rows of a sheet, its header included."""
EXCEL_CHARACTERS = 32_767
"""The most UTF-16 units that a cell of a sheet holds."""

_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_PARQUET_ROWS = 1024
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class SheetOf:
    """A sheet that is to be read: its name, where it is, and what opens it as a table."""

    name: str
    path: str
    open: Callable[[], Table]


@dataclass(frozen=True, slots=True)
class HeaderAt:
    """The header's rows: whether there is one, the first and the last, names that are asked for;
    and whether columns that the sheet hides are left out.
    """

    there: bool = True
    rows: tuple[int, int] | None = None
    choices: tuple[str, ...] = ()
    skip_hidden: bool = False


def read_excel(
    stream: BinaryIO,
    path: str,
    selection: Sequence[str] = (),
    header: HeaderAt | None = None,
    closing: ExitStack | None = None,
) -> tuple[list[SheetOf], list[str]]:
    """The sheets that are asked for, or all that are not hidden; and notes of that.

    A row's line is its row in the sheet.

    Args:
        stream: the file.
        path: for errors and notes.
        selection: names of sheets.
        header: which row names the columns.
        closing: closes what the workbook holds, when its rows have been read.

    Raises:
        GuandianError: for a file that is no workbook, or a sheet that is not in it; when a sheet
            is opened `NoReviews` for an empty one, and on the way for a row beyond bounds.
    """
    needs("openpyxl", "excel", "reading an Excel file")
    _refuse_others(stream, path)
    from guandian.files.formats.excel import Workbook

    with _damage_told(path, "an Excel workbook"), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # styles and extensions we do not read
        book = Workbook(stream, path)
    if closing is not None:
        closing.callback(book.close)
    names = [sheet.title for sheet in book.sheets]
    hidden = [sheet.title for sheet in book.sheets if sheet.sheet_state != "visible"]
    shown = ", ".join(f"{name} ({say('hidden')})" if name in hidden else name for name in names)
    if missing := [name for name in selection if name not in names]:
        raise GuandianError(
            f"{path} has no sheet {missing[0]!r}", f"{likely(missing[0], names)}its sheets: {shown}"
        )
    chosen = [name for name in names if (name in selection if selection else name not in hidden)]
    if not chosen:
        raise NoReviews(f"{path} has no sheet that is not hidden", f"--sheet NAME: {shown}")
    places = {name: f"{path} [{name}]" if len(names) > 1 else path for name in chosen}
    sheets = [
        SheetOf(name, location, partial(_sheet, sheet, location, header or HeaderAt()))
        for sheet in book.sheets
        if (location := places.get(name := sheet.title))
    ]
    notes = []
    if left := [name for name in names if name not in chosen]:
        words, reads = say("sheets not read"), say("--sheet NAME reads one", between="; ")
        shown = ", ".join(f"{name} ({say('hidden')})" if name in hidden else name for name in left)
        note = f"{path}: {words}: {shown}; {reads}"
        notes.append(note)
    if asked_for := [name for name in chosen if name in hidden]:
        words = say("hidden sheets, read as asked")
        notes.append(f"{path}: {words}: {', '.join(asked_for)}")
    return sheets, notes


def _sheet(sheet: Sheet, path: str, header: HeaderAt) -> Table:
    rows = _told(sheet.lines(), path, "an Excel workbook")
    buffer: list[SheetRow] = []
    seen = _seen(rows, buffer)
    first_row = next(seen, None)
    if first_row is None:
        raise empty(path)
    if header.there:
        heading = find_heading(chain([first_row], seen), path, header.rows, header.choices)
        names, below, notes = heading.header, heading.below, [heading.note]
    else:
        names = tuple(str(position) for position in range(1, len(first_row[1]) + 1))
        below, notes = 0, []
    hidden = [name for index, name in enumerate(names) if sheet.hides(index)]
    if hidden:
        words = say("hidden columns, read too (--hidden skip leaves them out)")
        if header.skip_hidden:
            words = say("hidden columns, left out as asked")
        notes.append(f"{path}: {words}: {', '.join(hidden)}")
    left_out = frozenset(hidden if header.skip_hidden else ())
    above = buffer[below - 1].number if below else 0
    body = _excel_rows(chain(buffer[below:], rows), names, path, left_out, above)
    shown = tuple(name for name in names if name not in left_out)
    return Table(shown, body, "\n".join(filter(None, notes)), sheet.days_later)


def _seen(rows: Iterator[SheetRow], buffer: list[SheetRow]) -> Iterator[Line]:
    """The rows as texts; `buffer` gets those that are read on the way."""
    for row in rows:
        buffer.append(row)
        yield row.number, [_heading(cell) for cell in row.cells]


def _heading(cell: object) -> str:
    return "" if cell is None else str(_unescaped(cell)).strip()


def _refuse_others(stream: BinaryIO, path: str) -> None:
    """Tell a workbook of Excel 97, one behind a password, and what is none, from a damaged one."""
    head = stream.read(512)
    stream.seek(0)
    if head.startswith((OLD_OFFICE, *OLDER_OFFICE)):
        raise old_office(path)
    refuse_page(head, path)
    if head.startswith(ZIP):
        refuse_archive(stream, path)
    else:
        raise GuandianError(
            f"{path} is no workbook", "if it is text name it .csv; else save it as .xlsx anew"
        )


def read_parquet(stream: BinaryIO, path: str) -> Table:
    """The rows of a Parquet file, about a thousand at a time; lines count rows from 1.

    Raises:
        GuandianError: for a file that is not Parquet.
    """
    parquet = needs("pyarrow.parquet", "parquet", "reading a Parquet file")
    with _damage_told(path, "Parquet"):
        file = parquet.ParquetFile(stream)
    rows = _told(_parquet_rows(file), path, "Parquet")
    return Table(named(file.schema_arrow.names), rows)


@contextmanager
def _damage_told(path: str, kind: str) -> Iterator[None]:
    """Damaged archives and XML raise whatever their parsers raise: all are the file's fault."""
    try:
        yield
    except (GuandianError, MemoryError):
        raise
    except Exception as error:
        raise GuandianError(
            f"{path} cannot be read as {kind}: {error}",
            "write the file anew, or save it as CSV UTF-8",
        ) from error


def _told(rows: Iterator[_T], path: str, kind: str) -> Iterator[_T]:
    with _damage_told(path, kind):
        yield from rows


def _excel_rows(
    rows: Iterator[SheetRow],
    header: tuple[str, ...],
    path: str,
    left_out: frozenset[str],
    above: int,
) -> Rows:
    """The rows below the header, whose last row is `above`, without the columns `left_out`."""
    for number, cells, hidden, merged, rounded in rows:
        if fault := _too_much(cells, header):
            repair = "" if fault[0] else OTHER_HEADER
            yield Rejected(BadRow(path, number, *fault, repair), repr(list(cells))[:MAX_ROW])
        else:
            padded = chain(cells, [None] * (len(header) - len(cells)))
            named_cells = zip(header, map(_unescaped, padded), strict=True)
            values = {name: cell for name, cell in named_cells if name not in left_out}
            held = {
                header[column]: value for column, value in merged.items() if column < len(header)
            }
            yield TableRow(number, values, "", hidden, number > above + 1, held, rounded)
        above = number


def _too_much(cells: Sequence[object], header: tuple[str, ...]) -> tuple[str, str] | None:
    """The column and the reason why a row is refused; None when it is not."""
    if len(cells) > len(header):
        return "", f"{len(cells)} cells where the header has {len(header)}"
    for name, cell in zip(header, cells, strict=False):
        # A character may be two UTF-16 units.
        if isinstance(cell, str) and 2 * len(cell) > EXCEL_CHARACTERS:
            units = len(cell.encode("utf-16-le", "surrogatepass")) // 2
            if units > EXCEL_CHARACTERS:
                return name, f"longer than the {EXCEL_CHARACTERS:,} characters of an Excel cell"
    return None


def _unescaped(cell: object) -> object:
    """A cell without Excel's `_x000D_` notation for characters that XML has no room for."""
    if not isinstance(cell, str):
        return cell
    if "_x" in cell:
        cell = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), cell)
    return unwrapped(cell)


def _listed(column: Any) -> list[object]:
    """A column as a list; Python's times have no nanoseconds, so those are dropped."""
    arrow = import_module("pyarrow")
    if arrow.types.is_timestamp(column.type) and column.type.unit == "ns":
        column = column.cast(arrow.timestamp("us", column.type.tz), safe=False)
    values: list[object] = column.to_pylist()
    return values


def _parquet_rows(file: Any) -> Rows:
    number = 0
    for batch in file.iter_batches(batch_size=_PARQUET_ROWS):
        columns: list[list[object]] = [_listed(column) for column in batch.columns]
        header = named(batch.schema.names)
        for cells in zip(*columns, strict=True):
            number += 1
            yield TableRow(number, dict(zip(header, cells, strict=True)))
