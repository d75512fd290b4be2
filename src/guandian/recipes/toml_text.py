"""Values of TOML on one line, as messages and the labels of alternatives show them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

from guandian.errors import RecipeError


def inline(value: Any) -> str:
    """A value of a TOML file on one line, tables and lists too.

    `tomli_w` writes those on several lines, and lets nothing else be asked for.
    """
    import tomli_w  # only what trains has it, and mining reads this module too

    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(name)} = {inline(item)}" for name, item in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(inline, value))}]"
    return tomli_w.dumps({"v": value}).removeprefix("v = ").rstrip("\n")


def _key(name: str) -> str:
    import tomli_w

    return tomli_w.dumps({name: 0}).removesuffix(" = 0\n")


def key_value(option: str) -> tuple[str, Any]:
    """The key and the value of a `--set key=value`: the value as in TOML, else its plain words.

    Raises:
        RecipeError: there is no key, or no equals sign.
    """
    key, equals, text = option.partition("=")
    if not equals or not key.strip():
        raise RecipeError(f"--set takes key=value, got {option!r}", "e.g. --set seed=2")
    try:
        return key.strip(), tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return key.strip(), text
