"""Values of TOML on one line, as messages and the labels of alternatives show them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tomli_w


def inline(value: Any) -> str:
    """A value of a TOML file on one line, tables and lists too.

    `tomli_w` writes those on several lines, and lets nothing else be asked for.
    """
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(name)} = {inline(item)}" for name, item in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(inline, value))}]"
    return tomli_w.dumps({"v": value}).removeprefix("v = ").rstrip("\n")


def _key(name: str) -> str:
    return tomli_w.dumps({name: 0}).removesuffix(" = 0\n")
