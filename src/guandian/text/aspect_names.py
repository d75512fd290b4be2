"""The names of aspects: how they are spelled, and which of them mean one thing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path

from guandian.errors import GuandianError, reason
from guandian.io.bounded import MOST_WORDS, read_text
from guandian.text.cleaning import clean

COMMENT = "//"
_FOLDED = 1 << 14
"""Spellings of aspects whose key is remembered."""
_COMMAS = re.compile("[,，、\t]")

Synonyms = Mapping[str, str]
"""From the key of a name to that of the first name of the same thing."""


@lru_cache(_FOLDED)
def aspect_key(aspect: str) -> str:
    """The key under which the spellings of an aspect meet.

    That is its cleaned form, traditional characters simplified; width, case and spaces do not
    count. What cleaning would empty, such as an address, stays as it is.
    """
    cleaned = clean(aspect)[0].strip() or aspect
    return " ".join(unicodedata.normalize("NFKC", cleaned).casefold().split())


def synonyms(file: Path | None = None) -> Synonyms:
    """The shipped names of aspects that mean one thing, with a person's own file before them.

    Args:
        file: UTF-8, a thing a line, its names parted by commas; lines that begin with `//` are
            comments. Names on one line become one thing with all that the shipped list knows them
            by; a name alone on its line becomes a thing of its own.

    Raises:
        GuandianError: the file cannot be read.
    """
    if file is None:
        return _shipped()
    try:
        text = read_text(file, MOST_WORDS)
    except (OSError, UnicodeDecodeError) as error:
        raise GuandianError(
            f"cannot read the list of synonyms {file}: {reason(error)}",
            "give a UTF-8 text file with the names of one thing a line, parted by commas",
        ) from error
    things = dict(_shipped())
    for names in _lines(text):
        known = {things.get(name, name) for name in names}
        if len(names) > 1:
            things.update((name, names[0]) for name, thing in things.items() if thing in known)
        else:
            left = [name for name, thing in things.items() if thing in known and name != names[0]]
            things.update((name, left[0]) for name in left)
        things.update((name, names[0]) for name in names)
    return things


@cache
def _shipped() -> Synonyms:
    text = files("guandian.text").joinpath("synonyms.txt").read_text(encoding="utf-8")
    return {name: names[0] for names in _lines(text) for name in names}


def _lines(text: str) -> Iterable[list[str]]:
    for line in text.splitlines():
        if not line.startswith(COMMENT):
            names = [aspect_key(name.strip()) for name in _COMMAS.split(line) if name.strip()]
            if names:
                yield names
