"""Files that hold one review a line: JSON Lines and plain text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain, islice

from guandian.errors import BadRow, GuandianError
from guandian.files.table import Rejected, Row, Rows, Table, empty
from guandian.text.objects import RepeatedKey, read_json
from guandian.wording import say

_SAMPLE = 100
_FOUND = ("language", "sentiment", "opinions", "entities", "warnings", "model")
"""What mining adds to a review, beside `extra`, in the objects that it writes."""


def read_lines(lines: Iterator[str], path: str) -> Table:
    """A table with the one column `text`; blank lines are no reviews.

    Raises:
        GuandianError: when all lines are blank.
    """
    rows = (
        Row(number, {"text": line.removesuffix("\n").removesuffix("\r")}, line)
        for number, line in enumerate(lines, start=1)
        if line.strip()
    )
    first = next(rows, None)
    if first is None:
        raise empty(path)
    return Table(("text",), chain([first], rows))


def read_json_lines(lines: Iterator[str], path: str) -> Table:
    """A table whose columns are the printable keys of the first hundred objects.

    Raises:
        GuandianError: when there is no row, or the file is one JSON array.
    """
    rows = _objects(lines, path)
    sample = list(islice(rows, _SAMPLE))
    if not sample:
        raise empty(path)
    first = sample[0]
    if isinstance(first, Rejected) and first.raw.lstrip().startswith("["):
        raise GuandianError(
            f"{path} is one JSON array, not an object a line",
            "write one object a line, for example with: jq -c '.[]' FILE.json > FILE.jsonl",
        )
    found = [row for row in map(_own, sample) if isinstance(row, Row)]
    keys = dict.fromkeys(key for row in found for key in row.values)
    again = any(_is_mined(row.values) for row in sample if isinstance(row, Row))
    note = f"{path} " + say(
        "是挖掘结果，重新挖掘其中的评论",
        "holds mined reviews: they are mined anew, and what was found in them before is left out",
    )
    header = tuple(key for key in keys if key.isprintable())
    return Table(header, map(_own, chain(sample, rows)), note if again else "")


def _own(row: Row | Rejected) -> Row | Rejected:
    """The row of a review that was mined before as its owner gave it; any other as it is."""
    if isinstance(row, Rejected) or not _is_mined(row.values):
        return row
    own = {key: value for key, value in row.values.items() if key not in (*_FOUND, "extra")}
    extra = row.values["extra"]
    assert isinstance(extra, dict)
    passed = {f"extra.{key}" if key in own else key: value for key, value in extra.items()}
    return replace(row, values={**own, **passed})


def _is_mined(values: Mapping[str, object]) -> bool:
    return all(name in values for name in _FOUND) and isinstance(values.get("extra"), dict)


def _objects(lines: Iterator[str], path: str) -> Rows:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            found = read_json(line)
        except json.JSONDecodeError as error:
            reason = f"not JSON: {error.msg}"
            yield Rejected(BadRow(path, number, str(error.colno), reason), line)
        except RepeatedKey as error:
            yield Rejected(BadRow(path, number, error.key, str(error)), line)
        except (ValueError, RecursionError) as error:
            yield Rejected(BadRow(path, number, "", f"not JSON that can be read: {error}"), line)
        else:
            if isinstance(found, dict):
                yield Row(number, found, line)
            else:
                reason = f"a JSON {type(found).__name__}, not an object with a text"
                yield Rejected(BadRow(path, number, "", reason), line)
