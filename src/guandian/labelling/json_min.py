"""JSON-MIN of Label Studio: rows of data and annotations beside each other, as JSON has them.

Its converter writes the fields of the data, then `id`, then a field for each control, then who and
when. A control of choices with one class is that class, of several `{"choices": [...]}`; all
others are a list of objects (`[{"rating": 3}]`, `[{"start": 0, "end": 2, "labels": [...]}]`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from guandian.errors import GuandianError
from guandian.labelling.annotation import Notes
from guandian.labelling.label_names import is_prose, role_of
from guandian.labelling.label_studio import CARRIED, LABEL, SENTIMENT
from guandian.labelling.label_studio_regions import is_region, labels_of
from guandian.wording import say

_ABOUT = (
    "annotator", "annotation_id", "completion_id", "created_at", "updated_at", "lead_time",
    "agreement",
)  # fmt: skip
_MARKS = ("annotator", "annotation_id", "completion_id", "lead_time")
_TYPES = (
    "choices", "taxonomy", "rating", "number", "labels", "hypertextlabels", "datetime", "selected",
    "ranker", "pairwise", "chatmessage",
)  # fmt: skip
_OFFSETS = {"start", "end", "text", "startOffset", "endOffset", "globalOffsets"}
_COLUMNS = ("id", CARRIED, "product", "brand", "rating", "time", "user", "source")


def is_json_min(row: Any) -> bool:
    """Tell whether a row of a JSON list is of JSON-MIN, by who made it or by its values."""
    if not isinstance(row, dict) or isinstance(row.get("data"), dict) or "annotations" in row:
        return False
    return any(name in row for name in _MARKS) or any(map(_is_typed, row.values()))


def _is_typed(value: Any) -> bool:
    """Tell whether a value holds results of a known type."""
    if isinstance(value, dict):
        return isinstance(value.get("choices"), list)
    return _objects(value) and any(key in item for item in value for key in _TYPES)


def _is_annotation(value: Any) -> bool:
    """Tell whether a field is of a control: objects with the keys of its results are never data."""
    return _is_typed(value) or (_objects(value) and all(map(_is_bare_region, value)))


def _objects(value: Any) -> bool:
    """Tell whether it is a list of objects, not empty."""
    return isinstance(value, list) and bool(value) and all(isinstance(e, dict) for e in value)


def _is_bare_region(value: Mapping[str, Any]) -> bool:
    """A region that nobody labelled; other tools' spans have a label or a type."""
    return {"start", "end", "text"} <= value.keys() <= _OFFSETS


def _own_name(name: str) -> bool:
    """Tell whether a control of the whole review is called as our own configuration calls it."""
    return name == SENTIMENT or name.startswith(LABEL)


@dataclass(slots=True)
class JsonMin:
    """Turns rows of JSON-MIN into tasks as JSON has them.

    Attributes:
        path: the file, for messages.
        notes: told which fields are taken for labels, and which are not read.
        text_field: the field that holds the review; empty: `text`, or the first that is a text.
        results: of the row that is being read.
    """

    path: object
    notes: Notes
    text_field: str = ""
    results: list[dict[str, Any]] = field(default_factory=list)

    def task(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """One row as a task with its annotation; none where nobody annotated it.

        Raises:
            GuandianError: it holds opinions, whose relations JSON-MIN leaves out.
        """
        self.results = []
        id = str(row.get("id", ""))
        behind = self._behind_id(row)
        data: dict[str, Any] = {}
        for name, value in row.items():
            if name in _ABOUT:
                continue
            if not _is_annotation(value) and not _own_name(name) and name not in (behind or ()):
                data[name] = value
                if behind is None and name not in (self._text(row), *_COLUMNS):
                    note = say("fields that may be data or labels, not read (JSON tells)")
                    self.notes.add(f"{note}: {name}", id)
            else:
                self._take(name, value, id)
        annotated = self.results or row.get("annotation_id", 0) is not None
        annotation = {"completed_by": row.get("annotator", ""), "result": self.results}
        return {"data": data, "id": row.get("id"), "annotations": [annotation] if annotated else []}

    def _text(self, row: Mapping[str, Any]) -> str:
        named = self.text_field or ("text" if "text" in row else "")
        return named or next((name for name in row if isinstance(row[name], str)), "")

    def _behind_id(self, row: Mapping[str, Any]) -> list[str] | None:
        """The fields between `id` and `annotator`, which are of controls.

        None where the data had an `id` of its own, so that nobody knows: our own export does, with
        `guandian` beside it, and a text behind `id` tells too.
        """
        names, text = [*row], self._text(row)
        if CARRIED in row or "id" not in row or "annotator" not in row or text not in row:
            return None
        if not names.index(text) < names.index("id") < names.index("annotator"):
            return None
        return names[names.index("id") + 1 : names.index("annotator")]

    def _take(self, name: str, value: Any, id: str) -> None:
        """Add what a control says."""
        if _objects(value):
            for item in value:
                self._object(name, item)
        elif isinstance(value, dict):
            self._object(name, value)
        elif isinstance(value, str):
            self._word(name, value, id)
        elif isinstance(value, int | float):
            self._add(name, "number", {"number": value})
        elif value:
            note = say("choices of regions, whose places JSON-MIN loses, not read (JSON has them)")
            self.notes.add(f"{note}: {name}", id)

    def _object(self, name: str, value: dict[str, Any]) -> None:
        if is_region(value) and any(role_of(label) for label in labels_of(value)):
            raise GuandianError(
                f"{self.path} is JSON-MIN, which leaves out the relations of opinions",
                "in Label Studio choose Export, then JSON",
            )
        other = "labels" if _is_bare_region(value) else next(iter(value), "nothing")
        self._add(name, next((key for key in _TYPES if key in value), other), value)

    def _word(self, name: str, value: str, id: str) -> None:
        """A class, or what somebody wrote."""
        if is_prose(value) and not _own_name(name):
            self._add(name, "textarea", {"text": [value]})
        elif value.strip():
            if not _own_name(name):
                note = say("JSON-MIN: fields taken for labels of the review (JSON tells)")
                self.notes.add(f"{note}: {name}", id)
            self._add(name, "choices", {"choices": [value]})

    def _add(self, name: str, type: str, value: dict[str, Any]) -> None:
        result = {"id": f"m{len(self.results)}", "from_name": name, "type": type, "value": value}
        self.results.append(result)
