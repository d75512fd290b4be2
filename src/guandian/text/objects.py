"""JSON that says one thing: of a key that stands twice in an object nobody knows which holds."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any


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
    return json.loads(text, object_pairs_hook=_object)


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = Counter(key for key, _ in pairs)
        raise RepeatedKey(names.most_common(1)[0][0])
    return found
