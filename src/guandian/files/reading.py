"""People's review files in: every format, one iterator of reviews."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from io import BufferedReader
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Literal, Self, cast

from guandian.domain import Review
from guandian.errors import BadRow, GuandianError
from guandian.files.columns import ColumnChoice, ColumnGuess, guess_columns
from guandian.files.decode import text_lines
from guandian.files.delimited import read_delimited
from guandian.files.lines import read_json_lines, read_lines
from guandian.files.rejects import RejectFile
from guandian.files.table import Rejected, Row, Table, begun, empty
from guandian.files.values import as_rating, as_text, as_time, check_time_format
from guandian.files.workbook import read_excel, read_parquet

Format = Literal["csv", "tsv", "jsonl", "lines", "excel", "parquet"]
OnError = Literal["stop", "skip"]

_ENCODING = "if the whole file looks wrong, name its encoding with --encoding"
_ENDINGS: Mapping[str, Format] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".txt": "lines",
    ".xlsx": "excel",
    ".xlsm": "excel",
    ".parquet": "parquet",
    ".pq": "parquet",
}


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is laid out, where its name and its content are not to decide.

    Attributes:
        format: None goes by the ending, and reads standard input as one review a line.
        encoding: None finds UTF-8, UTF-16 with a mark, and GB18030.
        delimiter: None finds comma, tab or semicolon.
        header: whether the first row of a CSV, TSV or Excel file names the columns.
        sheet: of an Excel file; None is its first.
        time_format: how times are written, as `datetime.strptime` takes it; None reads the
            forms of which there is only one reading.
    """

    format: Format | None = None
    encoding: str | None = None
    delimiter: str | None = None
    header: bool = True
    sheet: str | None = None
    time_format: str | None = None


class ReviewReader:
    """The reviews of one file, read as they are asked for; it closes itself at the end.

    Attributes:
        guess: which column holds what.
        read: reviews given out so far.
        rejected: rows skipped so far.
    """

    def __init__(
        self,
        path: str,
        table: Table,
        guess: ColumnGuess,
        rejects: RejectFile | None,
        held: ExitStack,
        unnamed: str,
        time_format: str | None,
    ) -> None:
        self.guess = guess
        self.read = 0
        self.rejected = 0
        self._path, self._table, self._rejects, self._held = path, table, rejects, held
        self._unnamed, self._form = unnamed, time_format
        self._times = self._unread = 0
        self._first_unread = ""

    @property
    def notes(self) -> list[str]:
        """What the reader of the reviews so far must know of the file."""
        found = [self._table.note] if self._table.note else []
        if self._unread:
            column = self.guess.columns["time"]
            found.append(
                f"{self._path}: {column}: {self._unread:,}/{self._times:,} 未读成时间"
                f" {self._unread:,} of {self._times:,} not read as a time, the first is"
                f" {self._first_unread[:40]!r}; they are passed through and in no trend: say how"
                " days are written, such as --time-format '%d/%m/%Y'"
            )
        return found

    def __iter__(self) -> ReviewReader:
        return self

    def __next__(self) -> Review:
        while True:
            row = self._next_row()
            try:
                if isinstance(row, Rejected):
                    raise row.error
                number = f"{self._unnamed}{self.read + self.rejected + 1}"
                review = _review(row, self.guess, number, self._path, self._form)
            except BadRow as error:
                if self._rejects is None:
                    self.close()
                    raise
                self.rejected += 1
                self._rejects.add(error, row.raw or _raw(row))
            else:
                self.read += 1
                self._count_time(review)
                return review

    def close(self) -> None:
        """Give the file back."""
        self._held.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def _count_time(self, review: Review) -> None:
        column = self.guess.columns.get("time")
        unread = review.extra.get(column, "") if column is not None else ""
        self._first_unread = self._first_unread or unread
        self._unread += bool(unread)
        self._times += bool(unread or review.time)

    def _next_row(self) -> Row | Rejected:
        try:
            return next(self._table.rows)
        except (StopIteration, GuandianError):
            self.close()
            raise
        except OSError as error:
            self.close()
            raise GuandianError(f"cannot go on reading {self._path}: {error}") from error


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
    passed through in `Review.extra`; so are a rating and a time that cannot be read as such.

    Args:
        path: CSV, TSV, JSON Lines, text (one review a line), Excel or Parquet; `-` is
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
    name, layout = str(path), layout or Layout()
    if layout.time_format:
        check_time_format(layout.time_format)
    with ExitStack() as closing:
        table = _open(name, layout, closing)
        _check_header(name, table.header)
        guess = guess_columns(table.header, columns or ColumnChoice(), name, layout.header)
        table = begun(table, name)
        kept = (rejects or RejectFile()) if on_error == "skip" else None
        form = layout.time_format
        return ReviewReader(name, table, guess, kept, closing.pop_all(), unnamed, form)


