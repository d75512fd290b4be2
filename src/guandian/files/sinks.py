"""The formats of mined reviews: each puts reviews into an open binary file."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, BinaryIO, Protocol
from zipfile import ZIP_DEFLATED, ZipFile

from guandian.domain import LabelHead, Mined, Review
from guandian.files import flat
from guandian.files.cells import safe
from guandian.files.wire import to_wire
from guandian.files.workbook import needs

EXCEL_ROWS = 1_048_576
"""Rows of a sheet, its header included."""
EXCEL_CHARACTERS = 32_767
"""The most UTF-16 units that a cell of a sheet holds."""

_PARQUET_ROWS = 8192
# What XML has no room for, carriage returns that it would drop, and what looks like the notation.
_UNWRITABLE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)|[\x00-\x08\x0b-\x1f\ufffe\uffff]")


class Sink(Protocol):
    """Puts mined reviews into the file that it was made for."""

    notes: list[str]

    def write(self, review: Review, mined: Mined) -> None:
        """Add one review."""

    def finish(self) -> None:
        """Put what is left into the file, and leave the file open."""

    def abandon(self) -> None:
        """Let go of the file, whose content no one wants; it is still open."""


MakeSink = Callable[..., Sink]
"""Takes the file, the passed-through columns that get a column of their own, and as `heads` the
declared labels that get one."""


class JsonLinesSink:
    """One object a line, as `wire` has it."""

    def __init__(
        self, file: BinaryIO, passed: Sequence[str] = (), *, heads: Sequence[LabelHead] = ()
    ) -> None:
        del passed, heads  # a line has all that there is
        self._file = file
        self.notes: list[str] = []

    def write(self, review: Review, mined: Mined) -> None:
        """Add one line."""
        line = json.dumps(to_wire(review, mined), ensure_ascii=False)
        self._file.write(line.encode() + b"\n")

    def finish(self) -> None:
        """Nothing is left to do."""

    def abandon(self) -> None:
        """Nothing is held."""


class CsvSink:
    """CSV for spreadsheets: UTF-8 with a mark, and no cell a formula."""

    def __init__(
        self,
        file: BinaryIO,
        passed: Sequence[str],
        delimiter: str = ",",
        *,
        heads: Sequence[LabelHead] = (),
    ) -> None:
        self._text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
        self._rows = csv.writer(self._text, delimiter=delimiter)
        self._rows.writerow(safe(name) for name in flat.header(passed, heads))
        self._passed, self._heads, self._long = passed, heads, 0
        self.notes: list[str] = []

    def write(self, review: Review, mined: Mined) -> None:
        """Add a row an opinion."""
        self._long += flat.is_long(review, mined)
        for row in flat.rows(review, mined, self._passed, self._heads):
            self._rows.writerow(safe(cell) if isinstance(cell, str) else cell for cell in row)

    def finish(self) -> None:
        """Put what is left into the file."""
        self._text.flush()
        self.notes += flat.note(self._long)

    def abandon(self) -> None:
        """Nothing is held but what closes with the file."""


class BioSink:
    """A character and its entity tag a line, a blank line after each review."""

    def __init__(
        self, file: BinaryIO, passed: Sequence[str] = (), *, heads: Sequence[LabelHead] = ()
    ) -> None:
        del passed, heads  # entities alone
        self._file = file
        self._left_out = 0
        self.notes: list[str] = []

    def write(self, review: Review, mined: Mined) -> None:
        """Add the lines of one review; of entities that overlap, the most confident is kept."""
        from guandian.evaluation.entities import apart, bio_lines

        kept = apart(mined.entities)
        self._left_out += len(mined.entities) - len(kept)
        lines = bio_lines(review.text, kept)
        self._file.write("".join(f"{line}\n" for line in (*lines, "")).encode())

    def finish(self) -> None:
        """Note how many entities the tags could not hold."""
        if self._left_out:
            self.notes.append(
                f"entities left out because they overlap more confident ones: {self._left_out:,};"
                " tags cannot hold both, JSON Lines has them all"
            )

    def abandon(self) -> None:
        """Nothing is held."""


class ExcelSink:
    """An Excel workbook that goes on in a further sheet when one is full.

    Args:
        file: the file.
        passed: passed-through columns with a column of their own.
        most_rows: rows of a sheet with its header.
        heads: declared labels with columns of their own.
    """

    def __init__(
        self,
        file: BinaryIO,
        passed: Sequence[str],
        most_rows: int = EXCEL_ROWS,
        *,
        heads: Sequence[LabelHead] = (),
    ) -> None:
        openpyxl = needs("openpyxl", "excel", "writing an Excel file")
        self._excel = needs("openpyxl.writer.excel", "excel", "writing an Excel file")
        self._saved: type[Exception] = openpyxl.utils.exceptions.WorkbookAlreadySaved
        self._file, self._passed, self._most = file, passed, most_rows
        self._heads = heads
        self._book = openpyxl.Workbook(write_only=True)
        self.notes: list[str] = []
        self._sheet: Any = None
        self._in_sheet = self._long = 0
        self._next_sheet()

    def write(self, review: Review, mined: Mined) -> None:
        """Add a row an opinion; a cell that Excel cannot hold whole is cut, and noted."""
        self._long += flat.is_long(review, mined)
        for row in flat.rows(review, mined, self._passed, self._heads):
            if self._in_sheet == self._most:
                self._next_sheet()
                self.notes.append(
                    f"a sheet holds {self._most:,} rows: review {review.id} goes on in the sheet"
                    f" {self._sheet.title!r}"
                )
            self._append([self._cell(cell, review.id) for cell in row])

    def finish(self) -> None:
        """Write the workbook into the file."""
        # Not `save` of the workbook: it leaves its archive open when the disk is full.
        with ZipFile(self._file, "w", ZIP_DEFLATED) as archive:
            self._excel.ExcelWriter(self._book, archive).save()
        self.notes += flat.note(self._long)

    def abandon(self) -> None:
        """End the sheets, which otherwise complain when they are collected."""
        for sheet in self._book.worksheets:
            with suppress(OSError, self._saved):
                sheet.close()

    def _next_sheet(self) -> None:
        number = len(self._book.worksheets) + 1
        self._sheet = self._book.create_sheet(f"opinions {number}" if number > 1 else "opinions")
        self._in_sheet = 0
        self._append(
            [self._cell(name, "header") for name in flat.header(self._passed, self._heads)]
        )

    def _append(self, cells: list[flat.Cell]) -> None:
        self._sheet.append(cells)
        self._in_sheet += 1

    def _cell(self, cell: flat.Cell, review_id: str) -> flat.Cell:
        if not isinstance(cell, str):
            return cell
        text = _UNWRITABLE.sub(lambda found: f"_x{ord(found[0]):04X}_", safe(cell))
        if len(text) * 2 > EXCEL_CHARACTERS and _units(text) > EXCEL_CHARACTERS:
            text = text.encode("utf-16-le")[: EXCEL_CHARACTERS * 2].decode("utf-16-le", "ignore")
            note = f"review {review_id} has a cell of more than {EXCEL_CHARACTERS:,} characters"
            self.notes.append(f"{note}: Excel cannot hold it, it was cut; JSON Lines has it whole")
        return text


class ParquetSink:
    """One Parquet row an opinion, typed columns, texts as they are.

    The footer has the least and greatest of columns of numbers alone: those of a text column would
    be whole reviews.
    """

    def __init__(
        self, file: BinaryIO, passed: Sequence[str], *, heads: Sequence[LabelHead] = ()
    ) -> None:
        self._arrow = needs("pyarrow", "parquet", "writing a Parquet file")
        parquet = needs("pyarrow.parquet", "parquet", "writing a Parquet file")
        kinds = {str: self._arrow.string(), float: self._arrow.float64(), int: self._arrow.int32()}
        types = [kinds[kind] for _, kind in (*flat.COLUMNS, *flat.label_columns(heads))]
        types += [self._arrow.string()] * (len(passed) + 1)
        names = flat.header(passed, heads)
        self._schema = self._arrow.schema(list(zip(names, types, strict=True)))
        text = self._arrow.types.is_string
        numbers = [field.name for field in self._schema if not text(field.type)]
        self._file = parquet.ParquetWriter(
            file, self._schema, compression="zstd", write_statistics=numbers
        )
        self._passed, self._heads, self._long = passed, heads, 0
        self._waiting: list[tuple[flat.Cell, ...]] = []
        self.notes: list[str] = []

    def write(self, review: Review, mined: Mined) -> None:
        """Add a row an opinion."""
        self._long += flat.is_long(review, mined)
        self._waiting.extend(flat.rows(review, mined, self._passed, self._heads))
        if len(self._waiting) >= _PARQUET_ROWS:
            self._put()

    def finish(self) -> None:
        """Write the rows that wait and the footer."""
        self._put()
        self._file.close()
        self.notes += flat.note(self._long)

    def abandon(self) -> None:
        """Close the Parquet writer, which otherwise writes when it is collected."""
        with suppress(OSError):
            self._file.close()
        self._file.is_open = False

    def _put(self) -> None:
        if self._waiting:
            columns = zip(*self._waiting, strict=True)
            arrays = [
                self._arrow.array(column, type=field.type)
                for column, field in zip(columns, self._schema, strict=True)
            ]
            self._file.write_batch(self._arrow.record_batch(arrays, schema=self._schema))
            self._waiting.clear()


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
