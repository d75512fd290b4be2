"""What the first line of a text tells of its format, where its name tells none or another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from typing import Literal

from guandian.files.columns.guess import known_roles
from guandian.files.formats.delimited import SEPARATOR
from guandian.files.table import MAX_ROW
from guandian.wording import say

Content = Literal["json", "csv", "tsv"]

_JSON = re.compile(r'\s*(?:\{\s*(?:"|$)|\[\s*(?:[{"]|$))')
"""How an object, an array of objects or of texts begins, on one line or on many; no `[smile]`."""
_ENDS = re.compile(r"[\r\n]")
_LONGEST = 20
"""The longest name of a column, in characters; a review beside a mark is mostly longer."""
_OTHER_MARKS = ",;|"


def first_line(blocks: Iterator[str]) -> tuple[str, Iterator[str]]:
    """The first line that is not blank, as far as it may be read; and all blocks again.

    Of blocks that come one by one no more are asked for than hold that line.
    """
    head = ""
    for block in blocks:
        head += block
        if "\n" in head.lstrip() or len(head) > MAX_ROW:
            break
    return _ENDS.split(head.lstrip(), maxsplit=1)[0].rstrip(), chain([head], blocks)


def content_of(line: str) -> Content | None:
    """The format that a first line surely tells; None where it may be a review.

    Between tabs one name of a text is enough, as nobody writes tabs; between commas another
    column must be known besides, as reviews have commas of their own.
    """
    if _JSON.match(line):
        return "json"
    if SEPARATOR.fullmatch(line):
        return "csv"
    cells = _cells(line, "\t")
    if len(cells) > 1 and "text" in known_roles(cells):
        return "tsv"
    for mark in _OTHER_MARKS:
        roles = known_roles(_cells(line, mark))
        if len(roles) > 1 and "text" in roles:
            return "csv"
    return None


def told_as(content: Content, path: str) -> str:
    """The note that a text was read as its content tells."""
    notes = {
        "json": say("begins as JSON: read as JSON; --format lines reads a review a line"),
        "csv": say(
            "the first line names columns: read as a table; --format lines reads a review a line"
        ),
        "tsv": say(
            "the first line names columns between tabs: read as a table; --format "
            "lines reads a review a line"
        ),
    }
    return f"{path}: {notes[content]}"


def may_name_columns(line: str, path: str) -> str:
    """The note where a first line that is read as a review may name columns; else empty."""
    if not any("text" in known_roles(_cells(line, mark)) for mark in _OTHER_MARKS):
        return ""
    words = say(
        "the first line may name columns and is read as a review; --format csv reads a table"
    )
    return f"{path}: {words}"


def _cells(line: str, mark: str) -> list[str]:
    """The cells of a line that may name columns; none where one is too long for a name."""
    cells = [cell.strip().strip('"') for cell in line.split(mark)]
    return cells if all(len(cell) <= _LONGEST for cell in cells) else []
