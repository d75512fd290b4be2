"""CSV and its relatives: records with right physical line numbers, also after a broken quote."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from guandian.errors import BadRow, GuandianError
from guandian.files.table import MAX_ROW, Rejected, Row, Rows, Table, empty, named

_DELIMITERS = ",\t;"


def read_delimited(
    lines: Iterator[str], path: str, delimiter: str | None, has_header: bool
) -> Table:
    """The table in `lines`; without `delimiter` the one that cuts the first line most.

    Without a header the columns are called 1, 2, 3, ...

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
    if first is None:
        raise empty(path)
    source.put_back([first])
    csv.field_size_limit(max(MAX_ROW, csv.field_size_limit()))
    records = _records(source, delimiter or _sniff(first), path)
    head = next(records)
    if isinstance(head, Rejected):
        raise GuandianError(f"the header cannot be read: {head.error.problem}", "repair that line")
    if has_header:
        header = named(head.cells)
        return Table(header, _rows(records, header, path))
    header = tuple(str(position) for position in range(1, len(head.cells) + 1))
    return Table(header, _rows(_chained(head, records), header, path))


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


def _sniff(line: str) -> str:
    return max(_DELIMITERS, key=lambda one: len(next(csv.reader([line], delimiter=one))))


def _chained(head: _Record, records: Iterator[_Record | Rejected]) -> Iterator[_Record | Rejected]:
    yield head
    yield from records


def _rows(records: Iterator[_Record | Rejected], header: tuple[str, ...], path: str) -> Rows:
    for record in records:
        if isinstance(record, Rejected):
            yield record
        elif len(record.cells) > 1 and not any(cell.strip() for cell in record.cells):
            continue  # a spreadsheet writes its empty rows as delimiters alone
        elif len(record.cells) != len(header):
            reason = f"{len(record.cells)} cells where the header has {len(header)}"
            yield Rejected(BadRow(path, record.line, "", reason), record.raw)
        else:
            yield Row(record.line, dict(zip(header, record.cells, strict=True)), record.raw)


def _records(source: _Lines, delimiter: str, path: str) -> Iterator[_Record | Rejected]:
    for line in source:
        number = source.number
        if '"' not in line:
            if bare := _bare(line):
                yield _Record(number, bare.split(delimiter), line)
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
