"""Columns that hold sentences, whatever they are called: none is left out without a word."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from guandian.files.columns.guess import ColumnChoice, guess_columns, may_be_text, only_follow_up
from guandian.files.columns.review import OpenTable
from guandian.files.columns.values import as_text, as_time
from guandian.files.table import TableRow
from guandian.wording import say

_LOOKED_AT = 50
_LEAST = 3
_SHORT, _LONG = 6, 15
"""Characters of a usual cell: of what may be the text beside follow-ups, and of what is told."""


def with_prose(one: OpenTable, columns: ColumnChoice) -> OpenTable:
    """The table; with the text before a follow-up that was taken alone, and a note of what is left.

    Args:
        one: the table, whose first rows are read now.
        columns: which the caller named.
    """
    if "text" in one.guess.chosen:
        return one
    first, rows = one.ahead(one.table.rows, _LOOKED_AT)
    given = [row for row in first if isinstance(row, TableRow)]
    one = replace(one, table=replace(one.table, rows=rows))
    if only_follow_up(one.guess):
        found = next(_prose(one, given, _SHORT), None)
        if found:
            asked = replace(columns, text=(found, *one.guess.texts))
            guess = guess_columns(one.table.header, asked, one.path)
            one = replace(one, guess=replace(guess, chosen=one.guess.chosen))
    left = [*_prose(one, given, _LONG)]
    if not left:
        return one
    option = " ".join(f"--text-column {name!r}" for name in (*one.guess.texts, left[0]))
    words = say("含有成句的文字，未读作评论", "holds sentences and is not read as the review")
    how = say(f"要读取请写 {option}", f"{option} reads it")
    note = f"{one.path}: {', '.join(left)}: {words}; {how}"
    told = "\n".join(filter(None, (one.table.note, note)))
    return replace(one, table=replace(one.table, note=told))


def _prose(one: OpenTable, rows: list[TableRow], length: int) -> Iterator[str]:
    """The columns without a role that usually hold so many characters of words, each its own."""
    for name in one.guess.passed:
        cells = [text for row in rows if (text := (as_text(row.values.get(name)) or "").strip())]
        if len(cells) < _LEAST or not may_be_text(name):
            continue
        usual = sorted(map(_words, cells))[len(cells) // 2]
        if usual >= length and 2 * len(set(cells)) > len(cells):
            yield name


def _words(cell: str) -> int:
    """Characters of words: none of a number, a time, an address or an object."""
    if cell.startswith(("http:", "https:", "{", "[")) or as_time(cell) or "@" in cell:
        return 0
    if not any("一" <= character <= "鿿" for character in cell) and len(cell.split()) < _LEAST:
        return 0
    return sum(map(str.isalpha, cell))
