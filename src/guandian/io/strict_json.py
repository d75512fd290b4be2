"""JSON that says one thing: of a key that stands twice in an object nobody knows which holds."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

_BLANKS = re.compile(r"[ \t\r\n]*")


_KINDS: dict[type, str] = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "a text",
    list: "a list",
    dict: "an object",
}


def json_kind(value: object) -> str:
    """What JSON calls the kind of a value, such as `a number`."""
    return _KINDS.get(type(value), "null")


class RepeatedKey(ValueError):
    """An object has `key` twice; it is told without lone surrogates and in 40 characters."""

    def __init__(self, key: str) -> None:
        self.key = key[:40].encode(errors="replace").decode()
        super().__init__(f"the key {self.key!r} stands twice in one object")


def read_json(text: str) -> Any:
    """The value of a JSON text; NaN and Infinity are floats, as Python writes them.

    Raises:
        RepeatedKey: when an object in it has a key twice.
        ValueError: when it is not JSON (`json.JSONDecodeError`), or a number is too long.
        RecursionError: when it is too deep.
    """
    with in_plain_words():
        return json.loads(text, object_pairs_hook=_object)


@contextmanager
def in_plain_words() -> Iterator[None]:
    """Tell what JSON may hold and Python does not read without the words of Python.

    Raises:
        ValueError: a number is too long.
        RecursionError: lists and objects stand too deep in each other.
    """
    try:
        yield
    except RecursionError:
        raise RecursionError("nested too deeply") from None
    except ValueError as error:
        if "set_int_max_str_digits" not in str(error):
            raise
        most = sys.get_int_max_str_digits()
        raise ValueError(f"a number of more than {most:,} digits") from None


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        names = Counter(key for key, _ in pairs)
        raise RepeatedKey(names.most_common(1)[0][0])
    return value


def list_items(text: str) -> Iterator[tuple[int, Any]]:
    """Yield `(line, value)` of each item of a JSON list, the line that the item begins on.

    Raises:
        RepeatedKey, ValueError, RecursionError: as `read_json`, when the item is reached; the
            items before it have been given.
    """
    decoder = json.JSONDecoder(object_pairs_hook=_object)
    offset = _behind(text, 0)
    if text[offset : offset + 1] != "[":
        raise json.JSONDecodeError("needs a list, which begins with [", text, offset)
    offset = _behind(text, offset + 1)
    line, counted = 1, 0
    closed = text[offset : offset + 1] == "]"
    while not closed:
        line += text.count("\n", counted, offset)
        counted = offset
        with in_plain_words():
            value, offset = decoder.raw_decode(text, offset)
        yield line, value
        offset = _behind(text, offset)
        mark = text[offset : offset + 1]
        if mark not in (",", "]"):
            raise json.JSONDecodeError("needs , or ] behind an item", text, offset)
        closed = mark == "]"
        offset = offset if closed else _behind(text, offset + 1)
    if _behind(text, offset + 1) != len(text):
        raise json.JSONDecodeError("something stands behind the list", text, offset + 1)


def _behind(text: str, offset: int) -> int:
    """The first character that is no blank."""
    match = _BLANKS.match(text, offset)
    return match.end() if match else offset
