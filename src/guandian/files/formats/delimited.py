"""Tables of CSV and its relatives: delimiters are guessed and headings found."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice

from guandian.errors import BadRow, GuandianError
from guandian.files.columns.guess import known_roles
from guandian.files.columns.heading import LOOKED_AT, Line, find_heading
from guandian.files.table import (
    OTHER_HEADER,
    Rejected,
    Rows,
    Table,
    TableRow,
    check_width,
    empty,
    unwrapped,
)
from guandian.io.delimited_records import Broken, NumberedLines, Record, read_records

_DELIMITERS = ",\t;|"
_MOST_BLANK = 1 << 20
SEPARATOR = re.compile(r'\s*sep=([^"\r\n])\s*', re.IGNORECASE)
"""The first line by which Excel is told the delimiter."""


def read_delimited(
    lines: Iterator[str],
    path: str,
    delimiter: str | None = None,
    has_header: bool = True,
    header_rows: tuple[int, int] | None = None,
    choices: Sequence[str] = (),
) -> Table:
    """The table in `lines`; its header may stand below title rows, and a line `sep=;` before all.

    Without `delimiter` it is the one that cuts the header most. Without a header the columns are
    called 1, 2, 3, ...

    Args:
        lines: the lines.
        path: for errors and notes.
        delimiter: what stands between columns.
        has_header: whether a row names the columns.
        header_rows: the first and the last line that name them; None guesses.
        choices: names of columns that are asked for.

    Raises:
        GuandianError: when there is no row, the header cannot be read, or `delimiter` is not one
            character.
    """
    if delimiter and (len(delimiter) > 1 or delimiter in '"\r\n'):
        raise GuandianError(
            f"{delimiter!r} cannot stand between columns",
            "give one character, such as --delimiter ';'; for a tab say --format tsv",
        )
    source = NumberedLines(lines)
    first = next((line for line in source if line.strip()), None)
    if first is not None and (separator := SEPARATOR.fullmatch(first)):
        delimiter = delimiter or separator[1]
        first = next((line for line in source if line.strip()), None)
    if first is None:
        raise empty(path)
    source.put_back([first])
    records = _records(source, delimiter or _sniff(source, choices, path), path)
    head = next(records)
    if isinstance(head, Record):
        check_width(len(head.cells), path)
    if isinstance(head, Rejected) and not header_rows:
        raise GuandianError(f"the header cannot be read: {head.error.problem}", "repair that line")
    buffer = [head]
    if not has_header:
        assert isinstance(head, Record)
        header = tuple(str(position) for position in range(1, len(head.cells) + 1))
        return Table(header, _rows(chain(buffer, records), header, path))
    seen = _seen(chain([head], records), buffer)
    first_row = next(seen, None)
    if first_row is None:
        raise empty(path)
    heading = find_heading(chain([first_row], seen), path, header_rows, choices)
    below = list(_below(buffer, heading.below))
    return Table(heading.header, _rows(chain(below, records), heading.header, path), heading.note)


def _sniff(source: NumberedLines, choices: Sequence[str], path: str) -> str:
    """What cuts the first line most; where that names no text, what makes a later one do so."""
    first = next(source)
    source.put_back([first])
    ranked = sorted(_DELIMITERS, key=lambda delimiter: -len(_cut(first, delimiter)))
    cells = _cut(first, ranked[0])
    check_width(len(cells), path)
    if "text" in known_roles(cells) and sum(map(bool, cells)) >= min(2, len(cells)):
        return ranked[0]
    lines = list(islice(source, LOOKED_AT))
    source.put_back(lines)
    for line in lines:
        for delimiter in ranked:
            cells = _cut(line, delimiter)
            has_text = "text" in known_roles(cells) or any(name in cells for name in choices)
            if len(cells) > 1 and has_text:
                return delimiter
    return ranked[0]


def _cut(line: str, delimiter: str) -> list[str]:
    return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter))]


def _seen(records: Iterator[Record | Rejected], buffer: list[Record | Rejected]) -> Iterator[Line]:
    """The rows that may name the columns; `buffer` gets whatever is read on the way.

    Where rows have blank cells alone without an end, nothing names them.
    """
    buffer.clear()
    blank = 0
    for record in records:
        cells = [] if isinstance(record, Rejected) else [cell.strip() for cell in record.cells]
        if isinstance(record, Rejected) or any(cells):
            buffer.append(record)
        if any(cells):
            yield record.line, cells  # type: ignore[union-attr]
        blank += not any(cells)
        if blank > _MOST_BLANK:
            return


def _below(buffer: list[Record | Rejected], above: int) -> Iterator[Record | Rejected]:
    """Yield what stands in the buffer behind the first `above` rows that hold something."""
    for record in buffer:
        if above:
            above -= isinstance(record, Record)
        elif isinstance(record, Record) and '="' in record.raw:
            yield replace(record, cells=[unwrapped(cell) for cell in record.cells])
        else:
            yield record


def _rows(records: Iterator[Record | Rejected], header: tuple[str, ...], path: str) -> Rows:
    gap = False
    for record in records:
        if isinstance(record, Rejected):
            yield record
            continue
        cells = record.cells
        if not any(cell.strip() for cell in cells):
            gap = True  # a spreadsheet writes its empty rows as delimiters alone
            if len(cells) > 1 or not cells:
                continue
        while len(cells) > len(header) and not cells[-1].strip():
            cells = cells[:-1]
        if len(cells) != len(header):
            reason = f"{len(record.cells)} cells where the header has {len(header)}"
            yield Rejected(BadRow(path, record.line, "", reason, OTHER_HEADER), record.raw)
        else:
            values = dict(zip(header, cells, strict=True))
            yield TableRow(record.line, values, record.raw, gap=gap)
        gap = False


def _records(source: NumberedLines, delimiter: str, path: str) -> Iterator[Record | Rejected]:
    for record in read_records(source, delimiter):
        if isinstance(record, Broken):
            bad = BadRow(path, record.line, "", f"broken quote ({record.reason})")
            yield Rejected(bad, record.raw)
        elif '="' in record.raw:
            yield replace(record, cells=[unwrapped(cell) for cell in record.cells])
        else:
            yield record
