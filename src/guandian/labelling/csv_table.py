"""Labelled reviews as a CSV table that people edit: a row for each opinion, or for the review."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

from guandian.data.readers.guandian_jsonl import label_value
from guandian.data.readers.rows import (
    ReaderSource,
    WrongField,
    clean_name,
    read_polarity,
    well_formed,
)
from guandian.domain import Entity, Labelled, Polarity, Quad, Span
from guandian.errors import GuandianError
from guandian.files.formats.delimited import read_delimited
from guandian.files.formats.encoding import text_lines
from guandian.files.output.formula_safety import safe, unsafe
from guandian.files.table import Rejected, TableRow
from guandian.labelling.annotation import ASKED, Item, Notes, asked, read_span
from guandian.labelling.unsupported_tools import refuse_header
from guandian.wording import say

_OPINION = (
    "aspect", "aspect_start", "aspect_end", "expression", "expression_start", "expression_end",
    "category", "polarity",
)  # fmt: skip
_REVIEW = ("sentiment", "entities", "labels", "asked", "entity_types", "group", "original")
COLUMNS = ("id", "text", *_OPINION, *_REVIEW)
# The columns that tables of other tools have, and what of theirs holds the labels whole.
_TOOLS = {
    "Label Studio": ({"annotation_id"}, "JSON"),
    "doccano": ({"label"}, "JSONL"),
}


def write_table(items: Sequence[Item], notes: Notes) -> bytes:
    """CSV in UTF-8 with a mark, as spreadsheets read it; no cell is run as a formula."""
    del notes  # a table holds everything
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for item in items:
        record = item.record
        review = _review(record)
        for quad in record.quads or (None,):
            cells = [record.id, record.text, *_opinion(quad, record.text), *review]
            writer.writerow([safe(cell) for cell in cells])
    return out.getvalue().encode("utf-8-sig", errors="backslashreplace")


def _opinion(quad: Quad | None, text: str) -> list[str]:
    if quad is None:
        return [""] * len(_OPINION)
    cells: list[str] = []
    for span in (quad.aspect, quad.expression):
        cells += [span.of(text), str(span.start), str(span.end)] if span else [""] * 3
    return [*cells, quad.category or "", quad.polarity.value]


def _review(record: Labelled) -> list[str]:
    entities = [[e.span.start, e.span.end, e.type] for e in record.entities or ()]
    return [
        record.sentiment.value if record.sentiment else "",
        _json(entities),
        _json(dict(record.labels)),
        " ".join(name for name in asked(record) if name in ASKED),
        _json(list(record.entity_types)),
        record.group,
        record.original,
    ]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if value else ""


def read_table_items(source: ReaderSource, notes: Notes) -> Iterator[Item]:
    """Yield the reviews of a table; of one with a wrong row every row is left out.

    Encoding and delimiter are found as for reviews without labels. Only `text` must be there. Rows
    of one review have its id, or its text where there are no ids. Words without offsets are taken
    where they stand once in the text.

    Args:
        source: the file.
        notes: told of rows that only repeat others.

    Raises:
        GuandianError: the header has no column `text` or one that is not known.
    """
    records: dict[str, Labelled] = {}
    lines: dict[str, list[int]] = {}
    wrong: dict[str, int] = {}
    for line, cells in _rows(source):
        row = {name: _unsafe(cells.get(name, "")) for name in COLUMNS}
        key = row["id"] or row["text"]
        try:
            record = _record(source, line, row)
            before = records.get(key)
            records[key] = record if before is None else _joined(before, record)
        except WrongField as error:
            source.bad(line, error.column, str(error))
            wrong.setdefault(key, line)
            continue
        lines.setdefault(key, []).append(line)
        if records[key] == before:
            notes.add(say("rows that say nothing new of their review"), f"{line}")
    for key, record in records.items():
        if key not in wrong:
            yield Item(record, record.id)
        for line in lines[key] if key in wrong else ():
            source.bad(line, "", f"left out with line {wrong[key]}, of the same review")


def _rows(source: ReaderSource) -> Iterator[tuple[int, dict[str, str]]]:
    path = source.files[0]
    with path.open("rb") as stream:
        table = read_delimited(text_lines(stream, str(path), None), str(path), None, True)
        _check_header(path, table.header)
        for row in table.rows:
            if not isinstance(row, TableRow):
                if isinstance(row, Rejected):
                    source.report(row.error)
                continue
            cells = {name: str(value) for name, value in row.values.items()}
            if wrong := [name for name, cell in cells.items() if not well_formed(cell)]:
                source.bad(row.line, wrong[0], "bytes that are not of the file's encoding")
            else:
                yield row.line, cells


def holds_labels(path: Path) -> bool:
    """Whether a table is of this form, or of a label tool, and not reviews alone."""
    with path.open("rb") as stream:
        header = read_delimited(text_lines(stream, str(path), None), str(path), None, True).header
    marks = [mark for mark, _ in _TOOLS.values()]
    return {*header} <= {*COLUMNS} or any(mark <= {*header} for mark in marks)


def _check_header(path: Path, header: Sequence[str]) -> None:
    refuse_header(path, header[0])
    if unknown := [name for name in header if name not in COLUMNS]:
        remedy = f"rename or remove it; known: {', '.join(COLUMNS)}"
        for tool, (mark, export) in _TOOLS.items():
            if mark <= {*header}:
                remedy = f"if it is an export of {tool}, export {export}; or {remedy}"
                break
        raise GuandianError(
            f"{path} has the column {unknown[0]!r}, which says nothing here", remedy
        )
    if "text" not in header:
        raise GuandianError(f"{path} has no column text", f"known: {', '.join(COLUMNS)}")


def _unsafe(cell: str) -> str:
    """A cell as it was before `safe`; an apostrophe that somebody typed stays."""
    bare = unsafe(cell)
    return bare if safe(bare) == cell else cell


def _record(source: ReaderSource, line: int, row: dict[str, str]) -> Labelled:
    text = row["text"]
    if not text.strip():
        raise WrongField("text", "empty text")
    shown = row["asked"].split()
    quads = _quads(row)
    entities = tuple(_entities(row))
    types = tuple(str(kind) for kind in _parsed(row, "entity_types", list))
    return Labelled(
        row["id"] or source.id(line),
        text,
        source.dataset,
        quads=quads if quads or "quads" in shown else None,
        sentiment=_polarity(row, "sentiment") if row["sentiment"].strip() else None,
        entities=entities if entities or "entities" in shown else None,
        entity_types=types or tuple(sorted({entity.type for entity in entities})),
        group=row["group"],
        labels={
            name: label_value(value, f"labels.{name}")
            for name, value in _parsed(row, "labels", dict).items()
        },
        original=row["original"],
    )


def _joined(record: Labelled, more: Labelled) -> Labelled:
    """Two rows of one review."""
    for name in ("text", "sentiment", "entities", "labels", "group", "original"):
        if getattr(record, name) != getattr(more, name):
            raise WrongField(name, f"differs from an earlier row of the review {record.id!r}")
    if record.quads is None and more.quads is None:
        return record
    return replace(record, quads=tuple(dict.fromkeys([*(record.quads or ()), *(more.quads or ())])))


def _quads(row: dict[str, str]) -> tuple[Quad, ...]:
    if not any(row[name].strip() for name in _OPINION):
        return ()
    aspect, expression = (_part(row, name) for name in ("aspect", "expression"))
    return (
        Quad(aspect, expression, clean_name(row["category"]) or None, _polarity(row, "polarity")),
    )


def _part(row: dict[str, str], name: str) -> Span | None:
    words, start, end = (row[column] for column in (name, f"{name}_start", f"{name}_end"))
    text = row["text"]
    if not start.strip() and not end.strip():
        if not words.strip():
            return None
        if text.count(words) != 1:
            times = text.count(words)
            raise WrongField(name, f"{words!r} stands {times} times in the text: give {name}_start")
        return Span(text.index(words), text.index(words) + len(words))
    try:
        offsets = int(start), int(end)
    except ValueError:
        raise WrongField(
            f"{name}_start", f"needs whole numbers, got {start!r} and {end!r}"
        ) from None
    span = read_span(*offsets, text, f"{name}_start")
    if words and span.of(text) != words:
        raise WrongField(name, f"{words!r} is not at {start} to {end}, {span.of(text)!r} is")
    return span


def _entities(row: dict[str, str]) -> Iterator[Entity]:
    for item in _parsed(row, "entities", list):
        if not isinstance(item, list) or len(item) != 3:
            raise WrongField("entities", f"needs [start, end, type], got {item!r}")
        yield Entity(read_span(item[0], item[1], row["text"], "entities"), str(item[2]), 1.0)


def _parsed(row: dict[str, str], name: str, kind: type) -> Any:
    if not row[name].strip():
        return kind()
    try:
        value = json.loads(row[name])
    except (ValueError, RecursionError) as error:
        raise WrongField(name, f"not JSON: {error}") from None
    if not isinstance(value, kind):
        raise WrongField(name, f"needs a JSON {kind.__name__}, got {value!r}")
    return value


def _polarity(row: dict[str, str], name: str) -> Polarity:
    try:
        return read_polarity(row[name])
    except ValueError as error:
        raise WrongField(name, str(error)) from None
