"""Columns that hold sentences, whatever they are called: none is left out without a word."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from guandian.files.columns.choice import ColumnChoice, columns_option
from guandian.files.columns.guess import (
    guess_columns,
    is_answer,
    may_be_text,
    only_follow_up,
)
from guandian.files.columns.review import OpenTable
from guandian.files.columns.values import as_text, as_time
from guandian.files.table import TableRow
from guandian.wording import say

_LOOKED_AT = 50
_LEAST, _PHRASE = 3, 2
"""Words of a sentence, and cells of a column, at least; words of an answer."""
_CHOICES = 8
"""Different answers that may have been ticked in a list."""
_SILENT = 4
"""Characters of a cell that may say nothing: 没有, (空), none."""
_SHORT, _LONG = 6, 15
"""Characters of a usual cell: of what may be the text beside follow-ups, and of what is told."""


def with_prose(source: OpenTable, columns: ColumnChoice) -> OpenTable:
    """The table; with the text before a follow-up that was taken alone, and a note of what is left.

    Args:
        source: the table, whose first rows are read now.
        columns: which the caller named.
    """
    if "text" in source.guess.chosen:
        return source
    first, rows = source.ahead(source.table.rows, _LOOKED_AT)
    sample = [row for row in first if isinstance(row, TableRow)]
    source = replace(source, table=replace(source.table, rows=rows))
    if only_follow_up(source.guess):
        column = next(_prose(source, sample, _SHORT), None)
        if column:
            choice = replace(columns, text=(column, *source.guess.texts))
            guess = guess_columns(source.table.header, choice, source.path)
            source = replace(source, guess=replace(guess, chosen=source.guess.chosen))
    left = [*_prose(source, sample, _LONG)]
    if not left:
        return source
    option = columns_option((*source.guess.texts, *left))
    words = say(
        "holds sentences and is not read as the review; to read it: {option}",
        option=option,
        between=" / ",
    )
    note = f"{source.path}: {', '.join(left)}: {words}"
    notes = "\n".join(filter(None, (source.table.note, note)))
    return replace(source, table=replace(source.table, note=notes))


def _prose(source: OpenTable, rows: list[TableRow], length: int) -> Iterator[str]:
    """The columns without a role that usually hold so many characters of words, each its own.

    Of an answer to a question a phrase is enough, and those who say nothing do not count.
    """
    for name in source.guess.passed:
        cells = [text for row in rows if (text := (as_text(row.values.get(name)) or "").strip())]
        answer = is_answer(name)
        least, words = (_SHORT, _PHRASE) if answer else (length, _LEAST)
        if answer:
            cells = [text for text in cells if len(text) > _SILENT]
        if len(cells) < _LEAST or not may_be_text(name):
            continue
        usual = sorted(_words(cell, words) for cell in cells)[len(cells) // 2]
        different = len(set(cells))
        if usual >= least and (2 * different > len(cells) or (answer and different > _CHOICES)):
            yield name


def _words(cell: str, least: int) -> int:
    """Characters of words: none of a number, a time, an address, an object, or too few words."""
    if cell.startswith(("http:", "https:", "{", "[")) or as_time(cell) or "@" in cell:
        return 0
    if not any("一" <= character <= "鿿" for character in cell) and len(cell.split()) < least:
        return 0
    return sum(map(str.isalpha, cell))
