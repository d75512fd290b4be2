"""JSON as people have it: an object a line, an array of objects, or one object around an array."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain, islice

from guandian.errors import BadRow, GuandianError
from guandian.files.columns.guess import names_a_text
from guandian.files.formats.encoding import lines_of_blocks
from guandian.files.formats.json_shapes import unfolded
from guandian.files.table import (
    MAX_ROW,
    WRITE_OBJECTS,
    Aside,
    Rejected,
    Rows,
    Table,
    TableRow,
    check_width,
    empty,
    looked_at,
)
from guandian.io.strict_json import RepeatedKey, in_plain_words, json_kind, read_json
from guandian.wording import say

_SAMPLE = 100
_DEPTH = 6
"""The depth to which the keys of an object within objects are columns of their own."""
_WHOLE = 1 << 26
"""The longest object around an array of reviews, in characters: it is held whole."""
_BLANKS = re.compile(r"[ \t\r\n]*")
_MINED_KEYS = ("language", "sentiment", "opinions", "entities", "warnings", "model")
"""The keys that mining adds to a review that it writes, beside `extra`, `parts` and `unread`."""
_PLAY = tuple(
    f"comments.0.userComment.{key}" for key in ("text", "starRating", "lastModified.seconds")
)
"""The paths of a review in answers of Google Play, whose lists else stay as they are."""
_ENDS = json.JSONDecoder(parse_int=str, parse_float=str)
"""Reads what it is not to understand, to see where it ends."""


def read_json_rows(blocks: Iterator[str], path: str, choices: Sequence[str] = ()) -> Table:
    """A table whose columns are the printable keys of the first hundred objects.

    Keys of objects within objects are columns too, `a.b`; lists stay as they are, unless `choices`
    names a place in one (`comments.0.text`). A text in an array is a row of the one column `text`.

    Args:
        blocks: the text.
        path: for errors.
        choices: columns that are asked for.

    Raises:
        GuandianError: when there is no row, or an object around an array is too long to be held.
    """
    places = (*(name for name in choices if re.search(r"\.\d+(\.|$)", name)), *_PLAY)
    is_review, blocks = partial(_is_review, path, places, choices), _Blocks(blocks)
    rows, around = unfolded(_rows(blocks, path), is_review, path)
    sample = first = list(_until_a_row(rows) if path == "-" else islice(rows, _SAMPLE))
    arrived = blocks.taken()
    rows = chain(first, rows)
    if path == "-":  # what comes next may wait for an answer: only what is there is looked at
        arrived_rows, _ = unfolded(_rows(iter([arrived]), path), is_review, path)
        sample = [*first, *looked_at(arrived_rows, _SAMPLE)[0]]
    if not first:
        raise empty(path)
    if isinstance(first[0], Rejected) and all(isinstance(row, Rejected) for row in first):
        raise GuandianError(
            f"{path}: none of the first {len(first)} values is an object with a text; the first:"
            f" {first[0].error.problem}",
            WRITE_OBJECTS,
        )
    owned = [_own(row, places) for row in sample]
    keys = dict.fromkeys(key for row in owned if isinstance(row, TableRow) for key in row.values)
    check_width(len(keys), path)
    again = any(_is_mined(row.values) for row in sample if isinstance(row, TableRow))
    note = f"{path} " + say(
        "holds mined reviews: they are mined anew, and what was found in them before is left out"
    )
    header = tuple(key for key in keys if key.isprintable())
    later = (_own(row, places) for row in rows)
    return Table(header, later, "\n".join(filter(None, (around, note * again))))


def _is_review(
    path: str, places: Sequence[str], choices: Sequence[str], values: Mapping[str, object]
) -> bool:
    """Tell whether an object has a text, or a column that is asked for."""
    flat = _flat(values, places)
    check_width(len(flat), path)
    texts = [name for name, value in flat.items() if isinstance(value, str)]
    return names_a_text(texts) or any(name in flat for name in choices)


class _Blocks:
    """Blocks of a text, of which those that were read until `taken` is asked are kept for it."""

    def __init__(self, blocks: Iterator[str]) -> None:
        self._blocks = blocks
        self._kept: list[str] | None = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        block = next(self._blocks)
        if self._kept is not None:
            self._kept.append(block)
        return block

    def taken(self) -> str:
        """Return what was read so far."""
        text, self._kept = "".join(self._kept or ()), None
        return text


def _until_a_row(rows: Rows) -> Rows:
    for row in islice(rows, _SAMPLE):
        yield row
        if isinstance(row, TableRow):
            return


def _rows(blocks: Iterator[str], path: str) -> Rows:
    """The rows of whichever form the text has."""
    head, size = "", 0
    for block in blocks:
        head, size = head + block, size + len(block)
        line, _, rest = head.lstrip().partition("\n")
        whole = head.endswith("\n") and _is_object(line)
        if line[:1] not in ("", "{") or rest.strip() or size > MAX_ROW or whole:
            break
    blocks, line = chain([head], blocks), head.lstrip()
    if line.startswith("["):
        return _elements(_Text(blocks, path), array=True)
    line, _, rest = line.partition("\n")
    pretty = line.startswith("{") and line.rstrip()[-1] in "{[,:"
    if not pretty and (rest.strip() or not line.startswith("{")):
        return _objects(lines_of_blocks(blocks, path), path)
    return _elements(_Text(blocks, path, _WHOLE), array=False)


class _Text:
    """A text that is read as it is asked for, from `place` on; what is behind is let go."""

    def __init__(self, blocks: Iterator[str], path: str, most: int = MAX_ROW) -> None:
        self.path, self.line, self.text, self.offset = path, 1, "", 0
        self._blocks, self._most = blocks, most

    def more(self) -> bool:
        """Read on, as much as is there already; False at the end."""
        rest = self.text[self.offset :]
        if len(rest) > self._most:
            raise GuandianError(
                f"{self.path}, line {self.line}: longer than {self._most:,} characters",
                "write one object a line, for example with: jq -c '.[]' FILE.json > FILE.jsonl",
            )
        read, size = [rest], 0
        while size <= len(rest) and (block := next(self._blocks, "")):
            read.append(block)
            size += len(block)
        self.text, self.offset = "".join(read), 0
        return size > 0

    def skip(self, end: int) -> str:
        """Go on to `end`, and give what lies between."""
        passed = self.text[self.offset : end]
        self.line += passed.count("\n")
        self.offset = end
        return passed

    def peek(self) -> str:
        """The next character that is no blank, empty at the end."""
        while True:
            blanks = _BLANKS.match(self.text, self.offset)
            self.skip(blanks.end() if blanks else self.offset)
            if self.offset < len(self.text) or not self.more():
                return self.text[self.offset : self.offset + 1]

    def end(self) -> int:
        """Find the end of the value that begins here.

        Raises:
            ValueError, RecursionError: when it is not JSON, or too deep.
        """
        while True:
            try:
                with in_plain_words():
                    _, end = _ENDS.raw_decode(self.text, self.offset)
            except json.JSONDecodeError as error:
                cut = error.msg.startswith("Unterminated") or error.pos > len(self.text) - 16
                if not cut or not self.more():
                    raise
            else:
                if end < len(self.text) or not self.more():
                    return end


def _elements(text: _Text, *, array: bool) -> Rows:
    """The items of an array, or the values that stand one behind the other.

    Behind a place that is not JSON nothing can be read: it is one bad row, and the last.
    """
    line, element = text.line, 0
    try:
        if array:
            text.peek()
            text.skip(text.offset + 1)
        while text.peek() not in ("", "]") if array else text.peek():
            line, element = text.line, element + array
            raw = text.skip(text.end())
            yield _parsed(raw, line, text.path, element)
            if not array and text.peek() == ",":  # what was an array without its brackets
                text.skip(text.offset + 1)
            if array and text.peek() != "]":
                line = text.line
                _expect(text, ",")
                if text.peek() == "]":
                    raise json.JSONDecodeError("a comma before ]", text.text, text.offset)
        if array:
            _expect(text, "]")
            if text.peek():
                raise json.JSONDecodeError("something behind the array", text.text, text.offset)
    except (json.JSONDecodeError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        message = f"not JSON: {reason}; nothing behind it can be read"
        raw = text.text[text.offset : text.offset + 200]
        yield Rejected(BadRow(text.path, line, "", message, element=element), raw)


def _is_object(line: str) -> bool:
    try:
        return isinstance(read_json(line), dict)
    except (ValueError, RecursionError):
        return False


def _expect(text: _Text, mark: str) -> None:
    if text.peek() != mark:
        raise json.JSONDecodeError(f"needs {mark}", text.text, text.offset)
    text.skip(text.offset + 1)


def _parsed(raw: str, line: int, path: str, element: int = 0) -> TableRow | Rejected:
    column = ""
    try:
        value = read_json(raw)
    except json.JSONDecodeError as error:
        column, fault = str(error.colno), f"not JSON: {error.msg}"
    except RepeatedKey as error:
        column, fault = error.key, str(error)
    except (ValueError, RecursionError) as error:
        fault = f"not JSON that can be read: {error}"
    else:
        if isinstance(value, dict):
            return TableRow(line, value, raw, element=element)
        if isinstance(value, str):
            return TableRow(line, {"text": value}, raw, element=element)
        fault = f"not an object with a text but {json_kind(value)}"
    return Rejected(BadRow(path, line, column, fault, element=element), raw)


def _objects(lines: Iterator[str], path: str) -> Rows:
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _parsed(line, number, path)


def _own(row: TableRow | Rejected | Aside, places: Sequence[str]) -> TableRow | Rejected | Aside:
    """The row of a review that was mined before as its owner gave it; any other with flat keys."""
    if not isinstance(row, TableRow):
        return row
    if not _is_mined(row.values):
        return replace(row, values=_flat(row.values, places))
    keys = (*_MINED_KEYS, "extra", "unread")
    own = {key: value for key, value in row.values.items() if key not in keys}
    if (scale := own.pop("scale", None)) is not None:
        own["rating"] = f"{own.get('rating')}/{scale:g}"
    extra = row.values["extra"]
    assert isinstance(extra, dict)
    passed = {f"extra.{key}" if key in own else key: value for key, value in extra.items()}
    return replace(row, values={**_parted(own), **passed})


def _is_mined(values: Mapping[str, object]) -> bool:
    return all(name in values for name in _MINED_KEYS) and isinstance(values.get("extra"), dict)


def _parted(own: dict[str, object]) -> dict[str, object]:
    """The columns of text that a review was made from, in the place of its text."""
    parts, text = own.pop("parts", None), own.get("text")
    if not isinstance(parts, dict) or not isinstance(text, str):
        return own
    try:
        columns = {name: text[span["start"] : span["end"]] for name, span in parts.items()}
    except (TypeError, KeyError):
        return own
    del own["text"]
    return {**columns, **own}


def _flat(values: Mapping[str, object], places: Sequence[str]) -> Mapping[str, object]:
    """The values by dotted keys, without the objects that they stood in."""
    nested = [key for key, value in values.items() if isinstance(value, dict) and value]
    held = [path for path in places if isinstance(values.get(path.partition(".")[0]), list)]
    if not nested and not held:
        return values
    flat: dict[str, object] = {}
    for key, value in values.items():
        within = dict(_leaves(f"{key}.", value, _DEPTH)) if key in nested else {}
        # A key that has dots of its own comes first.
        clash = any(name in values or name in flat for name in within)
        flat.update(within if within and not clash else {key: value})
    for path in held:
        node: object = values
        for step in path.split("."):
            if isinstance(node, list) and step.isdecimal() and int(step) < len(node):
                node = node[int(step)]
            else:
                node = node.get(step) if isinstance(node, dict) else None
        if node is not None:
            flat.setdefault(path, node)
    return flat


def _leaves(before: str, value: object, depth: int) -> Iterator[tuple[str, object]]:
    if not isinstance(value, dict) or not value or not depth:
        yield before[:-1], value
        return
    for key, child in value.items():
        yield from _leaves(f"{before}{key}.", child, depth - 1)
