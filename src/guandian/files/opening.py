"""A file of any format as the tables in it: one, or one for each sheet of a workbook."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from io import BufferedReader
from itertools import chain
from pathlib import Path
from typing import Literal, cast

from guandian.errors import GuandianError
from guandian.files.decode import OLD_OFFICE, old_office, text_blocks, text_lines
from guandian.files.delimited import read_delimited
from guandian.files.json_rows import read_json_rows
from guandian.files.lines import read_lines
from guandian.files.table import Table, empty
from guandian.files.workbook import HeaderAt, SheetOf, read_excel, read_parquet

Format = Literal["csv", "tsv", "json", "jsonl", "lines", "excel", "parquet"]

_ENDINGS: Mapping[str, Format] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".txt": "lines",
    ".xlsx": "excel",
    ".xlsm": "excel",
    ".parquet": "parquet",
    ".pq": "parquet",
}
_OTHER_SHEETS = (".xlsb", ".ods", ".et", ".numbers")
_RESAVE = "open it in the program that made it and save it as .xlsx or as CSV UTF-8"


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is laid out, where its name and its content are not to decide.

    Attributes:
        format: None goes by the ending, and reads standard input as one review a line. `json` and
            `jsonl` both read an object a line, an array, and an object around an array.
        encoding: None finds UTF-8, UTF-16 with a mark, and GB18030.
        delimiter: None finds comma, tab or semicolon.
        header: whether a row of a CSV, TSV or Excel file names the columns.
        sheet: of an Excel file, one or several; None is all that are not hidden.
        time_format: how times are written, as `datetime.strptime` takes it; None reads the
            forms of which there is only one reading.
        header_rows: the first and the last row that name the columns, 1-based; None is the
            first row that does.
    """

    format: Format | None = None
    encoding: str | None = None
    delimiter: str | None = None
    header: bool = True
    sheet: str | tuple[str, ...] | None = None
    time_format: str | None = None
    header_rows: tuple[int, int] | None = None

    @property
    def sheets(self) -> tuple[str, ...]:
        """The sheets that are asked for."""
        return (self.sheet,) if isinstance(self.sheet, str) else self.sheet or ()


def open_tables(
    path: str, layout: Layout, wanted: Sequence[str], closing: ExitStack
) -> tuple[list[SheetOf], str]:
    """The tables of a file, each opened when it is asked for, and a note of what is not read.

    Args:
        path: the file; `-` is standard input.
        layout: how it is laid out.
        wanted: names of columns that are asked for.
        closing: closes the file, when its rows have been read.

    Raises:
        GuandianError: for a file that is missing, empty, binary, or of an unknown format.
    """
    if layout.header_rows and not layout.header:
        raise GuandianError("--header-row and --no-header exclude each other", "say one of them")
    wanted = tuple(name for name in wanted if not name.isdecimal())  # others are positions
    form = layout.format or _format_of(path)
    if path == "-" and form in ("excel", "parquet"):
        raise GuandianError(f"{form} cannot be read from standard input", "give a file")
    stream = _standard_input() if path == "-" else closing.enter_context(_file(path))
    if form == "old":
        form = _within_old(stream, path)
    if form == "excel":
        header = HeaderAt(layout.header, layout.header_rows, wanted)
        return read_excel(stream, path, layout.sheets, header, closing)
    if layout.sheets:
        raise GuandianError(f"{path} has no sheets: it is no workbook", "leave out --sheet")
    table = _table(stream, path, form, layout, wanted)
    return [SheetOf("", lambda: table)], ""


def _table(
    stream: BufferedReader, path: str, form: str, layout: Layout, wanted: Sequence[str]
) -> Table:
    if form == "parquet":
        return read_parquet(stream, path)
    if form in ("json", "jsonl"):
        blocks = text_blocks(stream, path, layout.encoding)
        return read_json_rows(chain([next(blocks)], blocks), path, wanted)
    lines = text_lines(stream, path, layout.encoding)
    lines = chain([next(lines)], lines)  # what is wrong with the whole file is told now
    if form == "lines":
        return read_lines(lines, path)
    delimiter = layout.delimiter or ("\t" if form == "tsv" else None)
    return read_delimited(lines, path, delimiter, layout.header, layout.header_rows, wanted)


def _format_of(path: str) -> Format | Literal["old"]:
    if path == "-":
        return "lines"
    ending = Path(path).suffix.lower()
    if ending == ".xls":
        return "old"
    if ending in _OTHER_SHEETS:
        raise GuandianError(f"{path}: a workbook that ends in {ending} is not read", _RESAVE)
    found = _ENDINGS.get(ending)
    if found is None:
        raise GuandianError(
            f"{path}: no format goes by the ending {Path(path).suffix!r}",
            f"known: {' '.join(_ENDINGS)}; or name it:"
            " --format csv|tsv|json|jsonl|lines|excel|parquet",
        )
    return found


def _within_old(stream: BufferedReader, path: str) -> Format:
    """What a file that ends in .xls is: many programs write other things under that name.

    Raises:
        GuandianError: for a real one, and for a page of HTML.
    """
    head = stream.peek(512)[:512]
    if head.startswith(OLD_OFFICE):
        raise old_office(path)
    if head.startswith(b"PK\x03\x04"):
        return "excel"
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise GuandianError(f"{path} is a page of HTML or XML, not a workbook", _RESAVE)
    return "csv"


def _standard_input() -> BufferedReader:
    if sys.stdin is None:
        raise GuandianError("standard input is closed", "give a file, or pipe reviews into it")
    return cast(BufferedReader, sys.stdin.buffer)


def _file(path: str) -> BufferedReader:
    try:
        stream = Path(path).open("rb")  # noqa: SIM115
    except FileNotFoundError as error:
        raise GuandianError(f"there is no file {path}", "check the name and the folder") from error
    except OSError as error:
        raise GuandianError(f"cannot read {path}: {error.strerror}") from error
    if not stream.peek(1):
        stream.close()
        raise empty(path)
    return stream
