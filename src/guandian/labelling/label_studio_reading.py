"""The exports of Label Studio: JSON, and of JSON-MIN what it still holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from guandian.data.readers.guandian_jsonl import label_value
from guandian.data.readers.json_lines import JsonRow, json_rows
from guandian.data.readers.rows import ReaderSource, WrongField, read_polarity, well_formed
from guandian.domain import Labelled, LabelValue, Polarity, Quad
from guandian.labelling.annotation import (
    UNREAD,
    Item,
    Notes,
    is_address,
    note_judging,
    one_polarity,
    refuse_address,
)
from guandian.labelling.json_min import JsonMin, is_json_min
from guandian.labelling.label_names import (
    STEP,
    is_polarity,
    judged,
    judgement,
    role_and_names,
    said_by,
)
from guandian.labelling.label_studio import CARRIED, LABEL, SENTIMENT, UNSAID
from guandian.labelling.label_studio_regions import (
    Region,
    entities_of,
    is_region,
    labels_of,
    paths_of,
    region_span,
)
from guandian.tasks.head_spec import ASPECT, EXPRESSION
from guandian.wording import say

_SHAPES = ("rectangle", "polygon", "ellipse", "keypoint", "brush", "bitmask", "videorectangle")
_OF_NO_TEXT = {*_SHAPES, *(f"{shape}labels" for shape in _SHAPES), "timeserieslabels", "magicwand"}
_SENTIMENTS = (SENTIMENT, "overall_sentiment", "情感", "情感倾向", "情感极性", "整体情感")


def read_label_studio(source: ReaderSource, notes: Notes, text_field: str = "") -> Iterator[Item]:
    """Yield the annotations of an export; a wrong one is reported and left out whole.

    Cancelled annotations and tasks without any are noted and left out. The line of a bad row is
    the one that its task begins on; the column is the way to the value inside the list.

    Args:
        source: the file.
        notes: told what is left out.
        text_field: the field of a task's data that holds the review; empty: `text`, or the only
            field that is a text.

    Raises:
        GuandianError: the list of tasks is damaged, or JSON-MIN with opinions.
    """
    path = source.files[0]
    least = JsonMin(path, notes, text_field)
    rows = [_task_row(row, least) for row in json_rows(path, source.report)]
    reader = _Reader(source, notes, text_field, _Shown.of([row.task for row in rows]))
    for row in rows:
        yield from reader.task(row)


class _Row(NamedTuple):
    """A task, the line and place of its row, and which review it is of."""

    line: int
    location: str
    review: str
    task: Any


def _task_row(row: JsonRow, least: JsonMin) -> _Row:
    """The task of a row. JSON-MIN, and what is kept in a cloud storage, has one annotation a row.

    Old versions call annotations completions.
    """
    task, several = row.value, True
    if is_json_min(task):
        task, several = least.task(task), False
    elif isinstance(task, dict) and isinstance(task.get("task"), dict):
        task, several = task["task"] | {"annotations": [task]}, False
    elif isinstance(task, dict) and "annotations" not in task and "completions" in task:
        task = task | {"annotations": task["completions"]}
    id = None if several else task.get("id")
    review = row.position or f"line {row.line}"
    return _Row(row.line, row.position, review if id in (None, "") else f"task {id}", task)


@dataclass(slots=True)
class _Shown:
    """The kinds of labels in a file: what no task shows was not asked for."""

    quads: bool = False
    types: set[str] = field(default_factory=set)
    several: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, tasks: list[Any]) -> _Shown:
        shown = cls()
        for task in tasks:
            for annotation in _list(task, "annotations"):
                results = [
                    result for result in _list(annotation, "result") if isinstance(result, dict)
                ]
                roles = [shown._value(result) for result in results]
                related = any(result.get("type") == "relation" for result in results)
                chosen = any(_judges(result) for result in results)
                shown.quads |= any(roles) and (related or chosen)
        return shown

    def _value(self, result: dict[str, Any]) -> bool:
        """Count a result; whether a label of it is a part of an opinion."""
        value = result.get("value")
        if not isinstance(value, dict):
            return False
        named = [(label, *role_and_names(label)) for label in labels_of(value)]
        self.types |= {label for label, role, _ in named if role is None}
        if len(paths_of(value)) > 1:
            self.several.add(str(result.get("from_name")))
        self.quads |= result.get("from_name") == UNSAID or any(names for _, _, names in named)
        return any(role is not None for _, role, _ in named)


def _judges(result: dict[str, Any]) -> bool:
    """Tell whether something was chosen for a region."""
    value = result.get("value")
    return isinstance(value, dict) and is_region(value) and bool(paths_of(value))


def _list(row: Any, key: str) -> list[Any]:
    value = row.get(key) if isinstance(row, dict) else None
    return value if isinstance(value, list) else []


@dataclass(slots=True)
class _Annotation:
    """The results of one annotation, sorted; `whole` is False where an opinion is not read."""

    regions: dict[str, Region] = field(default_factory=dict)
    relations: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    unsaid: list[Quad] = field(default_factory=list)
    polarities: set[Polarity] = field(default_factory=set)
    labels: dict[str, LabelValue] = field(default_factory=dict)
    whole: bool = True


class _Reader:
    def __init__(self, source: ReaderSource, notes: Notes, text_field: str, shown: _Shown) -> None:
        self._source, self._notes = source, notes
        self._text_field, self._shown = text_field, shown

    def task(self, row: _Row) -> Iterator[Item]:
        line, location, review, task = row
        data = task.get("data") if isinstance(task, dict) else None
        if not isinstance(data, dict):
            fault = "no task of Label Studio: needs an object with data and annotations"
            self._source.bad(line, location, fault)
            return
        ids = (source["id"] for source in (data, task) if source.get("id") not in (None, ""))
        id = str(next(ids, self._source.id(line) + location))
        annotations = _list(task, "annotations")
        if not annotations:
            alone = ""
            if task.get("drafts"):
                alone = say(" (drafts alone, not submitted)", between="")
            elif task.get("predictions"):
                alone = say(" (predictions alone)", between="")
            self._notes.add(f"{say('tasks without an annotation')}{alone}", id)
        for index, annotation in enumerate(annotations):
            at = f"{location}.annotations[{index}]".lstrip(".")
            try:
                if not isinstance(annotation, dict):
                    raise WrongField(at, f"needs an object, got {annotation!r}")
                if annotation.get("was_cancelled") or annotation.get("skipped"):
                    self._notes.add(say("cancelled annotations"), id)
                    continue
                record = self._record(id, data, location, _list(annotation, "result"), at)
            except WrongField as error:
                self._source.bad(line, error.column, f"{error} (task {task.get('id', id)})")
                continue
            who = _annotator(annotation.get("completed_by"))
            reviewed = bool(annotation.get("ground_truth") or annotation.get("honeypot"))
            yield Item(record, review, who, reviewed=reviewed)

    def _record(
        self, id: str, data: dict[str, Any], location: str, results: list[Any], at: str
    ) -> Labelled:
        text = self._text(data, location)
        annotation = self._sorted(results, text, id, at)
        fields = data.get(CARRIED)
        fields = fields if isinstance(fields, dict) else {}
        kinds = _list(fields, "asked")
        quads, entities = self._opinions(annotation, id), entities_of(annotation.regions)
        for name in kinds:
            if isinstance(name, str) and name.startswith("labels."):
                annotation.labels.setdefault(name.removeprefix("labels."), ())
        types = tuple(str(kind) for kind in _list(fields, "entity_types"))
        asks_quads = "quads" in kinds if kinds else self._shown.quads
        asks_entities = "entities" in kinds if kinds else bool(self._shown.types)
        shown = {entity.type for entity in entities}
        if asks_entities and not kinds:
            shown = self._shown.types
        return Labelled(
            id,
            text,
            self._source.dataset,
            quads=quads if annotation.whole and (quads or asks_quads) else None,
            sentiment=one_polarity(annotation.polarities, self._notes, id),
            entities=entities if entities or asks_entities else None,
            entity_types=types or tuple(sorted(shown)),
            group=str(fields.get("group", "")),
            labels=annotation.labels,
            original=str(fields.get("original", "")),
        )

    def _text(self, data: dict[str, Any], location: str) -> str:
        held = {name: value for name, value in data.items() if isinstance(value, str)}
        texts = [name for name, value in held.items() if not is_address(value)]
        name = self._text_field or ("text" if "text" in data else "")
        name = name or (next(iter(held), "") if len(held) == 1 or not texts else "")
        text = data.get(name)
        if isinstance(text, str):
            refuse_address(text, f"{location}.data.{name}")
        if not isinstance(text, str) or not text.strip() or not well_formed(text):
            raise WrongField(
                f"{location}.data{'.' * bool(name)}{name}",
                f"no text of a review; texts stand in: {', '.join(texts)} "
                "(name one with --text-field)"
                if texts
                else _lacking(data),
            )
        return text

    def _sorted(self, results: list[Any], text: str, id: str, at: str) -> _Annotation:
        annotation = _Annotation()
        for index, result in enumerate(results):
            location = f"{at}.result[{index}]"
            if not isinstance(result, dict):
                raise WrongField(location, f"needs an object, got {result!r}")
            if result.get("type") == "relation":
                annotation.relations.append((location, result))
                continue
            value = result.get("value")
            if not isinstance(value, dict):
                raise WrongField(f"{location}.value", f"needs an object, got {value!r}")
            if result.get("type") in _OF_NO_TEXT:
                raise WrongField(location, f"a {result['type']} is of a picture, video or sound")
            if is_region(value):
                span = region_span(value, text, location)
                region = annotation.regions.setdefault(
                    str(result.get("id", location)), Region(span)
                )
                if not region.add(value) and result.get("type") not in (
                    "labels",
                    "hypertextlabels",
                ):
                    kind = result.get("type")
                    note = say("results of type {kind} of regions", kind=kind)
                    self._notes.add(note, id)
            else:
                self._whole(annotation, result, value, id, location)
        self._tell_unread(annotation, id)
        return annotation

    def _tell_unread(self, annotation: _Annotation, id: str) -> None:
        """Note the regions that say nothing, or of which something says nothing."""
        for region in annotation.regions.values():
            for type in region.types:
                note_judging(type, self._notes, id)
            if not region.roles and not region.types:
                self._notes.add(say("regions without a label"), id)
            if not region.roles and region.chosen:
                note = say("choices of regions that are no opinions")
                self._notes.add(note, id)

    def _whole(
        self,
        annotation: _Annotation,
        result: dict[str, Any],
        value: dict[str, Any],
        id: str,
        location: str,
    ) -> None:
        """Take a result of the whole text."""
        name, paths = str(result.get("from_name")), paths_of(value)
        if name == UNSAID:
            for path in paths:
                verdict = judged([judgement(said_by(path), location)], location)
                annotation.unsaid += [
                    Quad(None, None, category, verdict.polarity) for category in verdict.categories
                ]
            return
        number = value.get("number", value.get("rating"))
        chosen = [STEP.join(path) for path in paths]
        if number is None and not chosen:
            self._notes.add(f"{say('results of type')} {result.get('type')}", id)
        elif name == SENTIMENT or (
            name.casefold() in _SENTIMENTS
            and all(is_polarity(choice) for choice in chosen)
            and chosen
        ):
            try:
                annotation.polarities |= {read_polarity(choice) for choice in chosen or [""]}
            except ValueError as error:
                raise WrongField(f"{location}.value.choices", str(error)) from None
        else:
            several = len(chosen) > 1 or name in self._shown.several
            single = chosen if several else (chosen[0] if chosen else number)
            label = name.removeprefix(LABEL)
            annotation.labels[label] = label_value(single, f"{location}.value")

    def _opinions(self, annotation: _Annotation, id: str) -> tuple[Quad, ...]:
        quads: list[Quad] = []
        linked: set[str] = set()
        unread: list[list[str]] = []
        for location, relation in annotation.relations:
            ends = [str(relation.get("from_id")), str(relation.get("to_id"))]
            if lost := [end for end in ends if end not in annotation.regions]:
                raise WrongField(
                    location, f"a relation with the region {lost[0]!r}, which is not there"
                )
            pair = _pair([annotation.regions[end] for end in ends])
            if pair is None:
                self._notes.add(say("relations of other regions"), id)
                unread.append(ends)
                continue
            linked.update(ends)
            quads += self._linked(*pair, relation, location, id)
        for key, region in annotation.regions.items():
            if key not in linked:
                quads += self._alone(region, annotation, id)
        self._doubt(annotation, quads, linked, unread, id)
        return tuple(dict.fromkeys([*quads, *annotation.unsaid]))

    def _doubt(
        self,
        annotation: _Annotation,
        quads: list[Quad],
        linked: set[str],
        unread: list[list[str]],
        id: str,
    ) -> None:
        """Take no opinions of a review with a relation that may be one of them.

        It ends at an aspect or expression that no other relation has, or nothing else is there.
        """
        open_ends = (
            end
            for ends in unread
            for end in ends
            if end not in linked and annotation.regions[end].roles
        )
        if unread and (next(open_ends, None) is not None or not (quads or annotation.unsaid)):
            annotation.whole = False
        if not annotation.whole and self._shown.quads:
            self._notes.add(str(UNREAD), id)

    def _linked(
        self, aspect: Region, expression: Region, relation: dict[str, Any], location: str, id: str
    ) -> Iterator[Quad]:
        """The opinions of a relation, by its own labels or what was said of its regions."""
        own = judgement([str(label) for label in _list(relation, "labels")], location)
        ways = [judgement(region.names, location) for region in (expression, aspect)]
        if own.polarity is None and own.names and any(way.categories != (None,) for way in ways):
            note = say("labels of relations not read")
            self._notes.add(f"{note}: {', '.join(own.names)}", id)
            own = judgement((), location)
        verdict = judged([own, *ways], location)
        for category in verdict.categories:
            yield Quad(aspect.span, expression.span, category, verdict.polarity)

    def _alone(self, region: Region, annotation: _Annotation, id: str) -> Iterator[Quad]:
        """The opinion of a region that no relation has: its other part is unsaid.

        An aspect may have none, but where something was chosen for it one is not told whole.
        """
        where = f"region {region.span.start}-{region.span.end}"
        verdict = judgement(region.names, where)
        for role in (ASPECT, EXPRESSION):
            if role not in region.roles:
                continue
            if verdict.polarity is None and role == ASPECT:
                self._notes.add(say("aspects of no opinion"), id)
                annotation.whole &= not verdict.names
                continue
            sure = judged([verdict], where)
            for category in sure.categories:
                aspect, expression = (region.span, None) if role == ASPECT else (None, region.span)
                yield Quad(aspect, expression, category, sure.polarity)


def _lacking(data: dict[str, Any]) -> str:
    """What the data of a task hold in the place of a review's text."""
    for name, value in data.items():
        if isinstance(value, list) and any(isinstance(part, dict | str) for part in value):
            return (
                f"no text of a review; {name} is a list, as the turns of a dialogue (Paragraphs): "
                "write a task for each turn"
            )
    return "no text of a review, nor of anything else"


def _pair(regions: list[Region]) -> tuple[Region, Region] | None:
    """Aspect and expression of a relation, whichever way it points."""
    for aspect, expression in (regions, regions[::-1]):
        if ASPECT in aspect.roles and EXPRESSION in expression.roles:
            return aspect, expression
    return None


def _annotator(who: Any) -> str:
    """Name who completed an annotation: an id, or a user with an e-mail address."""
    if isinstance(who, dict):
        who = who.get("email") or who.get("id")
    return "" if who is None else str(who)
