"""The sentences that drafts are put together from, read from the package's own files."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Literal

ReplyLanguage = Literal["zh", "en"]
Phrases = tuple[str, ...]


@cache
def phrases(language: ReplyLanguage, section: str) -> Phrases:
    """The sentences of one section, such as `positive.category.price`.

    Raises:
        KeyError: there is no such section.
    """
    table: Any = _all(language)
    for name in section.split("."):
        table = table[name]
    return tuple(table)


def has_phrases(language: ReplyLanguage, section: str) -> bool:
    """Whether there are sentences for a section, such as a category of one's own."""
    try:
        return bool(phrases(language, section))
    except KeyError:
        return False


@cache
def _all(language: ReplyLanguage) -> dict[str, Any]:
    name = f"phrases.{language}.toml"
    return tomllib.loads(files("guandian.assist.replies").joinpath(name).read_text("utf-8"))
