"""Exports of doccano: relation extraction, sequence labelling, and classes of texts.

All its versions: JSON Lines and JSON lists, `text` or `data`, `label`, `labels`, `cats` or
`entities`. Which reviews nobody looked at is not told: what another review of the file has counts
as labelled with nothing in a review that has none.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from guandian.data.readers.guandian_jsonl import label_value
from guandian.data.readers.json_lines import JsonRow, json_rows
from guandian.data.readers.rows import ReaderSource, WrongField, read_polarity, well_formed
from guandian.data.readers.word_offsets import HAN
from guandian.data.readers.zhijiang import utf16_span
from guandian.domain import Entity, Labelled, LabelValue, Polarity, Quad, Span
from guandian.io.strict_json import read_json
from guandian.labelling.annotation import (
    UNREAD,
    Item,
    Notes,
    note_judging,
    one_polarity,
    read_span,
    refuse_address,
)
from guandian.labelling.doccano import CARRIED, Units
from guandian.labelling.label_names import is_polarity, is_prose, judged, judgement, role_and_names
from guandian.labelling.unsupported_tools import refuse_row
from guandian.tasks.head_spec import ASPECT, EXPRESSION
from guandian.wording import say

CLASS = "class"
"""The declared label that holds the classes of a text that are no polarity."""
_LISTS = ("entities", "relations", "label", "labels", "cats")
_TEXTS = ("text", "data")
_NUMBERS = (
    "labels are told by number alone, as an old doccano exports JSONL: "
    "export JSONL (Text-Labels), which has their names"
)
_ENOUGH = 20  # classes of which hardly one comes again: by chance they would
_KNOWN = {
    *_LISTS, *_TEXTS, CARRIED, "id", "meta", "metadata", "annotations", "annotation_approver",
    "Comments", "comments", "is_confirmed",
}  # fmt: skip
_APART = re.compile(f"{HAN} {HAN}")
_TOGETHER = re.compile(f"{HAN}{HAN}")


def read_doccano(source: ReaderSource, notes: Notes, units: Units = "utf-16") -> Iterator[Item]:
    """Yield the reviews of an export; a wrong row is reported and left out whole.

    Args:
        source: the file; its name without suffix is the annotator's, as doccano exports a file
            for each.
        notes: told what is left out.
        units: what the offsets count. doccano counts as browsers do, in UTF-16 units.

    Raises:
        GuandianError: the file is a damaged JSON list, or of another tool.
    """
    annotator = source.files[0].stem
    rows = list(json_rows(source.files[0], source.report))
    for row in rows:
        refuse_row(source.files[0], row.value)
    shown = _Shown.of(rows)
    for row in rows:
        try:
            record = _Review(source, notes, units, shown, row).read()
        except WrongField as error:
            source.bad(row.line, row.position + "." * bool(row.position) + error.column, str(error))
            continue
        yield Item(record, record.id, annotator)


@dataclass(slots=True)
class _Shown:
    """The kinds of labels in a file: what no review shows was not asked for.

    Where one of its classes is a sentence, or there are many, and hardly one comes twice, people
    wrote them all (`prose`). That of a few none comes twice proves nothing (`once`).
    """

    quads: bool = False
    types: set[str] = field(default_factory=set)
    several: bool = False
    prose: bool = False
    once: bool = False

    @classmethod
    def of(cls, rows: Sequence[JsonRow]) -> _Shown:
        shown, used = cls(), Counter[str]()
        for row in rows:
            if not isinstance(row.value, dict):
                continue
            named = [(label, *role_and_names(label)) for label in _labels_of_spans(row.value)]
            shown.types |= {label for label, role, _ in named if role is None}
            roles = {role for _, role, _ in named} - {None}
            shown.quads |= len(roles) > 1 and next(_items(row.value, "relations"), None) is not None
            shown.quads |= any(names for _, _, names in named)
            classes = [name for name in _classes_of(row.value) if not is_polarity(name)]
            shown.several |= len(classes) > 1
            used.update(classes)
        shown.prose = len(used) > 0.9 * used.total() and (
            any(map(is_prose, used)) or used.total() >= _ENOUGH
        )
        shown.once = 1 < used.total() == len(used)
        return shown


def _items(row: dict[str, Any], *keys: str) -> Iterator[tuple[str, Any]]:
    """Each item of some lists of a row, with its place; a class alone stands for its list."""
    for key in keys:
        value = row.get(key)
        several = [value] if isinstance(value, str) else value
        for index, item in enumerate(several if isinstance(several, list) else ()):
            yield f"{key}[{index}]", item


def _labels_of_spans(row: dict[str, Any]) -> Iterator[str]:
    for _, item in _items(row, "entities", "label", "labels"):
        label = item[2] if isinstance(item, list) and len(item) == 3 else None
        label = item.get("label") if isinstance(item, dict) else label
        if isinstance(label, str) and label.strip():
            yield label.strip()


def _classes_of(row: dict[str, Any]) -> list[str]:
    return [item for _, item in _items(row, "label", "labels", "cats") if isinstance(item, str)]


@dataclass(frozen=True, slots=True)
class _Labelled:
    """A labelled span: what it is called, the role and the judgement in that name, and where."""

    label: str
    role: str | None
    names: list[str]
    span: Span


@dataclass(slots=True)
class _Review:
    """One row that is being read."""

    source: ReaderSource
    notes: Notes
    units: Units
    shown: _Shown
    row: JsonRow
    text: str = ""
    id: str = ""

    def read(self) -> Labelled:
        """The review of the row.

        Raises:
            WrongField: something of it cannot be read.
        """
        row = self.row.value
        if not isinstance(row, dict):
            raise WrongField("", f"needs an object, got {row!r}")
        self.text = self._text(row)
        for key in _LISTS:
            if row.get(key) is not None and not isinstance(row[key], list | str):
                raise WrongField(
                    key,
                    f"needs a list or a name, got {row[key]!r}"
                    + (f": {_NUMBERS}" if isinstance(row[key], int | float) else ""),
                )
        if row.get("annotations"):
            raise WrongField("annotations", _NUMBERS)
        fields = _exported(row)
        own = self.source.id(self.row.line) + self.row.position
        self.id = str(fields.get("id", row.get("id", own)))
        self._tell(row)
        return self._record(row, fields)

    def _text(self, row: dict[str, Any]) -> str:
        text = next((row[key] for key in _TEXTS if key in row), None)
        if not isinstance(text, str) or not text.strip() or not well_formed(text):
            raise WrongField("text", f"needs a text that is not empty, got {text!r}")
        refuse_address(text, "text")
        return text

    def _tell(self, row: dict[str, Any]) -> None:
        """Note what is not read, and a text that doccano made."""
        for name in row.keys() - _KNOWN:
            self.notes.add(f"{say('columns that are not read')}: {name}", self.id)
        if _APART.search(self.text) and not _TOGETHER.search(self.text):
            note = say("texts with a blank between characters, as doccano imports CoNLL")
            self.notes.add(note, self.id)

    def _record(self, row: dict[str, Any], fields: dict[str, Any]) -> Labelled:
        quads, entities = self._annotations(row, self._spans(row))
        if quads is not None:
            quads += [_unsaid(path) for path in fields.get("unsaid", ())]
        asks_quads, asks_entities = self._asks(row, fields, bool(quads), bool(entities))
        sentiment, labels = self._classes(row, fields)
        shown = {entity.type for entity in entities}
        if asks_entities and not fields.get("asked"):
            shown = self.shown.types
        types = tuple(map(str, fields.get("entity_types", ())))
        return Labelled(
            self.id,
            self.text,
            self.source.dataset,
            quads=tuple(dict.fromkeys(quads)) if quads or (asks_quads and quads == []) else None,
            sentiment=sentiment,
            entities=tuple(dict.fromkeys(entities)) if entities or asks_entities else None,
            entity_types=types or tuple(sorted(shown)),
            group=str(fields.get("group", "")),
            labels=labels,
            original=str(fields.get("original", "")),
        )

    def _asks(
        self, row: dict[str, Any], fields: dict[str, Any], quads: bool, entities: bool
    ) -> tuple[bool, bool]:
        """Tell whether opinions, and entities, count as looked for in this review."""
        if kinds := fields.get("asked", ()):
            return "quads" in kinds, "entities" in kinds
        spans = "entities" in row or "relations" in row
        spans |= bool({"label", "labels"} & row.keys()) and not _classes_of(row)
        asks = (spans and self.shown.quads, spans and bool(self.shown.types))
        if spans and not quads and not entities and not next(_items(row, *_LISTS), None):
            empty = say("reviews without any label, taken as labelled with none")
            unlabelled = say("reviews without any label, counted as not annotated")
            self.notes.add(empty if any(asks) else unlabelled, self.id)
        return asks

    def _classes(
        self, row: dict[str, Any], fields: dict[str, Any]
    ) -> tuple[Polarity | None, dict[str, LabelValue]]:
        """Sentiment and declared labels: the classes of the text, and what was carried along."""
        classes = _classes_of(row)
        polarities = {read_polarity(name) for name in classes if is_polarity(name)}
        others = list(dict.fromkeys(name for name in classes if not is_polarity(name)))
        if self.shown.prose and classes:
            note = say("texts that people wrote, no classes, not read")
            self.notes.add(note, self.id)
            polarities, others = set(), []
        elif self.shown.once and others:
            note = say("classes of which none comes twice: did people write them?")
            self.notes.add(note, self.id)
        sentiment = one_polarity(polarities, self.notes, self.id)
        if fields.get("sentiment") is not None:
            sentiment = _polarity(str(fields["sentiment"]), CARRIED)
        labels: dict[str, LabelValue] = {}
        several = self.shown.several and not self.shown.prose and not polarities
        if others or (several and {*_LISTS[2:]} & row.keys()):
            labels[CLASS] = tuple(others) if self.shown.several else others[0]
        for name, value in fields.get("labels", {}).items():
            labels[str(name)] = label_value(value, f"{CARRIED}.labels.{name}")
        return sentiment, labels

    def _spans(self, row: dict[str, Any]) -> dict[str, _Labelled]:
        """Labelled spans by id."""
        spans: dict[str, _Labelled] = {}
        for column, item in _items(row, "entities", "label", "labels"):
            if isinstance(item, str):
                continue
            if isinstance(item, list) and len(item) == 3:
                start, end, label = item
                id = column
            elif isinstance(item, dict):
                start, end, label = (
                    item.get(key) for key in ("start_offset", "end_offset", "label")
                )
                id = str(item.get("id", column))
            elif isinstance(item, int | float):
                raise WrongField(column, _NUMBERS)
            else:
                raise WrongField(column, f"needs [start, end, label] or a class, got {item!r}")
            if isinstance(label, int | float):
                raise WrongField(column, _NUMBERS)
            label = "" if label is None else str(label).strip()
            if not label:
                self.notes.add(say("spans without a label"), self.id)
            span = self._span(start, end, column)
            spans[id] = _Labelled(label, *role_and_names(label), span)
            if spans[id].role is None:
                note_judging(label, self.notes, self.id)
        return spans

    def _span(self, start: Any, end: Any, column: str) -> Span:
        """The span of two offsets; where only the other units fit, those are proposed."""
        if self.units == "code-points" or type(start) is not int or type(end) is not int:
            return read_span(start, end, self.text, column)
        try:
            return utf16_span(self.text, start, end)
        except ValueError as error:
            read_span(start, end, self.text, column)  # tells what is wrong with either
            raise WrongField(column, f"perhaps --offsets code-points is right: {error}") from None

    def _annotations(
        self, row: dict[str, Any], spans: dict[str, _Labelled]
    ) -> tuple[list[Quad] | None, list[Entity]]:
        """Opinions and entities; None for opinions where a relation of theirs is not read."""
        quads: list[Quad] = []
        linked: set[str] = set()
        unread: list[str] = []
        for column, relation in _items(row, "relations"):
            if not isinstance(relation, dict):
                raise WrongField(column, f"needs an object, got {relation!r}")
            ends = [str(relation.get("from_id")), str(relation.get("to_id"))]
            if lost := [end for end in ends if end not in spans]:
                raise WrongField(
                    column, f"a relation with the entity {lost[0]}, which is not there"
                )
            by_role = {spans[end].role: spans[end] for end in ends}
            if by_role.keys() != {ASPECT, EXPRESSION}:
                note = say("relations of other spans")
                self.notes.add(note, self.id)
                unread += ends
                continue
            linked.update(ends)
            quads += _linked(by_role, str(relation.get("type")), column)
        for key, labelled in spans.items():
            if labelled.role is not None and key not in linked:
                quads += self._alone(labelled)
        entities = [
            Entity(labelled.span, labelled.label, 1.0)
            for labelled in spans.values()
            if labelled.label and not labelled.role
        ]
        lone = {key for key, labelled in spans.items() if key not in linked and not labelled.names}
        open_ends = any(spans[end].role for end in lone.intersection(unread))
        if (
            (unread and not quads)
            or open_ends
            or any(spans[key].role == EXPRESSION for key in lone)
        ):
            if self.shown.quads:
                self.notes.add(str(UNREAD), self.id)
            return None, entities
        return quads, entities

    def _alone(self, labelled: _Labelled) -> Iterator[Quad]:
        """The opinion of a span that no relation has: its label says how it judges."""
        if not labelled.names:
            note = say("aspects and expressions of no opinion")
            self.notes.add(note, self.id)
            return
        category, polarity = _category_first(labelled.names, f"label {labelled.label}")
        aspect, expression = (
            (labelled.span, None) if labelled.role == ASPECT else (None, labelled.span)
        )
        yield Quad(aspect, expression, category, polarity)


def _exported(row: dict[str, Any]) -> dict[str, Any]:
    """Read what our own export carried along."""
    raw = row.get(CARRIED)
    if raw is None:
        return {}
    try:
        fields = read_json(raw) if isinstance(raw, str) else raw
    except (ValueError, RecursionError) as error:
        raise WrongField(CARRIED, f"not the JSON that was exported: {error}") from None
    lists = ("asked", "entity_types", "unsaid")
    if (
        not isinstance(fields, dict)
        or not isinstance(fields.get("labels", {}), dict)
        or not all(isinstance(fields.get(name, []), list) for name in lists)
        or not all(isinstance(path, list) for path in fields.get("unsaid", []))
    ):
        raise WrongField(CARRIED, f"not what was exported: {fields!r}")
    return fields


def _unsaid(path: Sequence[Any]) -> Quad:
    return Quad(None, None, *_category_first([str(step) for step in path], CARRIED))


def _linked(by_role: dict[str | None, _Labelled], type: str, column: str) -> Iterator[Quad]:
    """The opinions of a relation: its type says how it judges, or else a label of its ends."""
    aspect, expression = by_role[ASPECT], by_role[EXPRESSION]
    first, _, more = type.partition("/")
    if is_polarity(first):
        yield Quad(aspect.span, expression.span, more or None, read_polarity(first))
        return
    names = [[type], expression.names, aspect.names]
    verdict = judged([judgement(path, column) for path in names], column)
    for category in verdict.categories:
        yield Quad(aspect.span, expression.span, category, verdict.polarity)


def _category_first(path: Sequence[str], column: str) -> tuple[str | None, Polarity]:
    if not path:
        raise WrongField(column, "needs polarity and category, got nothing")
    return path[1] if len(path) > 1 else None, _polarity(path[0], column)


def _polarity(name: str, column: str) -> Polarity:
    try:
        return read_polarity(name)
    except ValueError as error:
        raise WrongField(column, str(error)) from None
