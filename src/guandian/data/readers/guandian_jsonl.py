"""The project's own format for labelled reviews: JSON Lines, one object a review.

```
{"id": "7", "text": "屏幕很清晰😀", "quads": [{"aspect": [0, 2], "expression": [2, 5],
 "category": "performance", "polarity": "positive"}], "sentiment": "positive",
 "entities": [{"span": [0, 2], "type": "product"}], "entity_types": ["product"], "group": "phones",
 "labels": {"rating": 4, "topics": ["delivery", "price"]}}
```
Offsets are code points, half-open. Only `text` must be there; `quads`, `sentiment` and `entities`
that are absent or null are not annotated, an empty list says that there are none; nor is a label
that does not stand in `labels`. `original` is the text that an augmented one was made from.
`language` and `note` may stand there for people: they are not read.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from math import isfinite
from pathlib import Path
from typing import Any, TypeVar

from guandian.data.readers.json_lines import json_rows
from guandian.data.readers.rows import (
    ReaderSource,
    WrongField,
    clean_name,
    read_polarity,
    well_formed,
)
from guandian.domain import Entity, Labelled, LabelValue, Quad, Span
from guandian.errors import GuandianError, likely

KEYS = (
    "id",
    "text",
    "quads",
    "sentiment",
    "entities",
    "entity_types",
    "group",
    "labels",
    "original",
    "language",
    "note",
)
_TABLES = (".csv", ".tsv", ".tab", ".xlsx", ".xlsm", ".parquet")
_QUAD_KEYS = ("aspect", "expression", "category", "polarity")
_ENTITY_KEYS = ("span", "type")
Part = TypeVar("Part")


def read_own(source: ReaderSource) -> Iterator[Labelled]:
    """Yield the reviews of a JSON Lines file; a wrong row is reported and left out whole.

    A JSON list of the same objects is read too.

    Raises:
        GuandianError: the file is a table, or holds what a model found.
    """
    seen: set[str] = set()
    path = source.files[0]
    if path.suffix.lower() in _TABLES:
        raise GuandianError(
            f"{path} is a table, and labelled reviews are JSON Lines here",
            f"guandian data convert {path} -o labelled.jsonl --to guandian",
        )
    for line, position, row in json_rows(path, source.report):
        if isinstance(row, dict) and {"opinions", "model"} <= row.keys():
            raise GuandianError(
                f"{path} holds mined reviews: what a model found, and no labels",
                f"to score it, name it first, in the model's place: guandian evaluate {path} "
                f"LABELLED; to make labels of it: guandian data convert {path} -o tasks.json "
                "--to label-studio",
            )
        try:
            record = _record(source, source.id(line) + position, row)
            if record.id in seen:
                raise WrongField("id", f"a second review with the id {record.id!r}")
        except WrongField as error:
            source.bad(line, error.column, str(error))
            continue
        seen.add(record.id)
        yield record


def write_own(records: Iterable[Labelled], path: Path) -> int:
    """Write reviews to a JSON Lines file that `read_own` gives back equal; return their number.

    The name of the set is not written: a file read again belongs to the set it is read as.
    """
    count = 0
    with path.open("wb") as file:
        for record in records:
            file.write(own_line(record))
            count += 1
    return count


def own_line(record: Labelled) -> bytes:
    """The line of one review, in UTF-8; a lone surrogate in its id is escaped as JSON does."""
    line = json.dumps(_object(record), ensure_ascii=False) + "\n"
    return line.encode(errors="backslashreplace")


def _record(source: ReaderSource, id: str, row: Any) -> Labelled:
    _known(row, KEYS, "")
    text = row.get("text")
    if not isinstance(text, str) or not text.strip() or not well_formed(text):
        raise WrongField("text", f"needs a text that is not empty, got {text!r}")
    sentiment = row.get("sentiment")
    quads = _list(row, "quads", lambda item: _quad(item, text))
    quads = None if quads is None else tuple(dict.fromkeys(quads))  # exact repeats once
    entities = _list(row, "entities", lambda item: _entity(item, text))
    types = _list(row, "entity_types", lambda item: _name(item, "entity_types")) or ()
    shown = {entity.type for entity in entities or ()}
    own, group, original = row.get("id"), row.get("group"), row.get("original")
    if original is not None and not (isinstance(original, str) and well_formed(original)):
        raise WrongField("original", f"needs a text, got {original!r}")
    return Labelled(
        id if own is None else str(own),
        text,
        source.dataset,
        quads=quads,
        sentiment=None if sentiment is None else _field("sentiment", read_polarity, sentiment),
        entities=entities,
        entity_types=types or source.entity_types or tuple(sorted(shown)),
        group=source.group if group is None else str(group),
        labels=_labels(row.get("labels")),
        original=original or "",
    )


def _list(row: dict[str, Any], key: str, parse: Callable[[Any], Part]) -> tuple[Part, ...] | None:
    items = row.get(key)
    if items is None:
        return None
    if not isinstance(items, list):
        raise WrongField(key, f"needs a list, got {items!r}")
    return tuple(parse(item) for item in items)


def _quad(item: Any, text: str) -> Quad:
    _known(item, _QUAD_KEYS, "quads")
    category = item.get("category")
    return Quad(
        _span(item.get("aspect"), text, "quads.aspect"),
        _span(item.get("expression"), text, "quads.expression"),
        None if category is None else _name(category, "quads.category"),
        _field("quads.polarity", read_polarity, item.get("polarity")),
    )


def _entity(item: Any, text: str) -> Entity:
    _known(item, _ENTITY_KEYS, "entities")
    span = _span(item.get("span"), text, "entities.span")
    if span is None:
        raise WrongField("entities.span", "an entity needs a span")
    return Entity(span, _name(item.get("type"), "entities.type"), 1.0)


def _labels(row: Any) -> dict[str, LabelValue]:
    if row is None:
        return {}
    if not isinstance(row, dict):
        raise WrongField("labels", f"needs an object of names and values, got {row!r}")
    return {
        name: label_value(value, f"labels.{name}")
        for name, value in row.items()
        if value is not None
    }


def label_value(value: Any, column: str) -> LabelValue:
    """The value of a declared label as JSON gives it: a name, a number, or a list of names.

    Raises:
        WrongField: for anything else.
    """
    if isinstance(value, list):
        if not all(isinstance(name, str) and name.strip() for name in value):
            raise WrongField(column, f"needs a list of names, got {value!r}")
        return tuple(value)
    if isinstance(value, str) and value.strip():
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value):
        return value
    raise WrongField(column, f"needs a name, a number or a list of names, got {value!r}")


def _span(offsets: Any, text: str, column: str) -> Span | None:
    if offsets is None:
        return None
    if not isinstance(offsets, list) or [type(offset) for offset in offsets] != [int, int]:
        raise WrongField(column, f"needs [start, end] or null, got {offsets!r}")
    start, end = offsets
    if not 0 <= start < end <= len(text):
        raise WrongField(
            column, f"[{start}, {end}] is not inside the text's {len(text)} characters"
        )
    return Span(start, end)


def _name(value: Any, column: str) -> str:
    if not isinstance(value, str) or not clean_name(value):
        raise WrongField(column, f"needs a name, got {value!r}")
    return clean_name(value)


def _field(column: str, read: Callable[[str], Part], value: Any) -> Part:
    try:
        return read(str(value))
    except ValueError as error:
        raise WrongField(column, str(error)) from None


def _known(row: Any, keys: tuple[str, ...], column: str) -> None:
    if not isinstance(row, dict):
        raise WrongField(column, f"needs an object, got {row!r}")
    unknown = [key for key in row if key not in keys]
    if unknown:
        raise WrongField(
            column,
            f"unknown key {unknown[0]!r}; {likely(unknown[0], keys)}known: {', '.join(keys)}",
        )


def _object(record: Labelled) -> dict[str, Any]:
    row: dict[str, Any] = {"id": record.id, "text": record.text}
    if record.quads is not None:
        row["quads"] = [
            {
                "aspect": _offsets(quad.aspect),
                "expression": _offsets(quad.expression),
                "category": quad.category,
                "polarity": quad.polarity.value,
            }
            for quad in record.quads
        ]
    if record.sentiment is not None:
        row["sentiment"] = record.sentiment.value
    if record.entities is not None:
        row["entities"] = [
            {"span": _offsets(entity.span), "type": entity.type} for entity in record.entities
        ]
    if record.entity_types:
        row["entity_types"] = list(record.entity_types)
    if record.group:
        row["group"] = record.group
    if record.labels:
        row["labels"] = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in record.labels.items()
        }
    if record.original:
        row["original"] = record.original
    return row


def _offsets(span: Span | None) -> list[int] | None:
    return None if span is None else [span.start, span.end]
