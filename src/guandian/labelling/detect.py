"""Which tool or public form a file is of, by what stands in it and never by its name alone."""

from __future__ import annotations

import json
import re
from itertools import islice
from pathlib import Path
from typing import Any

from guandian.data.readers.guandian_jsonl import KEYS
from guandian.data.readers.json_lines import json_rows
from guandian.data.readers.rows import reporter
from guandian.errors import GuandianError
from guandian.labelling.json_min import is_json_min
from guandian.labelling.unsupported_tools import TABLE, not_read, refuse_row

_TEXTS = ("text", "data", "raw_words")
_TASKS = ("annotations", "completions", "predictions")
SETS = ("aste", "asqp", "acos", "memd", "apc")
"""Public forms of labelled opinions, which the readers of data sets read."""
_PLACES = r"-?\d+,-?\d+"
_LINES = {
    "aste": re.compile(r"####\s*\[\s*[(\[]\s*[(\[]\s*-?\d"),
    "asqp": re.compile(rf"####\s*\[\s*[(\[]\s*(['\"])[^'\"]*\1\s*,\s*(['\"]){_PLACES}\2"),
    "acos": re.compile(rf"\t{_PLACES} \S+ \d {_PLACES}(?:\t|$)"),
    "apc": re.compile(r"\$T\$"),
}
_WORDS = re.compile(r"####\s*\[\s*[(\[]\s*['\"]")
_LOOKED_AT = 20
_LONGEST = 65_536  # characters of a line


def kind_of(path: Path) -> str:
    """The name of the tool whose export a file of JSON or JSON Lines is.

    The first row that tells decides; a row may lack labels. A file that none tells is ours if it
    is JSON Lines, whose reader names what it does not know.

    Raises:
        GuandianError: it is of another tool, whose labels nothing would read; a list that is
            damaged; or an object around the reviews.
    """
    listed, first = False, None
    for row in json_rows(path, reporter("skip")):
        refuse_row(path, row.value)
        if not isinstance(row.value, dict):
            continue
        if under := _wrapping(row.value):
            raise GuandianError(
                f"{path} has its reviews inside of an object, under {under}",
                f"write one object a line, for example with: jq -c '{under}[]' {path} > FILE.jsonl",
            )
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


def set_of(path: Path) -> str | None:
    """Which of the forms that are lines a file is of, None for none.

    Raises:
        GuandianError: it has its opinions as words alone, which are not read; with what to do.
    """
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in islice(iter(lambda: file.readline(_LONGEST), ""), _LOOKED_AT):
            for name, form in _LINES.items():
                if form.search(line.rstrip()):
                    return name
            if _WORDS.search(line):
                raise not_read(path, "ASQP, ACOS or ASTE with opinions as words", TABLE)
    return None


def _kind(row: dict[str, Any]) -> str | None:
    """The tool that a row is of; None where it says nothing."""
    if "opinions" in row and "model" in row:
        return "mined"
    if {"raw_words", "quadruples"} <= row.keys():
        return "memd"
    if isinstance(row.get("data"), dict) or isinstance(row.get("task"), dict) or _is_task(row):
        return "label-studio"
    if is_json_min(row):
        return "label-studio"
    if _is_doccano(row):
        return "doccano"
    return "guandian" if _is_ours(row) else None


def _wrapping(row: dict[str, Any], under: str = "", steps: int = 3) -> str:
    """The way to the reviews inside an object, `."data"."list"`, `.` for its own keys; or empty."""
    if steps == 0 or any(isinstance(row.get(name), str) for name in _TEXTS):
        return ""
    if len(row) > 1 and all(map(_is_review, row.values())):
        return under or "."
    for key, value in row.items():
        way = f"{under}.{json.dumps(key, ensure_ascii=False)}"
        if isinstance(value, list) and any(map(_is_review, value)):
            return way
        if isinstance(value, dict) and (inner := _wrapping(value, way, steps - 1)):
            return inner
    return ""


def _is_review(value: Any) -> bool:
    """Tell whether it is a review of a tool that is known, and no region of one."""
    return (
        isinstance(value, dict)
        and not {"start", "end"} <= value.keys()
        and bool(value.keys() & {*_TEXTS})
        and _kind(value) is not None
    )


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
