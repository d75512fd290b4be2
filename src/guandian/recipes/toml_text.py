"""Plain values as a TOML file that people read."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_DELETE = "\x7f"
"""The only character that JSON leaves as it is and TOML forbids."""


def to_toml(values: Mapping[str, Any]) -> str:
    """A TOML file with a table for each table of the outermost level.

    Args:
        values: strings, numbers, booleans, lists and tables of them, as `tomllib` gives them.
    """
    lines = [
        f"{_key(key)} = {inline(value)}" for key, value in values.items() if not _is_table(value)
    ]
    for key, table in values.items():
        if _is_table(table):
            lines += ["", f"[{_key(key)}]"]
            lines += [f"{_key(inner)} = {inline(value)}" for inner, value in table.items()]
    return "\n".join(lines) + "\n"


def inline(value: Any) -> str:
    """One value of a TOML file on one line."""
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(key)} = {inline(part)}" for key, part in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(inline, value))}]"
    return json.dumps(value, ensure_ascii=False).replace(_DELETE, "\\u007f")


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping)


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else inline(name)
