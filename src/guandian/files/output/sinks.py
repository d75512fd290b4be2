"""The formats of mined reviews: each puts reviews into an open binary file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import BinaryIO, Protocol

from guandian.domain import LabelHead, Mined, Review
from guandian.files.output import opinion_rows as flat
from guandian.files.output.formula_safety import safe
from guandian.files.output.json_record import to_wire
from guandian.io.optional_libraries import needs

_PARQUET_ROWS = 8192


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
        from guandian.evaluation.metrics.entities import bio_lines, without_overlaps

        entities = without_overlaps(mined.entities)
        self._left_out += len(mined.entities) - len(entities)
        lines = bio_lines(review.text, entities)
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
