"""People's review files in: every format, one iterator of reviews."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Literal, Self

from guandian.domain import Review
from guandian.errors import BadRow, GuandianError, reason
from guandian.files.columns.choice import ROLES, ColumnChoice
from guandian.files.columns.day_formats import ColumnTimes
from guandian.files.columns.guess import (
    ColumnGuess,
    guess_columns,
    may_be_review,
)
from guandian.files.columns.not_reviews import KINDS, Counted, reviews_of
from guandian.files.columns.not_reviews import count_notes as told_of
from guandian.files.columns.prose import with_prose
from guandian.files.columns.review import OpenTable, best_rating, check_header, review_of
from guandian.files.columns.values import as_text, check_time_format
from guandian.files.formats.opening import Layout, open_tables
from guandian.files.formats.workbook import SheetOf
from guandian.files.rejects import RejectFile
from guandian.files.table import Aside, NoReviews, Rejected, Table, TableRow, begun, empty
from guandian.wording import say

OnError = Literal["stop", "skip"]

SHEET = "sheet"
"""The column that tells the sheet, where several sheets of a workbook are read."""


class ReviewReader:
    """The reviews of one file, read as they are asked for; it closes itself at the end.

    Attributes:
        tables: what it reads: the file, or the sheets of a workbook.
        read: reviews given out so far.
        rejected: rows skipped so far because they cannot be read.
        empty: rows skipped so far because their text is empty.
        aside: rows skipped so far because they are no reviews, such as totals.
    """

    def __init__(
        self,
        path: str,
        tables: Sequence[OpenTable],
        rejects: RejectFile | None,
        held: ExitStack,
        unnamed: str = "",
        layout: Layout | None = None,
        notes: Sequence[str] = (),
    ) -> None:
        self._path, self.tables = path, tuple(tables)
        self._repair = "--on-error skip goes on without such rows" if layout else ""
        self._excel = path.lower().endswith((".xlsx", ".xlsm", ".xls"))
        layout = layout or Layout()
        self._form, self._skip_hidden = layout.time_format, layout.hidden == "skip"
        self.read = self.rejected = self.empty = self.aside = 0
        self._counted: dict[str, dict[str, Counted]] = {}
        self._rows = self._all()
        self._rejects, self._held = rejects, held
        self._unnamed = unnamed
        table_notes = (source.table.note.splitlines() for source in tables)
        self._notes = [*notes, *(line for lines in table_notes for line in lines)]
        self._blank, self._times = Counter[str](), dict[str, ColumnTimes]()

    @property
    def guess(self) -> ColumnGuess:
        """The guess of which column holds what, of several sheets in the first."""
        return self.tables[0].guess

    @property
    def notes(self) -> list[str]:
        """The notes for who reads the reviews so far: what they must know of the file."""
        notes = list(self._notes)
        for path, counted in self._counted.items():
            notes += told_of(path, counted)
        for columns, number in self._blank.items():
            notes.append(f"{columns}: {_blank(number, excel=self._excel)}")
        for column, times in self._times.items():
            if note := times.note():
                notes.append(f"{column}: {note}")
        return notes

    def __iter__(self) -> ReviewReader:
        return self

    def __next__(self) -> Review:
        while True:
            source, row = self._next_row()
            if isinstance(row, Aside):
                self.aside += 1
                self._count(source, row.kind, row.line)
                continue
            try:
                if isinstance(row, Rejected):
                    raise row.error
                before = self.read + self.rejected + self.empty + self.aside
                number = f"{self._unnamed}{before + 1}"
                review = review_of(row, source, number, self._form)
            except BadRow as error:
                if self._rejects is None:
                    self.close()
                    raise error if error.repair else error.repaired(self._repair) from None
                self.rejected += 1
                self._rejects.add(error, row.raw or _raw(row))
            else:
                if review is None:
                    self.empty += 1
                    self._blank[f"{source.path}: {' + '.join(source.guess.texts)}"] += 1
                    continue
                self.read += 1
                for kind, counts in (("shown", row.hidden), ("rounded", row.rounded)):
                    if counts:
                        self._count(source, kind, row.number)
                self._count_time(row, review, source)
                return review

    def close(self) -> None:
        """Give the file back."""
        self._held.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def _count(self, source: OpenTable, kind: str, line: int) -> None:
        counted = self._counted.setdefault(source.path, {})
        number, first = counted.get(kind, (0, line))
        counted[kind] = Counted(number + 1, first)

    def _count_time(self, row: TableRow, review: Review, source: OpenTable) -> None:
        if (column := source.guess.columns.get("time")) is None:
            return
        cell = (as_text(row.values.get(column)) or "").strip()
        if not (cell or review.time):
            return
        times = self._times.setdefault(f"{source.path}: {column}", ColumnTimes(self._form))
        times.add(cell, unread=not review.time)

    def _all(self) -> Iterator[tuple[OpenTable, TableRow | Rejected | Aside]]:
        for source in self.tables:
            rows = reviews_of(source, skip_hidden=self._skip_hidden)
            best, rows = best_rating(source, rows)
            rated = replace(source, best=best)
            for row in rows:
                yield rated, row
        if self.aside and not (self.read or self.rejected or self.empty):
            kinds = "; ".join(
                f"{KINDS[kind]}: {count.number:,}"
                for counted in self._counted.values()
                for kind, count in counted.items()
            )
            raise NoReviews(f"{self._path} holds no review: {kinds}", "give a file with reviews")
        if self.empty and not self.read and not self.rejected:
            texts, path = " + ".join(self.guess.texts), self._path
            raise NoReviews(
                f"{path}: {texts}: the text is empty in each of its {self.empty:,} rows",
                "name another column with --columns text=NAME; if it holds Excel formulas, open the"
                " file in Excel and save it, so that their values are stored",
            )

    def _next_row(self) -> tuple[OpenTable, TableRow | Rejected | Aside]:
        try:
            return next(self._rows)
        except (StopIteration, GuandianError):
            self.close()
            raise
        except OSError as error:
            self.close()
            raise GuandianError(f"cannot go on reading {self._path}: {reason(error)}") from error


def read_reviews(
    path: str | Path,
    columns: ColumnChoice | None = None,
    *,
    on_error: OnError = "stop",
    rejects: RejectFile | None = None,
    layout: Layout | None = None,
    unnamed: str = "",
) -> ReviewReader:
    """Open a file of reviews; its columns are known at once, its rows are read on the way.

    A review without an id of its own gets the number of its row. Columns without a role are
    passed through in `Review.extra`; so are a rating and a time that cannot be read as such. Rows
    without a text are skipped and counted. Of a workbook every sheet that is not hidden is read,
    unless `layout` names some, and `Review.extra` tells the sheet where there are several.

    Args:
        path: CSV, TSV, JSON, JSON Lines, text (one review a line), Excel or Parquet; `-` is
            standard input.
        columns: which columns to take, where the guess is not wanted.
        on_error: `stop` raises at the first bad row, `skip` hands it to `rejects` and goes on.
        rejects: what keeps the skipped rows; None only counts them.
        layout: format, encoding and so on, where the guess is not wanted.
        unnamed: what stands before the number in the id of a review without one of its own.

    Raises:
        GuandianError: for a file that is missing, empty, binary, of an unknown encoding, without
            a column of text or without a row below its header; and from the iterator `BadRow`,
            with file, line, column and reason.
    """
    name, layout, columns = str(path), layout or Layout(), columns or ColumnChoice()
    if layout.time_format:
        check_time_format(layout.time_format)
    with ExitStack() as closing:
        sheets, notes = open_tables(name, layout, _wanted(columns), closing)
        tables, left = _opened(name, sheets, columns, layout)
        reject_file = (rejects or RejectFile()) if on_error == "skip" else None
        notes += left
        return ReviewReader(name, tables, reject_file, closing.pop_all(), unnamed, layout, notes)


def review_rows(
    rows: Iterable[Mapping[str, object]], columns: ColumnChoice | None = None
) -> ReviewReader:
    """Rows that are in memory, such as a list of dicts, read as `read_reviews` reads a file.

    None is skipped, so that the reviews stand in the order of the rows: one without a text is a
    review with nothing to read.

    Raises:
        GuandianError: no row, or no key that holds a text; and from the iterator `BadRow`.
    """
    name, records = "rows", list(rows)
    if not records:
        raise empty(name)
    header = tuple(dict.fromkeys(str(key) for row in records for key in row))
    check_header(name, header)
    guess = guess_columns(header, columns or ColumnChoice(), name)
    numbered = (
        TableRow(number, {str(key): value for key, value in row.items()})
        for number, row in enumerate(records, start=1)
    )
    table = Table(header, numbered)
    return ReviewReader(name, [OpenTable(name, table, guess, blank=True)], None, ExitStack())


def _blank(number: int, *, excel: bool) -> str:
    zh = "（空白，或没有存储值的 Excel 公式）" if excel else ""
    en = " (blank, or an Excel formula without a stored value)" if excel else ""
    return say("{number:,} rows without a text skipped{en}", number=number, en=en, zh=zh)


def _wanted(columns: ColumnChoice) -> list[str]:
    choices = [getattr(columns, role) for role in ROLES]
    return [
        name
        for choice in choices
        for name in (choice if isinstance(choice, tuple) else (choice,))
        if name
    ]


def _opened(
    path: str, sheets: Sequence[SheetOf], columns: ColumnChoice, layout: Layout
) -> tuple[list[OpenTable], list[str]]:
    """The tables that have reviews, and notes of those that have none.

    Raises:
        GuandianError: when none has any, or one that was asked for has not.
    """
    opened, without = dict[str, OpenTable](), dict[str, NoReviews]()
    headless = list[str]()
    for sheet in sheets:
        location, header = sheet.path, tuple[str, ...]()
        try:
            table = sheet.open()
            header = table.header
            check_header(location, table.header)
            guess = guess_columns(table.header, columns, location, layout.header)
            table = begun(table, location)
            opened[sheet.name] = with_prose(OpenTable(location, table, guess), columns)
        except NoReviews as error:
            if len(sheets) == 1 or layout.sheets:
                raise
            without[sheet.name] = error
            if may_be_review(header):
                headless.append(sheet.name)
    if not opened:
        raise next(iter(without.values()))
    tables = list(opened.values())
    if len(tables) > 1:
        column = SHEET
        while any(column in source.table.header for source in tables):
            column += "*"
        tables = [
            replace(
                source,
                extra={column: name},
                guess=replace(source.guess, passed=(*source.guess.passed, column)),
            )
            for name, source in opened.items()
        ]
    return tables, _left(path, without, headless)


def _left(path: str, without: Mapping[str, NoReviews], headless: Sequence[str]) -> list[str]:
    notes = []
    if others := [name for name in without if name not in headless]:
        left = say("sheets without reviews, not read")
        why = say("--sheet NAME says why", between="; ")
        notes.append(f"{path}: {left}: {', '.join(others)}; {why}")
    if headless:
        left = say("sheets without a header, whose first row may be a review, not read")
        reads = say("reads it")
        option = f"--sheet {headless[0]!r} --no-header --columns text=1"
        notes.append(f"{path}: {left}: {', '.join(headless)}; {option} {reads}")
    return notes


def _raw(row: TableRow | Rejected) -> str:
    values = row.values if isinstance(row, TableRow) else {}
    return json.dumps(dict(values), ensure_ascii=False, default=str)
