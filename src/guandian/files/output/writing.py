"""Mined reviews out, in the format that the ending names, whole or not at all."""

from __future__ import annotations

import json
import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Protocol, Self

from guandian.display.names import Names
from guandian.domain import LabelHead, Language, Mined, Review
from guandian.errors import BadRow, GuandianError, reason
from guandian.files.formats.source import open_bytes, refuse_missing
from guandian.files.output.excel_sink import ExcelSink, Reader
from guandian.files.output.json_record import from_wire
from guandian.files.output.sinks import BioSink, CsvSink, JsonLinesSink, MakeSink, ParquetSink
from guandian.io.atomic import AtomicFile, refuse_existing, telling
from guandian.io.bounded import MOST_MINED, lines_of
from guandian.wording import wanted

_SINKS: dict[str, MakeSink] = {
    ".jsonl": JsonLinesSink,
    ".ndjson": JsonLinesSink,
    ".csv": CsvSink,
    ".tsv": partial(CsvSink, delimiter="\t"),
    ".xlsx": ExcelSink,
    ".parquet": ParquetSink,
    ".pq": ParquetSink,
    ".bio": BioSink,
}
_LINES = (".jsonl", ".ndjson")
_MOST_COLUMNS = 200
_MINED = "name a file that `guandian mine FILE -o OUT.jsonl` wrote"
_MINE_ANEW = "the file is cut or damaged there: mine it again, or take that line out"
_LOOKED_AT = 1000


class Writer(Protocol):
    """Takes mined reviews in order.

    Attributes:
        notes: what the reader of the output must know, for example where a sheet was full.
    """

    notes: list[str]

    def write(self, review: Review, mined: Mined) -> None:
        """Add one review with its opinions."""

    def close(self) -> None:
        """Make the output appear."""

    def discard(self) -> None:
        """Leave nothing behind."""

    def __enter__(self) -> Self:
        """Close on leaving, discard on an error."""

    def __exit__(self, *failure: object) -> None:
        """Close, or discard after an error."""


