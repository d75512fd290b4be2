"""The rows of a JSON file as tools write them: an object a line, or one list of objects."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from guandian.data.reading import Report, WrongField, json_row, missing, read_lines
from guandian.errors import BadRow, GuandianError
from guandian.text.objects import read_items

_BLANKS = " \t\r\n\ufeff"
_LOOKED_AT = 4096


class JsonRow(NamedTuple):
    """One row: the line that it begins on, where in a list it stands (`[0]`, else empty), what."""

    line: int
    place: str
    value: Any


def json_rows(path: Path, report: Report) -> Iterator[JsonRow]:
    """Yield the rows of JSON Lines or of a JSON list, which the first mark tells apart.

    A line that is no JSON is reported and left out; blank lines are none.

    Raises:
        GuandianError: the file is missing, or its list is damaged, and then nothing is given.
    """
    if _begins_with(path) == "[":
        yield from _listed(path)
        return
    for line, raw in read_lines(path, report):
        if not raw.strip():
            continue
        try:
            value = json_row(raw)
        except WrongField as error:
            report(BadRow(str(path), line, error.column, str(error)))
            continue
        yield JsonRow(line, "", value)


def _begins_with(path: Path) -> str:
    """The first mark of the file that is no blank, empty where it holds none."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            while part := file.read(_LOOKED_AT):
                if bare := part.lstrip(_BLANKS):
                    return bare[0]
    except FileNotFoundError:
        raise missing(path) from None
    return ""


def _listed(path: Path) -> list[JsonRow]:
    try:
        rows = list(read_items(path.read_text("utf-8-sig")))
    except UnicodeDecodeError as error:
        raise GuandianError(f"{path} is not UTF-8: {error}", "export it again as JSON") from None
    except (ValueError, RecursionError) as error:
        at = ""
        if isinstance(error, json.JSONDecodeError):
            at = f", line {error.lineno}, column {error.colno}"
        raise GuandianError(
            f"{path}{at}: not a JSON list: {error}",
            "export it again: in Label Studio choose Export, then JSON; in doccano JSONL",
        ) from None
    return [JsonRow(line, f"[{index}]", value) for index, (line, value) in enumerate(rows)]
