"""The word lists of this room: surnames, places, and names that are no private person's."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

_COMMENT = "//"


@cache
def surnames() -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """The frequent surnames, all of one character, and those of two."""
    frequent, rest, double, *_ = _lines("surnames.txt")
    return frozenset(frequent), frozenset(frequent + rest), frozenset(double.split())


@cache
def given_characters() -> frozenset[str]:
    """The characters that given names are made of."""
    return frozenset("".join(_lines("surnames.txt")[3:]))


@cache
def rare_characters() -> frozenset[str]:
    """Those of them that hardly stand in other words: they tell where a name ends."""
    return frozenset(_lines("surnames.txt")[3])


@cache
def english_names() -> tuple[frozenset[str], frozenset[str]]:
    """Frequent first names of English, and words that are none though they have a capital."""
    first, others = _lines("english_names.txt")
    return frozenset(first.split()), frozenset(others.split())


@cache
def not_persons() -> tuple[frozenset[str], int]:
    """Brands, things and people whom everybody knows, and the length of the longest."""
    names = frozenset(" ".join(_lines("not_persons.txt")).split())
    return names, max(map(len, names))


@cache
def known_places() -> tuple[frozenset[str], int]:
    """Provinces and prefectures without the word for what they are, and the longest's length."""
    names = frozenset(" ".join(_lines("places.txt")).split())
    return names, max(map(len, names))


def _lines(name: str) -> list[str]:
    text = files("guandian.privacy").joinpath(name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith(_COMMENT)]
