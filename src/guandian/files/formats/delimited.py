"""CSV and its relatives: records with right physical line numbers, also after a broken quote."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from guandian.errors import BadRow, GuandianError
from guandian.files.columns.guess import known_roles
from guandian.files.columns.heading import LOOKED_AT, Line, find_heading
from guandian.files.table import (
    MAX_ROW,
    OTHER_HEADER,
    Rejected,
    Rows,
    Table,
    TableRow,
    check_width,
    empty,
)

_DELIMITERS = ",\t;|"
_MOST_BLANK = 1 << 20
_SAID = re.compile(r'\s*sep=([^"\r\n])\s*', re.IGNORECASE)
"""How Excel is told what stands between columns."""


def read_delimited(
    lines: Iterator[str],
    path: str,
    delimiter: str | None = None,
    has_header: bool = True,
    header_rows: tuple[int, int] | None = None,
    wanted: Sequence[str] = (),
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
        wanted: names of columns that are asked for.

    Raises:
        GuandianError: when there is no row, the header cannot be read, or `delimiter` is not one
            character.
    """
    if delimiter and (len(delimiter) > 1 or delimiter in '"\r\n'):
        raise GuandianError(
            f"{delimiter!r} cannot stand between columns",
            "give one character, such as --delimiter ';'; for a tab say --format tsv",
        )
    source = _Lines(lines)
    first = next((line for line in source if line.strip()), None)
    if first is not None and (said := _SAID.fullmatch(first)):
        delimiter = delimiter or said[1]
        first = next((line for line in source if line.strip()), None)
    if first is None:
        raise empty(path)
    source.put_back([first])
    csv.field_size_limit(max(MAX_ROW, csv.field_size_limit()))
    records = _records(source, delimiter or _sniff(source, wanted, path), path)
    head = next(records)
    if isinstance(head, _Record):
        check_width(len(head.cells), path)
    if isinstance(head, Rejected) and not header_rows:
        raise GuandianError(f"the header cannot be read: {head.error.problem}", "repair that line")
    taken = [head]
    if not has_header:
        assert isinstance(head, _Record)
        header = tuple(str(position) for position in range(1, len(head.cells) + 1))
        return Table(header, _rows(chain(taken, records), header, path))
    seen = _seen(chain([head], records), taken)
    first_row = next(seen, None)
    if first_row is None:
        raise empty(path)
    heading = find_heading(chain([first_row], seen), path, header_rows, wanted)
    below = list(_below(taken, heading.below))
    return Table(heading.header, _rows(chain(below, records), heading.header, path), heading.note)


@dataclass(frozen=True, slots=True)
class _Record:
    line: int
    cells: list[str]
    raw: str


class _Lines:
    """Numbered lines, of which some can be put back to be read again."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._again: deque[str] = deque()
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self.number += 1
        return line

    def put_back(self, lines: list[str]) -> None:
        self._again.extendleft(reversed(lines))
        self.number -= len(lines)


def _sniff(source: _Lines, wanted: Sequence[str], path: str) -> str:
    """What cuts the first line most; where that names no text, what makes a later one do so."""
    first = next(source)
    source.put_back([first])
    ranked = sorted(_DELIMITERS, key=lambda one: -len(_cut(first, one)))
    cells = _cut(first, ranked[0])
    check_width(len(cells), path)
    if "text" in known_roles(cells) and sum(map(bool, cells)) >= min(2, len(cells)):
        return ranked[0]
    lines = list(islice(source, LOOKED_AT))
    source.put_back(lines)
    for line in lines:
        for one in ranked:
            cells = _cut(line, one)
            known = "text" in known_roles(cells) or any(name in cells for name in wanted)
            if len(cells) > 1 and known:
                return one
    return ranked[0]


def _cut(line: str, delimiter: str) -> list[str]:
    return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter))]


def _seen(records: Iterator[_Record | Rejected], taken: list[_Record | Rejected]) -> Iterator[Line]:
    """The rows that may name the columns; `taken` gets whatever is read on the way.

    Where rows have blank cells alone without an end, nothing names them.
    """
    taken.clear()
    blank = 0
    for record in records:
        cells = [] if isinstance(record, Rejected) else [cell.strip() for cell in record.cells]
        if isinstance(record, Rejected) or any(cells):
            taken.append(record)
        if any(cells):
            yield record.line, cells  # type: ignore[union-attr]
        blank += not any(cells)
        if blank > _MOST_BLANK:
            return


def _below(taken: list[_Record | Rejected], above: int) -> Iterator[_Record | Rejected]:
    """What was taken behind the first `above` rows that hold something."""
    for record in taken:
        if above:
            above -= isinstance(record, _Record)
        else:
            yield record


def _rows(records: Iterator[_Record | Rejected], header: tuple[str, ...], path: str) -> Rows:
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


def _records(source: _Lines, delimiter: str, path: str) -> Iterator[_Record | Rejected]:
    for line in source:
        number = source.number
        if '"' not in line:
            bare = _bare(line)
            yield _Record(number, bare.split(delimiter) if bare else [], line)
            continue
        taken = [line]
        try:
            cells = next(csv.reader(_feed(source, taken), delimiter=delimiter, strict=True))
        except csv.Error as error:
            # The quote is this line's fault: the lines that it swallowed are read on their own.
            source.put_back(taken[1:])
            yield Rejected(BadRow(path, number, "", f"broken quote ({error})"), line)
        else:
            yield _Record(number, cells, "".join(taken))


def _feed(source: _Lines, taken: list[str]) -> Iterator[str]:
    yield taken[0]
    size = len(taken[0])
    for line in source:
        taken.append(line)
        size += len(line)
        if size > MAX_ROW:
            raise csv.Error(f"not closed within {MAX_ROW:,} characters")
        yield line


def _bare(line: str) -> str:
    return line.removesuffix("\n").removesuffix("\r")
