"""The rows of a JSON file as tools write them: an object a line, or one list of objects."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from guandian.data.readers.rows import Report, WrongField, json_row, missing, read_lines
from guandian.errors import BadRow, GuandianError
from guandian.io.bounded import MOST_WHOLE, read_text
from guandian.io.strict_json import list_items, read_json

_BLANKS = " \t\r\n\ufeff"
_LOOKED_AT = 4096


class JsonRow(NamedTuple):
    """One row: the line that it begins on, where in a list it stands (`[0]`, else empty), what."""

    line: int
    position: str
    value: Any


def json_rows(path: Path, report: Report) -> Iterator[JsonRow]:
    """Yield the rows of JSON Lines, of a JSON list or of one object, told apart by the first line.

    A line that is no JSON is reported and left out; blank lines are none.

    Raises:
        GuandianError: the file is missing, or its list is damaged, and then nothing is given.
    """
    begins = _begins_with(path) if path.is_file() else ""  # a pipe is read once, as lines
    if begins[:1] == "[":
        yield from _listed(path)
        return
    if begins == "{" and (alone := _alone(path)) is not None:
        yield alone
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
    """The first characters of the first line that is not blank; empty for none."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            while part := file.readline(_LOOKED_AT):
                if bare := part.strip(_BLANKS):
                    return bare
    except FileNotFoundError:
        raise missing(path) from None
    return ""


def _alone(path: Path) -> JsonRow | None:
    """The one object of a file that is written over several lines; None where it is not JSON."""
    try:
        return JsonRow(1, "", read_json(read_text(path, MOST_WHOLE)))
    except (ValueError, RecursionError):
        return None


def _listed(path: Path) -> list[JsonRow]:
    try:
        rows = list(list_items(read_text(path, MOST_WHOLE)))
    except UnicodeDecodeError as error:
        raise GuandianError(f"{path} is not UTF-8: {error}", "export it again as JSON") from None
    except (ValueError, RecursionError) as error:
        raise GuandianError(
            f"{path}, line {error.lineno}, column {error.colno}: not a JSON list: {error.msg}"
            if isinstance(error, json.JSONDecodeError)
            else f"{path}: not a JSON list: {error}",
            "export it again: in Label Studio choose Export, then JSON; in doccano JSONL",
        ) from None
    return [JsonRow(line, f"[{index}]", value) for index, (line, value) in enumerate(rows)]
