"""Files that hold one review a line: JSON Lines and plain text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain, islice

from guandian.errors import BadRow, GuandianError
from guandian.files.table import Rejected, Row, Rows, Table, empty
from guandian.text.objects import RepeatedKey, read_json

_SAMPLE = 100


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
    keys = dict.fromkeys(key for row in sample if isinstance(row, Row) for key in row.values)
    return Table(tuple(key for key in keys if key.isprintable()), chain(sample, rows))


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
