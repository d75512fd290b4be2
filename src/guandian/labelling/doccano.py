"""JSON Lines of doccano: relation extraction out; that, sequence labelling and classes in.

An opinion is a relation from an aspect to an expression; its type is polarity and category
(`positive/price`). A span whose other part is unsaid says them itself
(`expression/positive/price`).
What doccano does not show stands in one more column, `guandian`, which it hands back.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from guandian.data.own import label_value
from guandian.data.reading import (
    Source,
    WrongField,
    json_row,
    read_lines,
    read_polarity,
    well_formed,
)
from guandian.data.zhijiang import utf16_span
from guandian.domain import Entity, Labelled, Polarity, Quad, Span
from guandian.labelling.items import (
    Item,
    Notes,
    carried,
    opinion_path,
    read_span,
    role_of,
)
from guandian.tasks.heads import ASPECT, EXPRESSION
from guandian.text.objects import read_json
from guandian.wording import say

Units = Literal["utf-16", "code-points"]
_CARRIED = "guandian"
_LISTS = ("entities", "relations", "label", "labels", "cats")


def write_doccano(items: Sequence[Item], notes: Notes, units: Units = "utf-16") -> bytes:
    """A line for each review, for a relation extraction project of doccano.

    Args:
        items: the reviews.
        notes: told what can be carried but not edited there.
        units: what the offsets count.
    """
    lines = [json.dumps(_row(item, notes, units), ensure_ascii=False) for item in items]
    return "".join(line + "\n" for line in lines).encode(errors="backslashreplace")


def _row(item: Item, notes: Notes, units: Units) -> dict[str, Any]:
    record = item.record
    spans: dict[tuple[str, Span], int] = {}
    relations: list[dict[str, Any]] = []
    unsaid: list[list[str]] = []
    for quad in record.quads or ():
        path = opinion_path(quad)
        if quad.aspect and quad.expression:
            ends = [(ASPECT, quad.aspect), (EXPRESSION, quad.expression)]
            one, other = (spans.setdefault(end, len(spans)) for end in ends)
            relation = {"id": len(relations), "from_id": one, "to_id": other}
            relations.append(relation | {"type": "/".join(path)})
        elif said := quad.aspect or quad.expression:
            role = ASPECT if quad.aspect else EXPRESSION
            spans.setdefault(("/".join((role, *path)), said), len(spans))
        else:
            unsaid.append(path)
    for entity in record.entities or ():
        if role_of(entity.type.partition("/")[0]):
            notes.add(f"entities of type {entity.type}, which would be read as opinions", record.id)
        else:
            spans.setdefault((entity.type, entity.span), len(spans))
    kept: dict[str, Any] = {"id": record.id, **carried(item)}
    if unsaid:
        kept["unsaid"] = unsaid
    if record.sentiment is not None:
        kept["sentiment"] = record.sentiment.value
    if record.labels:
        kept["labels"] = dict(record.labels)
    for name in ("unsaid", "sentiment", "labels"):
        if name in kept:
            notes.add(
                say("doccano 中不可编辑", "carried along, not to be edited in doccano")
                + f": {name}",
                record.id,
            )
    return {
        "text": record.text,
        "entities": [
            {"id": id, "label": label, **_offsets(span, record.text, units)}
            for (label, span), id in spans.items()
        ],
        "relations": relations,
        _CARRIED: json.dumps(kept, ensure_ascii=False),
    }


def _offsets(span: Span, text: str, units: Units) -> dict[str, int]:
    start, end = span.start, span.end
    if units == "utf-16":
        start, end = (len(text[:place].encode("utf-16-le")) // 2 for place in (start, end))
    return {"start_offset": start, "end_offset": end}


def read_doccano(source: Source, notes: Notes, units: Units = "utf-16") -> Iterator[Item]:
    """Yield the reviews of an export; a wrong row is reported and left out whole.

    Args:
        source: the file; its name without suffix is the annotator's, as doccano exports a file
            for each.
        notes: told what is left out.
        units: what the offsets count. doccano counts as browsers do, in UTF-16 units.
    """
    annotator = source.files[0].stem
    for line, raw in read_lines(source.files[0], source.report):
        if not raw.strip():
            continue
        try:
            record = _Row(source, notes, units, line).read(raw)
        except WrongField as error:
            source.bad(line, error.column, str(error))
            continue
        yield Item(record, record.id, annotator)


@dataclass(slots=True)
class _Row:
    """One line that is being read."""

    source: Source
    notes: Notes
    units: Units
    line: int
    text: str = ""

    def read(self, raw: str) -> Labelled:
        row = json_row(raw)
        if not isinstance(row, dict):
            raise WrongField("", f"needs an object, got {row!r}")
        text = row.get("text", row.get("data"))
        if not isinstance(text, str) or not text.strip() or not well_formed(text):
            raise WrongField("text", f"needs a text that is not empty, got {text!r}")
        for key in _LISTS:
            if not isinstance(row.get(key, []), list):
                raise WrongField(key, f"needs a list, got {row[key]!r}")
        self.text = text
        return self._record(row)

    def _record(self, row: dict[str, Any]) -> Labelled:
        kept = self._kept(row)
        id = str(kept.get("id", row.get("id", self.source.id(self.line))))
        spans, classes = self._spans(row)
        quads, entities = self._annotations(row, spans, id)
        quads += [
            Quad(None, None, *_category_first(path, _CARRIED)) for path in kept.get("unsaid", ())
        ]
        asked = kept.get("asked", ())
        sentiment = kept.get("sentiment")
        if sentiment is None and len(classes) == 1:
            sentiment = classes[0]
        elif classes:
            self.notes.add(
                say("同一文本多个类别，已略去", "texts with several classes, which are left out"),
                id,
            )
        labels = {
            str(name): label_value(value, f"{_CARRIED}.labels.{name}")
            for name, value in kept.get("labels", {}).items()
        }
        return Labelled(
            id,
            self.text,
            self.source.dataset,
            quads=tuple(dict.fromkeys(quads)) if quads or "quads" in asked else None,
            sentiment=None if sentiment is None else _polarity(str(sentiment), "label"),
            entities=tuple(entities) if entities or "entities" in asked else None,
            entity_types=tuple(map(str, kept.get("entity_types", ())))
            or tuple(sorted({entity.type for entity in entities})),
            group=str(kept.get("group", "")),
            labels=labels,
            original=str(kept.get("original", "")),
        )

    def _kept(self, row: dict[str, Any]) -> dict[str, Any]:
        raw = row.get(_CARRIED)
        if raw is None:
            return {}
        try:
            kept = read_json(raw) if isinstance(raw, str) else raw
        except (ValueError, RecursionError) as error:
            raise WrongField(_CARRIED, f"not the JSON that was exported: {error}") from None
        lists = ("asked", "entity_types", "unsaid")
        if (
            not isinstance(kept, dict)
            or not isinstance(kept.get("labels", {}), dict)
            or not all(isinstance(kept.get(name, []), list) for name in lists)
            or not all(isinstance(path, list) for path in kept.get("unsaid", []))
        ):
            raise WrongField(_CARRIED, f"not what was exported: {kept!r}")
        return kept

    def _spans(self, row: dict[str, Any]) -> tuple[dict[str, tuple[str, Span]], list[str]]:
        """Labelled spans by id, and classes of the whole text."""
        spans: dict[str, tuple[str, Span]] = {}
        classes = [str(name) for name in row.get("cats", ())]
        for index, item in enumerate(row.get("label", row.get("labels", []))):
            column = f"label[{index}]"
            if isinstance(item, str):
                classes.append(item)
            elif isinstance(item, list) and len(item) == 3:
                spans[f"#{index}"] = (str(item[2]), self._span(item[0], item[1], column))
            else:
                raise WrongField(column, f"needs [start, end, label] or a class, got {item!r}")
        for index, item in enumerate(row.get("entities", ())):
            column = f"entities[{index}]"
            if isinstance(item, list) and len(item) == 3:
                spans[f"#{index}"] = (str(item[2]), self._span(item[0], item[1], column))
            elif isinstance(item, dict):
                span = self._span(item.get("start_offset"), item.get("end_offset"), column)
                spans[str(item.get("id", f"#{index}"))] = (str(item.get("label")), span)
            else:
                raise WrongField(column, f"needs an object, got {item!r}")
        return spans, classes

    def _span(self, start: Any, end: Any, column: str) -> Span:
        if self.units == "code-points" or type(start) is not int or type(end) is not int:
            return read_span(start, end, self.text, column)
        try:
            return utf16_span(self.text, start, end)
        except ValueError as error:
            raise WrongField(column, f"{error}; try --offsets code-points") from None

    def _annotations(
        self, row: dict[str, Any], spans: dict[str, tuple[str, Span]], id: str
    ) -> tuple[list[Quad], list[Entity]]:
        quads: list[Quad] = []
        entities: list[Entity] = []
        linked: set[str] = set()
        for index, relation in enumerate(row.get("relations", ())):
            column = f"relations[{index}]"
            if not isinstance(relation, dict):
                raise WrongField(column, f"needs an object, got {relation!r}")
            ends = [str(relation.get("from_id")), str(relation.get("to_id"))]
            if lost := [end for end in ends if end not in spans]:
                raise WrongField(
                    column, f"a relation with the entity {lost[0]}, which is not there"
                )
            by_role = {role_of(spans[end][0].partition("/")[0]): spans[end][1] for end in ends}
            if by_role.keys() != {ASPECT, EXPRESSION}:
                self.notes.add(say("不是评价对象与评价词的关系", "relations of other spans"), id)
                continue
            linked.update(ends)
            category, polarity = _category_first(str(relation.get("type")).split("/", 1), column)
            quads.append(Quad(by_role[ASPECT], by_role[EXPRESSION], category, polarity))
        for key, (label, span) in spans.items():
            name, *path = label.split("/", 2)
            role = role_of(name)
            if role is None:
                entities.append(Entity(span, label, 1.0))
            elif path:
                category, polarity = _category_first(path, f"label {label}")
                said = (span, None) if role == ASPECT else (None, span)
                quads.append(Quad(said[0], said[1], category, polarity))
            elif key not in linked:
                self.notes.add(say("没有观点的片段", "aspects and expressions of no opinion"), id)
        return quads, entities


def _category_first(path: Sequence[Any], column: str) -> tuple[str | None, Polarity]:
    if not path:
        raise WrongField(column, "needs polarity and category, got nothing")
    return str(path[1]) if len(path) > 1 else None, _polarity(str(path[0]), column)


def _polarity(name: str, column: str) -> Polarity:
    try:
        return read_polarity(name)
    except ValueError as error:
        raise WrongField(column, str(error)) from None
