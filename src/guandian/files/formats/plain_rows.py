"""Rows of a table or of JSON Lines whose columns go by their names, whatever they are about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import chain
from pathlib import Path

from guandian.errors import BadRow, GuandianError
from guandian.files.formats.delimited import read_delimited
from guandian.files.formats.encoding import text_lines
from guandian.files.formats.source import open_source
from guandian.files.table import Rejected, TableRow
from guandian.io.strict_json import RepeatedKey, read_json


def table_rows(path: Path, closing: ExitStack) -> Iterator[TableRow | Rejected]:
    """The rows of a table or of JSON Lines.

    Args:
        path: the file, also packed with gzip.
        closing: closes it.

    Raises:
        GuandianError: for another ending, an empty file, or a header that cannot be read.
    """
    name = str(path)
    lines = text_lines(open_source(name, closing), name, None)
    ending = Path(name.removesuffix(".gz")).suffix.lower()
    if ending in (".jsonl", ".ndjson"):
        yield from _json_rows(lines, name)
        return
    if ending not in (".csv", ".tsv", ".txt"):
        raise GuandianError(
            f"{name}: no rows are read from files that end in {ending!r}",
            "give a file that ends in .csv, .tsv or .jsonl",
        )
    first = next(lines)
    table = read_delimited(chain([first], lines), name, _delimiter(first), header_rows=(1, 1))
    for row in table.rows:
        if isinstance(row, TableRow | Rejected):
            yield row


def _delimiter(line: str) -> str:
    return max(",\t;|", key=line.count)


def _json_rows(lines: Iterator[str], path: str) -> Iterator[TableRow | Rejected]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            values = read_json(line)
        except (ValueError, RecursionError, RepeatedKey) as error:
            yield Rejected(BadRow(path, number, "", f"not JSON: {error}"), line)
            continue
        if not isinstance(values, dict):
            yield Rejected(BadRow(path, number, "", "not an object"), line)
            continue
        yield TableRow(number, values, line)
