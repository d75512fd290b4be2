"""One row of a table as a review."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from guandian.domain import Review, Span
from guandian.errors import BadRow, GuandianError
from guandian.files.columns.guess import ColumnGuess
from guandian.files.columns.ratings import (
    Rating,
    as_rating,
    best_named,
    likely_best,
    says_no_rating,
)
from guandian.files.columns.values import as_text, as_time
from guandian.files.table import MAX_ROW, Aside, Rejected, Rows, Table, TableRow, looked_at

_ENCODING = "if the whole file looks wrong, name its encoding with --encoding"
_LOOKED_AT = 1000
"""Rows by which the scale of the ratings is guessed."""


@dataclass(frozen=True, slots=True)
class OpenTable:
    """A table whose columns are known.

    Attributes:
        path: of its file, with the sheet where there are several.
        table: the rows.
        guess: which column holds what.
        extra: what each review is told besides: of several sheets, which.
        best: the best rating that can be given, where its name or its rows tell.
        blank: a row without a text is a review all the same.
    """

    path: str
    table: Table
    guess: ColumnGuess
    extra: Mapping[str, str] = field(default_factory=dict)
    best: float | None = None
    blank: bool = False

    def ahead(self, rows: Rows, most: int) -> tuple[list[TableRow | Rejected | Aside], Rows]:
        """Its first rows, and all again; none of standard input: each waits for an answer.

        Args:
            rows: of the table.
            most: how many are looked at.
        """
        return ([], rows) if self.path == "-" else looked_at(rows, most)


def check_header(path: str, header: tuple[str, ...]) -> None:
    """Refuse names of columns that cannot be read.

    Raises:
        GuandianError: naming the column and what is wrong with it.
    """
    for name in header:
        if fault := _fault(name):
            shown = name.encode(errors="replace").decode()
            raise GuandianError(f"{path}: the column name {shown!r} cannot be read: {fault}")


def review_of(
    row: TableRow, source: OpenTable, number: str, time_format: str | None
) -> Review | None:
    """The review in a row; None where it has no text and needs one.

    Args:
        row: the row.
        source: the table that it stands in.
        number: its id, unless it has one of its own.
        time_format: how times are written, where that is known.

    Raises:
        BadRow: with the column and the reason why it is none.
    """
    values, guess = _texts(row, source), source.guess
    for name in guess.texts:
        if fault := _not_text(row, name, guess):
            raise BadRow(source.path, row.line, name, fault, element=row.element)
    text, spans = _joined({name: values.pop(name, "") for name in guess.texts})
    if not text.strip() and not source.blank:
        return None
    parts = {role: values.pop(name, "") for role, name in guess.columns.items() if role != "text"}
    rating = _rating(parts.get("rating", ""), source.best)
    time = as_time(parts.get("time", ""), time_format, source.table.later)
    unread = {
        role: guess.columns[role]
        for role, value in (("rating", rating), ("time", time))
        if value is None and parts.get(role)
    }
    values.update((column, parts[role]) for role, column in unread.items())
    if says_no_rating(parts.get("rating", "")):
        unread.pop("rating", None)
    values.update(source.extra)
    return Review(
        id=parts.get("id") or number,
        text=text,
        product=parts.get("product") or None,
        brand=parts.get("brand") or None,
        rating=rating and rating.value,
        scale=rating and rating.best,
        time=time,
        user=parts.get("user") or None,
        source=parts.get("source") or None,
        extra=MappingProxyType(values),
        parts=MappingProxyType(spans),
        unread=MappingProxyType(unread),
    )


def best_rating(source: OpenTable, rows: Rows) -> tuple[float | None, Rows]:
    """The best rating that can be given, None where it is not known; and the same rows.

    The column's name tells it, or the bulk of the first rows: that it is 10 or 100, and of all
    rows where they are few, that there are but thumbs. Five is left to be seen, for rows may be
    sorted by their rating.

    Args:
        source: the table.
        rows: its rows; the first are read now.
    """
    column = source.guess.columns.get("rating")
    if column is None:
        return None, rows
    if best := best_named(column):
        return best, rows
    first, rows = source.ahead(rows, _LOOKED_AT)
    cells = (as_text(row.values.get(column)) or "" for row in first if isinstance(row, TableRow))
    ratings = (as_rating(cell) for cell in cells)
    counts = Counter(rating.value for rating in ratings if rating and rating.best is None)
    best = likely_best(counts)
    sure = best in (10, 100) or (best == 1 and len(first) < _LOOKED_AT)
    return best if sure else None, rows


def _rating(cell: str, best: float | None) -> Rating | None:
    """The rating in a cell; None where it is beyond the `best` that can be given."""
    rating = as_rating(cell)
    if rating is None or rating.best or best is None:
        return rating
    return Rating(rating.value, best) if rating.value <= best else None


def _texts(row: TableRow, source: OpenTable) -> dict[str, str]:
    """The cells as texts, without those that hold nothing.

    What cells that are merged hold, other than a text, holds in each of their rows.
    """
    values: dict[str, str] = {}
    size, path, texts = 0, source.path, source.guess.texts
    for name, value in row.values.items():
        held = row.merged.get(name) if value is None and name not in texts else value
        text = as_text(held)
        if text is None:
            continue
        if fault := _fault(text) or _fault(name):
            shown = name.encode(errors="replace").decode()
            raise BadRow(path, row.line, shown, fault, element=row.element)
        values[name] = text
        size += len(text)
    if size > MAX_ROW:
        fault = f"a row of more than {MAX_ROW:,} characters"
        raise BadRow(path, row.line, "", fault, element=row.element)
    return values


def _joined(texts: Mapping[str, str]) -> tuple[str, dict[str, Span]]:
    """The parts of a review as one text, a line break between them, and where each stands.

    A text of one column has no parts.
    """
    if len(texts) == 1:
        return next(iter(texts.values())), {}
    spans, end = dict[str, Span](), -1
    filled = {name: text for name, text in texts.items() if text.strip()}
    for name, text in filled.items():
        spans[name] = Span(end + 1, end + 1 + len(text))
        end = spans[name].end
    return "\n".join(filled.values()), spans


def _not_text(row: TableRow, column: str, guess: ColumnGuess) -> str | None:
    """Find what is wrong with a text of the review, as the file has it; None when it may be one."""
    if column not in row.values:
        if any(name in row.values for name in guess.texts):
            return None
        shown = ", ".join(row.values).encode(errors="replace").decode()
        return f"no key {column!r} (this row has: {shown[:200]})"
    value = row.values[column]
    # Only JSON says itself what is a text; a spreadsheet makes a number of whatever looks like one.
    if isinstance(value, (bool, list, dict) if not row.raw else (bool, int, float, list, dict)):
        return f"not a text but {json.dumps(value, ensure_ascii=False, default=str)[:40]}"
    return None


def _fault(text: str) -> str | None:
    if "\0" in text:
        return f"a NUL character (character {text.index(chr(0)) + 1})"
    if text.isascii():
        return None
    try:
        text.encode()
    except UnicodeEncodeError as error:
        code, position = ord(text[error.start]), f"(character {error.start + 1})"
        if 0xDC80 <= code <= 0xDCFF:  # how the decoder keeps a byte that it cannot read
            return (
                f"byte 0x{code - 0xDC00:02X} is not in the file's encoding {position}; {_ENCODING}"
            )
        return f"a lone surrogate U+{code:04X} {position}"
    return None
