"""JSON-MIN of Label Studio: rows of data and annotations beside each other, as JSON has them.

The converter writes the fields of the data, then `id`, then a field for each control, then who and
when. A control of choices with one class is that class, of several `{"choices": [...]}`; all
others are a list of objects (`[{"rating": 3}]`, `[{"start": 0, "end": 2, "labels": [...]}]`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from guandian.errors import GuandianError
from guandian.labelling.items import Notes
from guandian.labelling.label_studio import CARRIED, LABEL, SENTIMENT
from guandian.labelling.label_studio_regions import is_region, labels_of
from guandian.labelling.names import role_of

_ABOUT = (
    "annotator", "annotation_id", "completion_id", "created_at", "updated_at", "lead_time",
    "agreement",
)  # fmt: skip
_MARKS = ("annotator", "annotation_id", "completion_id", "lead_time")
_CLASS, _MARKS_OF_TEXT = (
    40,
    frozenset("\n。！？!?；;"),
)  # characters of a class's name; marks of none
_WHOLE = ("choices", "taxonomy", "rating", "number")
_OTHER = (
    "datetime", "selected", "ranker", "pairwise", "chatmessage", "hypertextlabels", "labels",
)  # fmt: skip


def is_json_min(row: Any) -> bool:
    """Whether a row of a JSON list is of JSON-MIN, by who made it or by what its values are."""
    if not isinstance(row, dict) or "data" in row or "annotations" in row:
        return False
    return any(name in row for name in _MARKS) or any(map(_is_annotation, row.values()))


def own_name(name: str) -> bool:
    """Whether a control of the whole review is called as our own configuration calls it."""
    return name == SENTIMENT or name.startswith(LABEL)


def _is_prose(value: str | float) -> bool:
    """Whether a field is what somebody wrote, and no class."""
    return isinstance(value, str) and (len(value) > _CLASS or not _MARKS_OF_TEXT.isdisjoint(value))


def _is_annotation(value: Any) -> bool:
    """Whether a field is of a control: objects of such keys are never data."""
    if isinstance(value, dict):
        return isinstance(value.get("choices"), list)
    known = (*_WHOLE, *_OTHER)
    return (
        isinstance(value, list)
        and bool(value)
        and all(
            isinstance(each, dict) and (any(key in each for key in known) or _is_bare_region(each))
            for each in value
        )
    )


def _is_bare_region(each: Mapping[str, Any]) -> bool:
    """A region that nobody labelled; other tools' spans have one `label`."""
    return {"start", "end", "text"} <= each.keys() and "label" not in each


@dataclass(slots=True)
class JsonMin:
    """Turns rows of JSON-MIN into tasks as JSON has them.

    Attributes:
        path: the file, for messages.
        notes: told which fields are taken for labels, and which are not read.
        text_field: the field that holds the review; empty: `text`, or the first that is a text.
    """

    path: object
    notes: Notes
    text_field: str = ""
    results: list[dict[str, Any]] = field(default_factory=list)

    def task(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """One row as a task with its annotation.

        Raises:
            GuandianError: it holds opinions, whose relations JSON-MIN leaves out.
        """
        self.results = []
        controls = self._controls(row)
        data = {}
        for name, value in row.items():
            if name in _ABOUT:
                continue
            if name not in controls or not self._take(name, value, str(row.get("id", ""))):
                data[name] = value
        annotated = self.results or row.get("annotation_id", 0) is not None
        done = {"completed_by": row.get("annotator", ""), "result": self.results}
        return {"data": data, "id": row.get("id"), "annotations": [done] if annotated else []}

    def _controls(self, row: Mapping[str, Any]) -> set[str]:
        """The fields that are of controls: by name, by value, or because they stand behind `id`."""
        own = {name for name in row if own_name(name)}
        shaped = {name for name, value in row.items() if _is_annotation(value)}
        return own | shaped | {*self._behind_id(row)}

    def _behind_id(self, row: Mapping[str, Any]) -> Iterator[str]:
        """The fields between `id` and `annotator`, which are not the data's.

        Where the data had an `id` of its own nobody knows: our own export does, with `guandian`
        beside it, and a text behind `id` tells too.
        """
        names = [*row]
        text = self.text_field or ("text" if "text" in row else "")
        text = text or next((name for name in names if isinstance(row[name], str)), "")
        if CARRIED in row or "id" not in row or "annotator" not in row:
            return
        if text not in row or names.index(text) > names.index("id"):
            return
        yield from names[names.index("id") + 1 : names.index("annotator")]

    def _take(self, name: str, value: Any, id: str) -> bool:
        """Add what a control says; False when it is data after all."""
        if isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
            for each in value:
                self._object(name, each)
            return True
        if isinstance(value, dict) and isinstance(value.get("choices"), list):
            self._object(name, value)
            return True
        if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
            self.notes.add(f"JSON-MIN 未读 choices of regions, whose places are lost: {name}", id)
            return True
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            self._plain(name, value, id)
            return True
        return False

    def _object(self, name: str, value: dict[str, Any]) -> None:
        kind = next((key for key in (*_WHOLE, *_OTHER) if key in value), "textarea")
        if is_region(value) and any(role_of(label) for label in labels_of(value)):
            raise GuandianError(
                f"{self.path} is JSON-MIN, which leaves out the relations of opinions",
                "in Label Studio choose Export, then JSON",
            )
        self._add(name, kind, value)

    def _plain(self, name: str, value: str | float, id: str) -> None:
        if not own_name(name) and not _is_prose(value):
            told = "取作标注项 JSON-MIN: fields behind id, taken for labels of the review"
            self.notes.add(f"{told} (JSON tells them from data): {name}", id)
        if not isinstance(value, str):
            self._add(name, "number", {"number": value})
        elif _is_prose(value):
            self._add(name, "textarea", {"text": [value]})
        elif value.strip():
            self._add(name, "choices", {"choices": [value]})

    def _add(self, name: str, type: str, value: dict[str, Any]) -> None:
        result = {"id": f"m{len(self.results)}", "from_name": name, "type": type, "value": value}
        self.results.append(result)
