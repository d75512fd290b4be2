"""What commands and pages show: a catalogue of Chinese by the English that stands in the code."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from guandian.wording.language import Name, spoken
from guandian.wording.number import singular

_CATALOGUE = Path(__file__).with_name("words.zh.json")


def term(english: str, /, *, sense: str = "", **values: object) -> Name:
    """Words of the catalogue in both languages.

    Args:
        english: the words, a template (`"step {step:,}"`) where there are values.
        sense: tells apart what English calls alike and Chinese does not.
        values: fill the template, in both languages.

    Raises:
        KeyError: the catalogue has no Chinese for them; a test looks every call up.
    """
    chinese = word_catalogue()[f"{english} [{sense}]" if sense else english]
    if not values:
        return Name(chinese, english)
    return Name(chinese.format(**values), english.format(**values))


def say(english: str, /, *, sense: str = "", between: str = " ", **values: object) -> str:
    """The words in the language that is wanted, or `between` between both; else as `term`."""
    return spoken(*term(english, sense=sense, **values), between)


def counted(number: int, english: str, /, *, sense: str = "") -> str:
    """A number and what it counts, in the language that is wanted; the words are in the plural."""
    chinese, words = term(english, sense=sense)
    before = f"{number:,} "
    return before + spoken(chinese, singular(before + words).removeprefix(before))


@cache
def word_catalogue() -> dict[str, str]:
    """Every English text with its Chinese; `[...]` behind one names its sense."""
    catalogue: dict[str, str] = json.loads(_CATALOGUE.read_text("utf-8"))
    return catalogue
