"""A file of any format as the tables in it: one, or one for each sheet of a workbook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from io import BufferedReader
from itertools import chain
from pathlib import Path
from typing import Literal

from guandian.errors import GuandianError
from guandian.files.formats.content import content_of, first_line, may_name_columns, told_as
from guandian.files.formats.delimited import read_delimited
from guandian.files.formats.encoding import lines_of_blocks, text_blocks
from guandian.files.formats.json_rows import read_json_rows
from guandian.files.formats.lines import read_prose
from guandian.files.formats.source import PACKED, open_source, refuse_missing
from guandian.files.formats.unsupported import (
    OLD_OFFICE,
    OLDER_OFFICE,
    ZIP,
    old_office,
    refuse_file_kind,
    refuse_page,
)
from guandian.files.formats.workbook import HeaderAt, SheetOf, read_excel, read_parquet
from guandian.files.table import Table

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
Hidden = Literal["read", "skip"]


@dataclass(frozen=True, slots=True)
class Layout:
    """The layout of a file, where its name and its content are not to decide.

    Attributes:
        format: None goes by the ending, and of standard input, text and CSV by how they begin.
            `json` and `jsonl` both read an object a line, an array, and an object around one.
        encoding: None finds UTF-8, UTF-16 with a mark, and GB18030.
        delimiter: None finds comma, tab or semicolon.
        header: whether a row of a CSV, TSV or Excel file names the columns.
        sheet: of an Excel file, one or several; None is all that are not hidden.
        time_format: how times are written, as `datetime.strptime` takes it; None reads the
            forms of which there is only one reading.
        header_rows: the first and the last row that name the columns, 1-based; None is the
            first row that does.
        hidden: what becomes of rows and columns that a sheet hides, as its filter does: they are
            read like the others, or skipped.
    """

    format: Format | None = None
    encoding: str | None = None
    delimiter: str | None = None
    header: bool = True
    sheet: str | tuple[str, ...] | None = None
    time_format: str | None = None
    header_rows: tuple[int, int] | None = None
    hidden: Hidden = "read"

    @property
    def sheets(self) -> tuple[str, ...]:
        """The sheets that are asked for."""
        return (self.sheet,) if isinstance(self.sheet, str) else self.sheet or ()


def open_tables(
    path: str, layout: Layout, choices: Sequence[str], closing: ExitStack
) -> tuple[list[SheetOf], list[str]]:
    """The tables of a file, each opened when it is asked for, and notes of what is not read.

    Args:
        path: the file; `-` is standard input.
        layout: how it is laid out.
        choices: names of columns that are asked for.
        closing: closes the file, when its rows have been read.

    Raises:
        GuandianError: for a file that is missing, empty, binary, or of an unknown format.
    """
    if layout.header_rows and not layout.header:
        raise GuandianError("--header-row and --no-header exclude each other", "say one of them")
    choices = tuple(name for name in choices if not name.isdecimal())  # others are positions
    packed = path.lower().endswith(PACKED)
    if path != "-":
        refuse_missing(path)
    form = layout.format or _format_of(path[: -len(PACKED)] if packed else path)
    if form in ("excel", "parquet", "old") and (packed or path == "-"):
        what = f"{path}: a packed workbook or Parquet file is not read"
        if path == "-":
            what = f"{form} cannot be read from standard input"
        raise GuandianError(what, "unpack it with gunzip" if packed else "give a file")
    stream = open_source(path, closing)
    if form == "old":
        form = _within_old(stream, path)
    if form == "excel":
        header = HeaderAt(layout.header, layout.header_rows, choices, layout.hidden == "skip")
        return read_excel(stream, path, layout.sheets, header, closing)
    if layout.sheets:
        raise GuandianError(f"{path} has no sheets: it is no workbook", "leave out --sheet")
    table = _table(stream, path, form, layout, choices)
    return [SheetOf("", path, lambda: table)], []


def _table(
    stream: BufferedReader, path: str, form: str, layout: Layout, choices: Sequence[str]
) -> Table:
    if form == "parquet":
        return read_parquet(stream, path)
    if path != "-":
        refuse_page(stream.peek(512)[:512], path)
    blocks, notes = text_blocks(stream, path, layout.encoding), list[str]()
    if layout.format is None and form in ("lines", "csv", "tsv"):
        line, blocks = first_line(blocks)
        form, notes = _by_content(form, line, path)
    if form in ("json", "jsonl"):
        table = read_json_rows(chain([next(blocks)], blocks), path, choices)
        return replace(table, note="\n".join(filter(None, (*notes, table.note))))
    lines = lines_of_blocks(blocks, path)
    lines = chain([next(lines)], lines)  # what is wrong with the whole file is told now
    if form == "lines":
        return replace(read_prose(lines, path), note="\n".join(notes))
    delimiter = layout.delimiter or ("\t" if form == "tsv" else None)
    table = read_delimited(lines, path, delimiter, layout.header, layout.header_rows, choices)
    return replace(table, note="\n".join(filter(None, (*notes, table.note))))


def _by_content(form: str, line: str, path: str) -> tuple[str, list[str]]:
    """The format that a first line tells, where its file's name tells another; and a note of it."""
    content = content_of(line)
    if form != "lines" and content != "json":
        return form, []
    if content is not None:
        return content, [told_as(content, path)]
    return form, list(filter(None, [may_name_columns(line, path)]))


def _format_of(path: str) -> Format | Literal["old"]:
    if path == "-":
        return "lines"
    ending = Path(path).suffix.lower()
    if ending == ".xls":
        return "old"
    refuse_file_kind(path)
    kind = _ENDINGS.get(ending)
    if kind is None:
        raise GuandianError(
            f"{path}: no format goes by the ending {Path(path).suffix!r}",
            f"known: {' '.join(_ENDINGS)}; or name it:"
            " --format csv|tsv|json|jsonl|lines|excel|parquet",
        )
    return kind


def _within_old(stream: BufferedReader, path: str) -> Format:
    """Tell what a file that ends in .xls is: many programs write other things under that name.

    Raises:
        GuandianError: for a real one, and for a page of HTML.
    """
    head = stream.peek(512)[:512]
    if head.startswith((OLD_OFFICE, *OLDER_OFFICE)):
        raise old_office(path)
    if head.startswith(ZIP):
        return "excel"
    refuse_page(head, path)
    return "csv"
