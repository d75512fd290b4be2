"""What every reader of labelled files shares: rows with their place, and what to do with bad ones."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal

from guandian.domain import Entity, Labelled, Polarity, Quad, Span
from guandian.errors import BadRow, GuandianError

Report = Callable[[BadRow], None]
OnError = Report | Literal["stop", "skip"]

_POLARITIES = {
    "正面": Polarity.POSITIVE,
    "负面": Polarity.NEGATIVE,
    "中性": Polarity.NEUTRAL,
    "positive": Polarity.POSITIVE,
    "negative": Polarity.NEGATIVE,
    "neutral": Polarity.NEUTRAL,
    "pos": Polarity.POSITIVE,
    "neg": Polarity.NEGATIVE,
    "neu": Polarity.NEUTRAL,
}
_MARKS = " \t\r\n\u3000\ufeff\u200b'\"“”‘’,，.。;；:：、!！?？"


def reporter(on_error: OnError) -> Report:
    """Turn `on_error` into a function that is told each bad row.

    "stop" raises the first `BadRow`; "skip" leaves bad rows out; a function is called with each.
    """
    if callable(on_error):
        return on_error
    if on_error == "stop":
        return _stop
    if on_error == "skip":
        return _skip
    raise GuandianError(
        f"on_error is {on_error!r}", "give 'stop', 'skip' or a function that takes a BadRow"
    )


def _stop(bad: BadRow) -> None:
    raise bad


def _skip(bad: BadRow) -> None:
    del bad


def clean_name(name: str) -> str:
    """A category or polarity name without blanks and marks around it, blanks inside made one."""
    return " ".join(unicodedata.normalize("NFC", name).strip(_MARKS).split())


def read_polarity(name: str) -> Polarity:
    """The polarity that a word names, in Chinese or English, any case, marks around it ignored.

    Raises:
        ValueError: for an unknown word.
    """
    polarity = _POLARITIES.get(clean_name(name).casefold())
    if polarity is None:
        raise ValueError(f"unknown polarity {name!r}; known: {', '.join(_POLARITIES)}")
    return polarity


def well_formed(text: str) -> bool:
    """Whether `text` holds no lone surrogate (bytes that were not UTF-8 become such)."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def read_lines(path: Path, report: Report) -> Iterator[tuple[int, str]]:
    """Yield `(line number, line)` of a UTF-8 file, with or without mark, line ends removed."""
    try:
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="\n") as file:
            for number, raw in enumerate(file, start=1):
                line = raw.rstrip("\r\n")
                if well_formed(line):
                    yield number, line
                else:
                    report(BadRow(str(path), number, "", "bytes that are not UTF-8"))
    except FileNotFoundError:
        raise missing(path) from None


def read_table(
    path: Path, columns: Sequence[str], report: Report, delimiter: str = ","
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield `(line number, row)` of a CSV or TSV file whose header holds `columns`.

    The line is the one that the row begins on. A row with another number of fields than the
    header, a broken quote or bytes that are not UTF-8 is reported and left out.

    Raises:
        GuandianError: when the file is missing or its header lacks a column.
    """
    quoting = csv.QUOTE_MINIMAL if delimiter == "," else csv.QUOTE_NONE
    try:
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            reader = csv.reader(file, delimiter=delimiter, quoting=quoting, strict=True)
            header = [name.strip() for name in next(reader, [])]
            lacking = [name for name in columns if name not in header]
            if lacking:
                raise GuandianError(
                    f"{path} has no column {', '.join(lacking)}; its header is {header}",
                    f"give a file with the columns {', '.join(columns)}",
                )
            while True:
                line = reader.line_num + 1
                try:
                    fields = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    report(BadRow(str(path), line, "", f"cannot be read as a table row: {error}"))
                    continue
                if not fields:
                    continue
                if len(fields) != len(header):
                    reason = f"{len(fields)} fields where the header has {len(header)}"
                    report(BadRow(str(path), line, "", reason))
                elif not all(map(well_formed, fields)):
                    report(BadRow(str(path), line, "", "bytes that are not UTF-8"))
                else:
                    yield line, dict(zip(header, fields, strict=True))
    except FileNotFoundError:
        raise missing(path) from None


def missing(path: Path) -> GuandianError:
    """The error for a data file that is not there, naming what stands beside it."""
    beside = sorted(item.name for item in path.parent.glob("*"))[:12] if path.parent.is_dir() else []
    found = f"{path.parent} holds {', '.join(beside)}" if beside else f"{path.parent} is not there"
    return GuandianError(f"no file {path}; {found}", "check the folder that you gave for the data")


def labelled(
    id: str,
    text: str,
    dataset: str,
    *,
    quads: Sequence[Quad] | None = None,
    sentiment: Polarity | None = None,
    entities: Sequence[Entity] | None = None,
    entity_types: tuple[str, ...] = (),
) -> Labelled:
    """A `Labelled` with exact repeats of a quad taken once, their order kept.

    Raises:
        ValueError: when the text is empty or a span runs past its end.
    """
    if not text.strip():
        raise ValueError("empty text")
    spans: list[Span | None] = [entity.span for entity in entities or ()]
    for quad in quads or ():
        spans += [quad.aspect, quad.expression]
    for span in spans:
        if span is not None and span.end > len(text):
            raise ValueError(
                f"span {span.start}-{span.end} runs past the text's {len(text)} characters"
            )
    return Labelled(
        id=id,
        text=text,
        dataset=dataset,
        quads=None if quads is None else tuple(dict.fromkeys(quads)),
        sentiment=sentiment,
        entities=None if entities is None else tuple(dict.fromkeys(entities)),
        entity_types=entity_types,
    )
