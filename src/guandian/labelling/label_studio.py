"""Reviews as tasks of Label Studio, with their labels as annotations or predictions.

An opinion is a region labelled `expression`, with its polarity and category as choices of that
region, and a relation from the region of its aspect. Where the expression is unsaid the region of
the aspect has the choices; where both are, the opinion is a path of the taxonomy `unsaid`. Label
Studio keeps one relation between two regions, so each opinion has a region of its own.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from guandian.domain import LabelValue, Quad, Span
from guandian.labelling.annotation import (
    Item,
    Notes,
    carried,
    is_labelled,
    opinion_path,
    sure,
)
from guandian.labelling.label_names import role_of
from guandian.tasks.head_spec import ASPECT, EXPRESSION

SPAN, POLARITY, CATEGORY, UNSAID, SENTIMENT = "span", "polarity", "category", "unsaid", "sentiment"
LABEL = "label."
CARRIED = "guandian"


def write_label_studio(items: Sequence[Item], notes: Notes) -> bytes:
    """The file that Label Studio imports: a JSON list of tasks, a line each."""
    lines = [json.dumps(_task(item, notes), ensure_ascii=False) for item in items]
    return ("[\n" + ",\n".join(lines) + "\n]\n").encode(errors="backslashreplace")


def _task(item: Item, notes: Notes) -> dict[str, Any]:
    record = item.record
    data: dict[str, Any] = {"text": record.text, "id": record.id, **item.columns}
    data[CARRIED] = carried(item)
    results = _results(item, notes)
    if item.model:
        prediction: dict[str, Any] = {"model_version": item.model, "result": results}
        if item.confidences:
            prediction["score"] = round(sum(item.confidences) / len(item.confidences), 6)
        return {"data": data, "predictions": [prediction]}
    return {"data": data, "annotations": [{"result": results}] if is_labelled(record) else []}


def _results(item: Item, notes: Notes) -> list[dict[str, Any]]:
    record = item.record
    regions = _Regions(record.text)
    unsaid = [
        opinion_path(quad)
        for index, quad in enumerate(record.quads or ())
        if not regions.opinion(quad, sure(item, index))
    ]
    for entity in record.entities or ():
        if role_of(entity.type):
            notes.add(f"entities of type {entity.type}, which would be read as opinions", record.id)
            continue
        regions.region(entity.type, entity.span, entity.confidence if item.model else None)
    if unsaid:
        regions.whole(UNSAID, "taxonomy", unsaid)
    if record.sentiment is not None:
        regions.whole(SENTIMENT, "choices", [record.sentiment.value])
    for name, value in record.labels.items():
        if value != ():  # nothing chosen has no result there; `asked` says that it was asked
            regions.whole(LABEL + name, *_chosen(value))
    return regions.results


def _chosen(value: LabelValue) -> tuple[str, Any]:
    """The type of result that holds the value of a declared label, and how it is written there."""
    if isinstance(value, tuple):
        return "choices", list(value)
    return ("choices", [value]) if isinstance(value, str) else ("number", value)


class _Regions:
    """The results of one annotation as they are found."""

    def __init__(self, text: str) -> None:
        self.results: list[dict[str, Any]] = []
        self._text = text
        self._aspects: dict[Span, str] = {}
        self._expressions: dict[tuple[Quad, bool], str] = {}
        self._count = 0

    def opinion(self, quad: Quad, confidence: float | None) -> bool:
        """Add an opinion with a said part; False when there is none."""
        if quad.expression is None:
            if quad.aspect is None:
                return False
            self._judge(self.region(ASPECT, quad.aspect, confidence), quad.aspect, quad)
            return True
        # Several aspects may share an expression that says the same of each.
        key = (Quad(None, quad.expression, quad.category, quad.polarity), quad.aspect is None)
        if key not in self._expressions:
            self._expressions[key] = self.region(EXPRESSION, quad.expression, confidence)
            self._judge(self._expressions[key], quad.expression, quad)
        if quad.aspect is not None:
            if quad.aspect not in self._aspects:
                self._aspects[quad.aspect] = self.region(ASPECT, quad.aspect, confidence)
            relation = {"type": "relation", "direction": "right"}
            ends = {"from_id": self._aspects[quad.aspect], "to_id": self._expressions[key]}
            self.results.append(relation | ends)
        return True

    def region(self, label: str, span: Span, confidence: float | None) -> str:
        """Add a labelled span; returns its id."""
        id = self._id()
        self._add(id, SPAN, "labels", self._at(span) | {"labels": [label]})
        if confidence is not None:
            self.results[-1]["score"] = round(confidence, 6)
        return id

    def whole(self, name: str, type: str, value: Any) -> None:
        """Add a result of the whole text."""
        self._add(self._id(), name, type, {type: value})

    def _judge(self, id: str, span: Span, quad: Quad) -> None:
        names = (POLARITY, CATEGORY)
        for name, value in zip(names, opinion_path(quad), strict=False):
            self._add(id, name, "choices", self._at(span) | {"choices": [value]})

    def _at(self, span: Span) -> dict[str, Any]:
        return {"start": span.start, "end": span.end, "text": span.of(self._text)}

    def _id(self) -> str:
        self._count += 1
        return f"g{self._count}"

    def _add(self, id: str, name: str, type: str, value: dict[str, Any]) -> None:
        self.results.append(
            {"id": id, "from_name": name, "to_name": "text", "type": type, "value": value}
        )
