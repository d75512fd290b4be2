"""Which tool a JSON file is of, by what stands in its rows and never by its name alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from guandian.data.readers.guandian_jsonl import KEYS
from guandian.data.readers.json_lines import json_rows
from guandian.data.readers.rows import reporter
from guandian.errors import GuandianError
from guandian.labelling.json_min import is_json_min
from guandian.labelling.unsupported_tools import refuse_row

_TASKS = ("annotations", "completions", "predictions")


def kind_of(path: Path) -> str:
    """The name of the tool whose export a file of JSON or JSON Lines is.

    The first row that tells decides; a row may lack labels. A file that none tells is ours if it
    is JSON Lines, whose reader names what it does not know.

    Raises:
        GuandianError: it is of another tool, whose labels nothing would read; or a list that is
            damaged.
    """
    listed, first = False, None
    for row in json_rows(path, reporter("skip")):
        refuse_row(path, row.value)
        if not isinstance(row.value, dict):
            continue
        if kind := _kind(row.value):
            return kind
        first = row.value if first is None else first
        listed = bool(row.position)
    if listed and first is not None and (unknown := [key for key in first if key not in KEYS]):
        raise GuandianError(
            f"{path} is a JSON list of no tool that is known: an item has {', '.join(first)}",
            f"say --from where it is one, or give it the keys of ours, {', '.join(KEYS)}, "
            f"in place of {', '.join(unknown)}",
        )
    return "guandian"


def _kind(row: dict[str, Any]) -> str | None:
    """The tool that a row is of; None where it says nothing."""
    if "opinions" in row and "model" in row:
        return "mined"
    if isinstance(row.get("data"), dict) or isinstance(row.get("task"), dict) or _is_task(row):
        return "label-studio"
    if is_json_min(row):
        return "label-studio"
    if _is_doccano(row):
        return "doccano"
    return "guandian" if _is_ours(row) else None


def _is_ours(row: dict[str, Any]) -> bool:
    if not row.keys() <= {*KEYS}:
        return False
    named = {"quads", "entity_types", "original", "group"} & row.keys()
    return (
        bool(named) or isinstance(row.get("sentiment"), str) or isinstance(row.get("labels"), dict)
    )


def _is_task(row: dict[str, Any]) -> bool:
    """Tell whether it has annotations with results, as tasks of Label Studio have."""
    several = (row[key] for key in _TASKS if isinstance(row.get(key), list))
    return any(
        isinstance(annotation, dict) and "result" in annotation
        for annotations in several
        for annotation in annotations
    )


def _is_doccano(row: dict[str, Any]) -> bool:
    spans = row.get("entities")
    offsets = isinstance(spans, list) and any(
        isinstance(span, list) or (isinstance(span, dict) and "start_offset" in span)
        for span in spans
    )
    named = {"relations", "label", "cats", "Comments", "annotation_approver"} & row.keys()
    lists = isinstance(row.get("labels"), list) or isinstance(row.get("annotations"), list)
    return offsets or bool(named) or lists
