"""The exports of Label Studio: JSON, and of JSON-MIN what it still holds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from guandian.data.own import label_value
from guandian.data.reading import Source, WrongField, clean_name, read_polarity, well_formed
from guandian.data.zhijiang import utf16_span
from guandian.domain import Entity, Labelled, LabelValue, Polarity, Quad, Span
from guandian.errors import GuandianError
from guandian.labelling.items import Item, Notes, judged, read_span, role_of
from guandian.labelling.label_studio import CARRIED, LABEL, SENTIMENT, UNSAID
from guandian.tasks.heads import ASPECT, EXPRESSION
from guandian.text.bounded import MOST_WHOLE, read_text
from guandian.text.objects import read_items

_LABELS = ("labels", "hypertextlabels")


def read_label_studio(source: Source, notes: Notes, text_field: str = "") -> Iterator[Item]:
    """Yield the annotations of an export; a wrong one is reported and left out whole.

    Cancelled annotations and tasks without any are noted and left out. The line of a bad row is
    the one that its task begins on; the column is the way to the value inside the list.

    Args:
        source: the file.
        notes: told what is left out.
        text_field: the field of a task's data that holds the review; empty: `text`, or the only
            field that is a text.

    Raises:
        GuandianError: the file is no export of Label Studio.
    """
    path = source.files[0]
    try:
        tasks = list(read_items(read_text(path, MOST_WHOLE)))
    except UnicodeDecodeError as error:
        raise GuandianError(f"{path} is not UTF-8: {error}", "export it again as JSON") from None
    except (ValueError, RecursionError) as error:
        at = ""
        if isinstance(error, json.JSONDecodeError):
            at = f", line {error.lineno}, column {error.colno}"
        raise GuandianError(
            f"{path}{at}: not a JSON list of tasks: {error}",
            "in Label Studio choose Export, then JSON",
        ) from None
    rows = [(line, f"[{index}]", _full(task, path)) for index, (line, task) in enumerate(tasks)]
    reader = _Reader(source, notes, text_field, _Shown.of([task for _, _, task in rows]))
    for line, place, task in rows:
        yield from reader.task(line, place, task)


def _full(task: Any, path: object) -> Any:
    """A task of JSON-MIN as JSON would have it; others as they are.

    Raises:
        GuandianError: it holds opinions, whose relations JSON-MIN leaves out.
    """
    if not isinstance(task, dict) or "annotations" in task or "data" in task:
        return task
    results: list[dict[str, Any]] = []
    data: dict[str, Any] = {}
    for name, value in task.items():
        spans = value if isinstance(value, list) else []
        if spans and all(isinstance(each, dict) and "start" in each for each in spans):
            for each in spans:
                results.append({"id": len(results), "type": "labels", "value": each})
                if any(role_of(label) for label in each.get("labels", ())):
                    raise GuandianError(
                        f"{path} is JSON-MIN, which leaves out the relations of opinions",
                        "in Label Studio choose Export, then JSON",
                    )
        elif name == SENTIMENT or name.startswith(LABEL):
            several = value["choices"] if isinstance(value, dict) else value
            chosen = several if isinstance(several, list) else [several]
            number = isinstance(value, int | float)
            kept = {"number": value} if number else {"choices": chosen}
            results.append({"from_name": name, "type": next(iter(kept)), "value": kept})
        elif name not in ("annotator", "annotation_id", "created_at", "updated_at", "lead_time"):
            data[name] = value
    done = {"completed_by": task.get("annotator", ""), "result": results}
    return {"data": data, "annotations": [done]}


@dataclass(slots=True)
class _Shown:
    """What the annotations of a file hold at all: what no task shows was not asked for."""

    quads: bool = False
    entities: bool = False
    several: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, tasks: list[Any]) -> _Shown:
        found = cls()
        for result in _all_results(tasks):
            value = result.get("value")
            if not isinstance(value, dict):
                continue
            for label in _labels(value):
                if role_of(label):
                    found.quads = True
                else:
                    found.entities = True
            chosen = value.get("choices")
            if isinstance(chosen, list) and len(chosen) > 1:
                found.several.add(str(result.get("from_name")))
            found.quads |= result.get("from_name") == UNSAID
        return found


def _all_results(tasks: list[Any]) -> Iterator[dict[str, Any]]:
    for task in tasks:
        for annotation in _list(task, "annotations"):
            yield from (each for each in _list(annotation, "result") if isinstance(each, dict))


def _list(row: Any, key: str) -> list[Any]:
    found = row.get(key) if isinstance(row, dict) else None
    return found if isinstance(found, list) else []


def _labels(value: Mapping[str, Any]) -> list[str]:
    return [
        label
        for key in _LABELS
        for label in (value.get(key) if isinstance(value.get(key), list) else ())  # type: ignore[union-attr]
        if isinstance(label, str)
    ]


@dataclass(slots=True)
class _Region:
    """One region: where, what it is labelled, and what was chosen for it."""

    span: Span
    labels: list[str] = field(default_factory=list)
    chosen: list[str] = field(default_factory=list)

    def has(self, role: str) -> bool:
        return any(role_of(label) == role for label in self.labels)


class _Judgement(NamedTuple):
    polarity: Polarity | None
    categories: tuple[str | None, ...]


@dataclass(slots=True)
class _Found:
    """The results of one annotation, sorted."""

    regions: dict[str, _Region] = field(default_factory=dict)
    relations: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    unsaid: list[Quad] = field(default_factory=list)
    sentiment: Polarity | None = None
    labels: dict[str, LabelValue] = field(default_factory=dict)


class _Reader:
    def __init__(self, source: Source, notes: Notes, text_field: str, shown: _Shown) -> None:
        self._source, self._notes = source, notes
        self._text_field, self._shown = text_field, shown

    def task(self, line: int, place: str, task: Any) -> Iterator[Item]:
        data = task.get("data") if isinstance(task, dict) else None
        if not isinstance(data, dict):
            self._source.bad(line, place, "needs an object with data and annotations")
            return
        known = (each["id"] for each in (data, task) if each.get("id") not in (None, ""))
        id = str(next(known, self._source.id(line) + place))
        annotations = _list(task, "annotations")
        if not annotations:
            guessed = " (predictions alone)" * bool(task.get("predictions"))
            self._notes.add(f"尚未标注的任务 tasks without an annotation{guessed}", id)
        for index, annotation in enumerate(annotations):
            at = f"{place}.annotations[{index}]"
            try:
                if not isinstance(annotation, dict):
                    raise WrongField(at, f"needs an object, got {annotation!r}")
                if annotation.get("was_cancelled"):
                    self._notes.add("跳过的标注 cancelled annotations", id)
                    continue
                record = self._record(id, data, place, _list(annotation, "result"), at)
            except WrongField as error:
                self._source.bad(line, error.column, f"{error} (task {task.get('id', id)})")
                continue
            who = _annotator(annotation.get("completed_by"))
            reviewed = bool(annotation.get("ground_truth"))
            yield Item(record, place, who, reviewed=reviewed)

    def _record(
        self, id: str, data: dict[str, Any], place: str, results: list[Any], at: str
    ) -> Labelled:
        text = self._text(data, place)
        found = self._sorted(results, text, at)
        kept = data.get(CARRIED)
        kept = kept if isinstance(kept, dict) else {}
        asked = _list(kept, "asked")
        quads, entities = self._opinions(found, id), _entities(found)
        for name in asked:
            if isinstance(name, str) and name.startswith("labels."):
                found.labels.setdefault(name.removeprefix("labels."), ())
        types = tuple(str(each) for each in _list(kept, "entity_types"))
        asks_quads = "quads" in asked if asked else self._shown.quads
        asks_entities = "entities" in asked if asked else self._shown.entities
        return Labelled(
            id,
            text,
            self._source.dataset,
            quads=quads if quads or asks_quads else None,
            sentiment=found.sentiment,
            entities=entities if entities or asks_entities else None,
            entity_types=types or tuple(sorted({entity.type for entity in entities})),
            group=str(kept.get("group", "")),
            labels=found.labels,
            original=str(kept.get("original", "")),
        )

    def _text(self, data: dict[str, Any], place: str) -> str:
        texts = [name for name, value in data.items() if isinstance(value, str)]
        name = self._text_field or ("text" if "text" in data else "")
        name = name or (texts[0] if len(texts) == 1 else "")
        text = data.get(name)
        if not isinstance(text, str) or not text.strip() or not well_formed(text):
            raise WrongField(
                f"{place}.data{'.' * bool(name)}{name}",
                f"no text of a review; texts stand in: {', '.join(texts) or 'no field'} "
                "(name one with --text-field)",
            )
        return text

    def _sorted(self, results: list[Any], text: str, at: str) -> _Found:
        found = _Found()
        for index, result in enumerate(results):
            place = f"{at}.result[{index}]"
            if not isinstance(result, dict):
                raise WrongField(place, f"needs an object, got {result!r}")
            if result.get("type") == "relation":
                found.relations.append((place, result))
                continue
            value = result.get("value")
            if not isinstance(value, dict):
                raise WrongField(f"{place}.value", f"needs an object, got {value!r}")
            if "start" in value:
                region = found.regions.setdefault(
                    str(result.get("id", place)), _Region(_span(value, text, place))
                )
                region.labels += _labels(value)
                region.chosen += _chosen(value)
            else:
                self._whole(found, result, value, place)
        return found

    def _whole(
        self, found: _Found, result: dict[str, Any], value: dict[str, Any], place: str
    ) -> None:
        """Take a result of the whole text."""
        name = str(result.get("from_name"))
        if name == UNSAID:
            for path in _list(value, "taxonomy"):
                steps = path if isinstance(path, list) else [path]
                said = _judgement([str(each) for each in steps], place)
                polarity = judged(said.polarity, place)
                found.unsaid += [Quad(None, None, each, polarity) for each in said.categories]
            return
        number = value.get("number", value.get("rating"))
        chosen = _chosen(value)
        if number is None and not chosen:
            self._notes.add(f"不支持的标注 results of type {result.get('type')}", place)
        elif name == SENTIMENT:
            try:
                found.sentiment = read_polarity(" ".join(chosen))
            except ValueError as error:
                raise WrongField(f"{place}.value.choices", str(error)) from None
        else:
            several = len(chosen) > 1 or name in self._shown.several
            single = chosen if several else (chosen[0] if chosen else number)
            label = name.removeprefix(LABEL)
            found.labels[label] = label_value(single, f"{place}.value")

    def _opinions(self, found: _Found, id: str) -> tuple[Quad, ...]:
        quads: list[Quad] = []
        linked: set[str] = set()
        for place, relation in found.relations:
            ends = [str(relation.get("from_id")), str(relation.get("to_id"))]
            if lost := [end for end in ends if end not in found.regions]:
                raise WrongField(
                    place, f"a relation with the region {lost[0]!r}, which is not there"
                )
            pair = _pair([found.regions[end] for end in ends])
            if pair is None:
                self._notes.add("不是评价对象与评价词的关系 relations of other regions", id)
                continue
            linked.update(ends)
            quads += _linked(*pair, relation, place)
        for key, region in found.regions.items():
            if key not in linked:
                quads += self._alone(region, id)
        return tuple(dict.fromkeys([*quads, *found.unsaid]))

    def _alone(self, region: _Region, id: str) -> Iterator[Quad]:
        """The opinion of a region that no relation has: its other part is unsaid."""
        said = _judgement(region.chosen, id)
        for role in (ASPECT, EXPRESSION):
            if not region.has(role):
                continue
            if said.polarity is None and role == ASPECT:
                self._notes.add("没有观点的评价对象 aspects of no opinion", id)
                continue
            where = f"region {region.span.start}-{region.span.end}"
            polarity = judged(said.polarity, where)
            for category in said.categories:
                aspect, expression = (region.span, None) if role == ASPECT else (None, region.span)
                yield Quad(aspect, expression, category, polarity)


def _pair(regions: list[_Region]) -> tuple[_Region, _Region] | None:
    """Aspect and expression of a relation, whichever way it points."""
    for aspect, expression in (regions, regions[::-1]):
        if aspect.has(ASPECT) and expression.has(EXPRESSION):
            return aspect, expression
    return None


def _linked(
    aspect: _Region, expression: _Region, relation: dict[str, Any], place: str
) -> Iterator[Quad]:
    """The opinions of a relation, by its own labels or what was chosen for its regions."""
    own = [str(label) for label in _list(relation, "labels")]
    ways = [_judgement(names, place) for names in (own, expression.chosen, aspect.chosen)]
    polarity = judged(next((way.polarity for way in ways if way.polarity), None), place)
    categories = next((way.categories for way in ways if way.categories != (None,)), (None,))
    for category in categories:
        yield Quad(aspect.span, expression.span, category, polarity)


def _judgement(names: list[str], place: str) -> _Judgement:
    """Polarity and categories among the names that were chosen, in any order."""
    polarities: list[Polarity] = []
    categories: list[str | None] = []
    for name in names:
        try:
            polarities.append(read_polarity(name))
        except ValueError:
            if clean_name(name):
                categories.append(clean_name(name))
    if len({*polarities}) > 1:
        raise WrongField(place, f"one opinion with the polarities {' and '.join(polarities)}")
    polarity = polarities[0] if polarities else None
    return _Judgement(polarity, tuple(dict.fromkeys(categories)) or (None,))


def _entities(found: _Found) -> tuple[Entity, ...]:
    entities = [
        Entity(region.span, clean_name(label), 1.0)
        for region in found.regions.values()
        for label in region.labels
        if not role_of(label) and clean_name(label)
    ]
    return tuple(dict.fromkeys(entities))


def _chosen(value: Mapping[str, Any]) -> list[str]:
    """The names that were chosen: choices, or the steps of a taxonomy's paths."""
    found = [value[key] for key in ("choices", "taxonomy") if isinstance(value.get(key), list)]
    names = [each for several in found for each in several]
    return [str(step) for each in names for step in (each if isinstance(each, list) else [each])]


def _span(value: Mapping[str, Any], text: str, place: str) -> Span:
    """Where a region stands. Label Studio counts code points; old versions UTF-16 units.

    Which of them, the region's own text tells.
    """
    column = f"{place}.value.start"
    start, end, words = value.get("start"), value.get("end"), value.get("text")
    if not isinstance(words, str):
        return read_span(start, end, text, column)
    try:
        span = read_span(start, end, text, column)
        if _same(span.of(text), words):
            return span
        wrong = f"{words!r} is not at {start} to {end}, {span.of(text)!r} is"
    except WrongField as error:
        wrong = str(error)
    if type(start) is int and type(end) is int:
        try:
            span = utf16_span(text, start, end)
        except ValueError:
            raise WrongField(column, wrong) from None
        if _same(span.of(text), words):
            return span
    raise WrongField(column, wrong)


def _same(one: str, other: str) -> bool:
    """Equal but for blanks; the editor may write a line break as a backslash and an n."""
    return "".join(one.split()) == "".join(other.replace("\\n", "\n").split())


def _annotator(who: Any) -> str:
    """Who completed an annotation: an id, or a user with an e-mail address."""
    if isinstance(who, dict):
        who = who.get("email") or who.get("id")
    return "" if who is None else str(who)
