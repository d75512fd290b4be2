"""Excel and Parquet in, through their libraries (the extras `excel` and `parquet`)."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from itertools import chain
from typing import Any, BinaryIO, TypeVar

from guandian.errors import BadRow, GuandianError
from guandian.files.table import Rejected, Row, Rows, Table, empty, named

_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_PARQUET_ROWS = 1024
_T = TypeVar("_T")


def needs(module: str, extra: str, task: str) -> Any:
    """The optional library `module`.

    Raises:
        GuandianError: naming the extra that brings it and the command that installs it.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise GuandianError(
            f"{task} needs {module.partition('.')[0]}, which is not installed",
            f"install the extra {extra!r}: pip install 'guandian[{extra}]'",
        ) from error


def read_excel(stream: BinaryIO, path: str, sheet: str | None, has_header: bool) -> Table:
    """The rows of a sheet (the first unless named); a row's line is its row in the sheet.

    Raises:
        GuandianError: for a file that is no workbook, a sheet that is not in it, an empty one.
    """
    openpyxl = needs("openpyxl", "excel", "reading an Excel file")
    with _damage_told(path, "an Excel workbook"), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # styles and extensions we do not read
        book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
    names = [one.title for one in book.worksheets]
    if not names or sheet not in (None, *names):
        raise GuandianError(f"{path} has no sheet {sheet!r}", f"its sheets: {', '.join(names)}")
    found = book[sheet or names[0]]
    found.reset_dimensions()  # what a file says about its own size is often wrong
    rows = _told(_filled(found.iter_rows(values_only=True)), path, "an Excel workbook")
    first = next(rows, None)
    if first is None:
        raise empty(path)
    if has_header:
        header = named([None if cell is None else str(cell) for cell in first[1]])
        return Table(header, _excel_rows(rows, header, path))
    header = tuple(str(position) for position in range(1, len(first[1]) + 1))
    return Table(header, _excel_rows(chain([first], rows), header, path))


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


def _filled(rows: Iterator[Sequence[object]]) -> Iterator[tuple[int, Sequence[object]]]:
    """Numbered rows, without the blank ones and without the blank cells at their ends."""
    for number, row in enumerate(rows, start=1):
        size = len(row)
        while size and row[size - 1] is None:
            size -= 1
        if size:
            yield number, row[:size]


def _excel_rows(
    rows: Iterator[tuple[int, Sequence[object]]], header: tuple[str, ...], path: str
) -> Rows:
    for number, cells in rows:
        if len(cells) > len(header):
            reason = f"{len(cells)} cells where the header has {len(header)}"
            yield Rejected(BadRow(path, number, "", reason), repr(list(cells)))
        else:
            padded = chain(cells, [None] * (len(header) - len(cells)))
            yield Row(number, dict(zip(header, map(_unescaped, padded), strict=True)))


def _unescaped(cell: object) -> object:
    """A cell without Excel's `_x000D_` notation for characters that XML has no room for."""
    if isinstance(cell, str) and "_x" in cell:
        return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), cell)
    return cell


def _listed(column: Any) -> list[object]:
    """A column as a list; Python's times have no nanoseconds, so those are dropped."""
    arrow = import_module("pyarrow")
    if arrow.types.is_timestamp(column.type) and column.type.unit == "ns":
        column = column.cast(arrow.timestamp("us", column.type.tz), safe=False)
    found: list[object] = column.to_pylist()
    return found


def _parquet_rows(file: Any) -> Rows:
    number = 0
    for batch in file.iter_batches(batch_size=_PARQUET_ROWS):
        columns: list[list[object]] = [_listed(column) for column in batch.columns]
        header = named(batch.schema.names)
        for cells in zip(*columns, strict=True):
            number += 1
            yield Row(number, dict(zip(header, cells, strict=True)))