class FileWriter:
    """The writer of a file, which appears on `close` and not before.

    Args:
        path: its ending chooses the format.
        overwrite: replace an existing file.
        passed: the passed-through columns that get a column of their own in a table; others
            stand in the last column as JSON. JSON Lines always has them all.
        heads: the declared labels that get columns in a table.
        names: Chinese and English names of categories, for a workbook.
        reader: whose language a workbook is named in.

    Raises:
        GuandianError: for an unknown ending, a missing extra, an existing file; and from
            `write` and `close` for a full disk and the like, nothing half-written left.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        overwrite: bool = False,
        passed: Sequence[str] = (),
        heads: Sequence[LabelHead] = (),
        names: Names | None = None,
        reader: Reader = "zh",
    ) -> None:
        make = _sink(Path(path))
        if make is ExcelSink:
            make = partial(ExcelSink, names=names, reader=reader)
        self._file = AtomicFile(Path(path), overwrite=overwrite)
        try:
            with telling(self._file.path):
                self._sink = make(self._file.file, passed, heads=heads)
        except BaseException:
            self._file.discard()
            raise
        self.notes = self._sink.notes

    def write(self, review: Review, mined: Mined) -> None:
        """Add one review with its opinions."""
        with self._or_nothing():
            self._sink.write(review, mined)

    def close(self) -> None:
        """Make the file appear; after an error nothing is left of it."""
        with self._or_nothing():
            self._sink.finish()
        self._file.commit()

    def discard(self) -> None:
        """Leave nothing behind; harmless after `close`."""
        if not self._file.file.closed:
            self._sink.abandon()
        self._file.discard()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        if failure[0] is None:
            self.close()
        else:
            self.discard()

    @contextmanager
    def _or_nothing(self) -> Iterator[None]:
        try:
            with telling(self._file.path):
                yield
        except BaseException:
            self.discard()
            raise


class StandardOutput:
    """JSON Lines to standard output, where nothing can be taken back."""

    def __init__(self) -> None:
        self._sink = JsonLinesSink(sys.stdout.buffer)
        self.notes = self._sink.notes

    def write(self, review: Review, mined: Mined) -> None:
        """Print one review as a line."""
        self._sink.write(review, mined)

    def close(self) -> None:
        """Flush."""
        sys.stdout.buffer.flush()

    def discard(self) -> None:
        """Flush: what was printed was printed."""
        self.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()


def open_writer(
    path: str | Path,
    *,
    overwrite: bool = False,
    passed: Sequence[str] = (),
    heads: Sequence[LabelHead] = (),
    names: Names | None = None,
    reader: Reader = "zh",
) -> Writer:
    """A writer for `path`, by its ending; `-` is JSON Lines on standard output.

    The arguments and errors are those of `FileWriter`.
    """
    if str(path) == "-":
        return StandardOutput()
    return FileWriter(
        path, overwrite=overwrite, passed=passed, heads=heads, names=names, reader=reader
    )


def read_mined(path: str | Path) -> Iterator[tuple[Review, Mined]]:
    """The reviews of a JSON Lines file that a writer made, one at a time.

    Raises:
        GuandianError: when the file is missing, a folder, a pipe, of another format, or holds no
            review.
        BadRow: for a line that is not a mined review.
    """
    name, ending = str(path), Path(path).suffix.lower()
    if name == "-" or (Path(path).exists() and not (Path(path).is_file() or Path(path).is_dir())):
        # Many read it twice, and of a pipe the second time finds what the first left over.
        raise GuandianError(
            f"{name} is no file: mined reviews are read more than once",
            "write them into a file that ends in .jsonl, and name that",
        )
    if ending in _SINKS and ending not in _LINES:
        raise GuandianError(
            f"{name} is not JSON Lines; mined reviews are read back from JSON Lines alone",
            "mine into a file that ends in .jsonl",
        )
    refuse_missing(name)
    mined = None
    for mined in read_chunk(path):
        yield mined
    if mined is None:
        raise GuandianError(
            f"{name} holds no review", "mine some into it: guandian mine FILE -o OUT.jsonl"
        )


def read_chunk(path: str | Path) -> Iterator[tuple[Review, Mined]]:
    """The reviews of a part of a job, of which there may be none.

    Raises:
        GuandianError: when it cannot be read.
        BadRow: for a line that is not a mined review.
    """
    name = str(path)
    with open_bytes(path) as stream:
        for number, line in enumerate(lines_of(stream, name, MOST_MINED), start=1):
            try:
                mined = from_wire(json.loads(line))
            except json.JSONDecodeError as error:
                why = f"not a mined review: not JSON: {error.msg}"
                raise BadRow(name, number, str(error.colno), why, _MINE_ANEW) from error
            except (ValueError, RecursionError) as error:
                why = f"not a mined review: {reason(error)}"
                raise BadRow(name, number, "", why, _MINED) from error
            yield mined


def join_chunks(
    chunks: Sequence[Path],
    out: str | Path,
    *,
    overwrite: bool = False,
    passed: Sequence[str] | None = None,
    heads: Sequence[LabelHead] = (),
    names: Names | None = None,
) -> list[str]:
    """Join JSON Lines chunks into one output of any format, in order and one review at a time.

    Args:
        chunks: files that a JSON Lines writer made.
        out: the output, as for `open_writer`.
        overwrite: replace an existing output.
        passed: as for `open_writer`; None takes the columns that the chunks have.
        heads: as for `open_writer`.
        names: as for it, too; a workbook is named in the language that `--language` asks for, else
            in that of most of its first reviews.

    Returns:
        The writer's notes.

    Raises:
        GuandianError: as `FileWriter` and `read_chunk`.
    """
    if str(out) == "-" or Path(out).suffix.lower() in _LINES:
        _join(chunks, out, overwrite)
        return []
    if passed is None:
        passed = _passed(chunks)
    reader = _reader(chunks) if Path(out).suffix.lower() == ".xlsx" else "zh"
    with open_writer(
        out, overwrite=overwrite, passed=passed, heads=heads, names=names, reader=reader
    ) as writer:
        for chunk in chunks:
            for review, mined in read_chunk(chunk):
                writer.write(review, mined)
    return writer.notes


def check_output(path: str | Path, *, overwrite: bool = False) -> None:
    """Refuse an output before any work is done for it; errors as `FileWriter`."""
    if str(path) != "-":
        make = _sink(Path(path))
        refuse_existing(Path(path), overwrite=overwrite)
        make(BytesIO(), ()).abandon()


def _sink(path: Path) -> MakeSink:
    try:
        return _SINKS[path.suffix.lower()]
    except KeyError:
        raise GuandianError(
            f"{path}: no output format goes by the ending {path.suffix!r}",
            f"known endings: {' '.join(_SINKS)}",
        ) from None


def _join(chunks: Sequence[Path], out: str | Path, overwrite: bool) -> None:
    if str(out) == "-":
        _copy(chunks, sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return
    file = AtomicFile(Path(out), overwrite=overwrite)
    try:
        with telling(file.path):
            _copy(chunks, file.file)
    except BaseException:
        file.discard()
        raise
    file.commit()


def _copy(chunks: Sequence[Path], to: BinaryIO) -> None:
    for chunk in chunks:
        with chunk.open("rb") as stream:
            shutil.copyfileobj(stream, to, 1 << 20)


def _reader(chunks: Sequence[Path]) -> Reader:
    """The one asked for; else Chinese, unless more of the first reviews are English."""
    if (reader := wanted()) != "both":
        return reader
    languages = (mined.language for chunk in chunks for _, mined in read_chunk(chunk))
    counts = Counter(islice(languages, _LOOKED_AT))
    chinese = counts[Language.CHINESE] + counts[Language.MIXED]
    return "zh" if chinese >= counts[Language.ENGLISH] else "en"


def _passed(chunks: Sequence[Path]) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for chunk in chunks:
        for review, _ in read_chunk(chunk):
            names.update(dict.fromkeys(review.extra))
            if len(names) > _MOST_COLUMNS:
                return tuple(names)[:_MOST_COLUMNS]
    return tuple(names)