def review_rows(
    rows: Iterable[Mapping[str, object]], columns: ColumnChoice | None = None
) -> ReviewReader:
    """Rows that are in memory, such as a list of dicts, read as `read_reviews` reads a file.

    Raises:
        GuandianError: no row, or no key that holds a text; and from the iterator `BadRow`.
    """
    name, found = "rows", list(rows)
    if not found:
        raise empty(name)
    header = tuple(dict.fromkeys(str(key) for row in found for key in row))
    _check_header(name, header)
    table = Table(
        header,
        (
            Row(number, {str(key): value for key, value in row.items()})
            for number, row in enumerate(found, start=1)
        ),
    )
    guess = guess_columns(header, columns or ColumnChoice(), name)
    return ReviewReader(name, table, guess, None, ExitStack(), "", None)


def _open(path: str, layout: Layout, closing: ExitStack) -> Table:
    form = layout.format or _format_of(path)
    if path == "-" and form in ("excel", "parquet"):
        raise GuandianError(f"{form} cannot be read from standard input", "give a file")
    stream = _standard_input() if path == "-" else closing.enter_context(_file(path))
    if form == "excel":
        return read_excel(stream, path, layout.sheet, layout.header)
    if form == "parquet":
        return read_parquet(stream, path)
    lines = text_lines(stream, path, layout.encoding)
    lines = chain([next(lines)], lines)  # what is wrong with the whole file is told now
    if form == "jsonl":
        return read_json_lines(lines, path)
    if form == "lines":
        return read_lines(lines, path)
    delimiter = layout.delimiter or ("\t" if form == "tsv" else None)
    return read_delimited(lines, path, delimiter, layout.header)


def _format_of(path: str) -> Format:
    if path == "-":
        return "lines"
    found = _ENDINGS.get(Path(path).suffix.lower())
    if found is None:
        raise GuandianError(
            f"{path}: no format goes by the ending {Path(path).suffix!r}",
            f"known: {' '.join(_ENDINGS)}; or name it: --format csv|tsv|jsonl|lines|excel|parquet",
        )
    return found


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


def _check_header(path: str, header: tuple[str, ...]) -> None:
    for name in header:
        if fault := _fault(name):
            shown = name.encode(errors="replace").decode()
            raise GuandianError(f"{path}: the column name {shown!r} cannot be read: {fault}")


def _review(
    row: Row, guess: ColumnGuess, number: str, path: str, time_format: str | None
) -> Review:
    values: dict[str, str] = {}
    for name, value in row.values.items():
        text = as_text(value)
        if text is None:
            continue
        if fault := _fault(text) or _fault(name):
            raise BadRow(path, row.line, name.encode(errors="replace").decode(), fault)
        values[name] = text
    column = guess.columns["text"]
    text = values.pop(column, "")
    if fault := _not_text(row, column, text):
        raise BadRow(path, row.line, column, fault)
    parts = {role: values.pop(name, "") for role, name in guess.columns.items() if role != "text"}
    rating, time = as_rating(parts.get("rating", "")), as_time(parts.get("time", ""), time_format)
    for role, value in (("rating", rating), ("time", time)):
        if value is None and parts.get(role):
            values[guess.columns[role]] = parts[role]
    return Review(
        id=parts.get("id") or number,
        text=text,
        product=parts.get("product") or None,
        brand=parts.get("brand") or None,
        rating=rating,
        time=time,
        user=parts.get("user") or None,
        source=parts.get("source") or None,
        extra=MappingProxyType(values),
    )


def _not_text(row: Row, column: str, text: str) -> str | None:
    """What is wrong with the review's text, as the file has it; None when it is one."""
    if column not in row.values:
        shown = ", ".join(row.values).encode(errors="replace").decode()
        return f"no key {column!r} (this row has: {shown[:200]})"
    value = row.values[column]
    # Only JSON says itself what is a text; a spreadsheet makes a number of whatever looks like one.
    if isinstance(value, (bool, list, dict) if not row.raw else (bool, int, float, list, dict)):
        return f"not a text but {json.dumps(value, ensure_ascii=False, default=str)[:40]}"
    if value is None:
        return "the text is empty: null, or an Excel formula without a stored value"
    return None if text.strip() else "the text is empty"


def _fault(text: str) -> str | None:
    if "\0" in text:
        return f"a NUL character (character {text.index(chr(0)) + 1})"
    if text.isascii():
        return None
    try:
        text.encode()
    except UnicodeEncodeError as error:
        code, place = ord(text[error.start]), f"(character {error.start + 1})"
        if 0xDC80 <= code <= 0xDCFF:  # how the decoder keeps a byte that it cannot read
            return f"byte 0x{code - 0xDC00:02X} is not in the file's encoding {place}; {_ENCODING}"
        return f"a lone surrogate U+{code:04X} {place}"
    return None


def _raw(row: Row | Rejected) -> str:
    values = row.values if isinstance(row, Row) else {}
    return json.dumps(dict(values), ensure_ascii=False, default=str)
