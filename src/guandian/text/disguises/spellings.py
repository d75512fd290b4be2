"""Characters that stand for another: read alike, looking alike, or its two parts in its place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

LATIN_LOOKS: Mapping[str, str] = {
    "a": "аα4@", "b": "Ьв", "c": "сϲ", "d": "ԁ", "e": "её3", "g": "ɡ9", "h": "һ", "i": "іı1",
    "j": "ј", "k": "к", "l": "1ⅼ|", "m": "м", "n": "п", "o": "оο0", "p": "рρ", "q": "ԛ", "r": "г",
    "s": "ѕ5$", "t": "т7", "u": "υս", "v": "ν", "w": "ԝ", "x": "хχ", "y": "уγ", "z": "ᴢ2",
}  # fmt: skip
"""Letters of other scripts, digits and signs that are written for a Latin one."""
NEGATING = frozenset("不没未勿甭否无非别莫毫")
"""Characters that negate."""
_LAST_COMMON = 0xD7
"""The last row of GB 2312's first level, the 3755 characters in common use."""
_NEAR = (
    ("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"), ("f", "h"), ("r", "l"),
    ("ang", "an"), ("eng", "en"), ("ing", "in"),
)  # fmt: skip
"""Beginnings and ends of syllables that speakers, and what listens to them, take for another."""


@cache
def by_reading() -> Mapping[str, str]:
    """The characters of GB 2312 of each reading, tones aside, the common ones first."""
    rows = (line.split(" ") for line in _lines("pinyin.txt"))
    return {reading: "".join(sorted(characters, key=_rare)) for reading, characters in rows}


@cache
def readings() -> Mapping[str, tuple[str, ...]]:
    """The readings of each character of GB 2312."""
    table: defaultdict[str, list[str]] = defaultdict(list)
    for reading, characters in by_reading().items():
        for character in characters:
            table[character].append(reading)
    return {character: tuple(several) for character, several in table.items()}


@cache
def same_sound(character: str) -> str:
    """The common characters that are read alike, tones aside, itself left out."""
    return _of_readings(readings().get(character, ()), character)


@cache
def near_sound(character: str) -> str:
    """The common characters that are nearly read alike (`zh` and `z`, `ang` and `an`)."""
    near = [other for reading in readings().get(character, ()) for other in near_readings(reading)]
    return _of_readings(tuple(near), character)


@cache
def near_readings(reading: str) -> tuple[str, ...]:
    """The syllables that one is taken for."""
    known = by_reading()
    others = []
    for pair in _NEAR:
        for old, new in (pair, pair[::-1]):
            if len(old) == 3 or new[-2:] in ("an", "en", "in"):
                other = reading[: -len(old)] + new if reading.endswith(old) else ""
            else:
                other = new + reading[len(old) :] if reading.startswith(old) else ""
            if other in known and other != reading:
                others.append(other)
    return tuple(dict.fromkeys(others))


@cache
def by_look() -> Mapping[str, tuple[str, ...]]:
    """The characters that look like each, of groups written for this project."""
    neighbours: defaultdict[str, list[str]] = defaultdict(list)
    for group in _lines("look_alikes.txt"):
        for character in group:
            neighbours[character] += [other for other in group if other != character]
    return {character: tuple(dict.fromkeys(others)) for character, others in neighbours.items()}


@cache
def split_parts() -> Mapping[str, str]:
    """The two parts that a character is written in when it is to be hidden (`好`: `女子`)."""
    return {entry[0]: entry[1:] for entry in _lines("splits.txt")}


@cache
def joined_parts() -> Mapping[str, str]:
    """The character of two parts that stand side by side."""
    return {parts: character for character, parts in split_parts().items()}


def _of_readings(syllables: tuple[str, ...], character: str) -> str:
    table = by_reading()
    alike = "".join(table[syllable] for syllable in syllables)
    return "".join(
        other for other in dict.fromkeys(alike) if other != character and not _rare(other)
    )


def _rare(character: str) -> bool:
    return character.encode("gb2312", errors="replace")[0] > _LAST_COMMON


def _lines(name: str) -> list[str]:
    text = files("guandian.text.disguises").joinpath(name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if not line.startswith("#")]
