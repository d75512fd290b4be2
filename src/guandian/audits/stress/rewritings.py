"""The ways in which a single character of a text may be written otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from guandian.data.augmentation import load_lexicon
from guandian.data.augmentation.changeable import plain_places
from guandian.domain import Labelled
from guandian.text.disguises.spellings import (
    LATIN_LOOKS,
    NEGATING,
    by_look,
    near_sound,
    readings,
    same_sound,
    split_parts,
)

Rewriting = Callable[[str, int], Sequence[str]]
"""Takes a text and an offset in it; what may stand there instead, nothing where it has none."""
_MOST_ALIKE = 12
"""Homophones that are tried of one character, the common ones first."""
_SAID_ALIKE: Mapping[str, str] = {"c": "k", "k": "c", "f": "v", "v": "f", "s": "z", "z": "s"}


def as_homophones(text: str, at: int) -> Sequence[str]:
    """Common characters that are read alike, tones aside."""
    return _harmless(same_sound(text[at])[:_MOST_ALIKE])


def as_look_alikes(text: str, at: int) -> Sequence[str]:
    """Characters that look alike; of a Latin letter those of other scripts, digits and signs."""
    character = text[at]
    if character.isascii():
        return tuple(LATIN_LOOKS.get(character.lower(), ""))
    return _harmless(by_look().get(character, ()))


def in_parts(text: str, at: int) -> Sequence[str]:
    """The two parts of a character side by side; of a Latin letter itself and a blank."""
    character = text[at]
    if character.isascii() and character.isalpha():
        inside = text[at + 1 : at + 2]
        return (f"{character} ",) if inside.isascii() and inside.isalpha() else ()
    parts = split_parts().get(character)
    return (parts,) if parts and character not in NEGATING else ()


def in_pinyin(text: str, at: int) -> Sequence[str]:
    """How a Han character is read, in letters."""
    return readings().get(text[at], ())[:1] if text[at] not in NEGATING else ()


def heard_alike(text: str, at: int) -> Sequence[str]:
    """What is heard for a character: those read alike, and those read nearly alike."""
    character = text[at]
    if character.isascii():
        return tuple(_SAID_ALIKE.get(character.lower(), ""))
    common = same_sound(character)[:_MOST_ALIKE] + near_sound(character)[:_MOST_ALIKE]
    return _harmless(common)


REWRITINGS: Mapping[str, Rewriting] = {
    "homophones": as_homophones,
    "look-alikes": as_look_alikes,
    "split": in_parts,
    "pinyin": in_pinyin,
}
"""The rewritings by their names."""


def word_characters(record: Labelled) -> list[int]:
    """The places of a text's letters and Han characters that may change.

    What negates is left out, and what stands in markup and addresses.
    """
    text = record.text
    return [at for at in plain_places(text) if text[at].isalpha() and text[at] not in NEGATING]


def insertion_places(record: Labelled) -> list[int]:
    """The places of letters and Han characters behind which something may be set."""
    return [at for at in plain_places(record.text) if record.text[at].isalnum()]


def swappable(record: Labelled, at: int) -> bool:
    """Tell whether a character may change places with the next: neither negates, both are alike."""
    text = record.text
    first, second = text[at], text[at + 1 : at + 2]
    if not second or first == second or second in NEGATING:
        return False
    return second.isalpha() and first.isascii() == second.isascii()


def _harmless(characters: Sequence[str]) -> Sequence[str]:
    """Those that neither negate nor judge by themselves."""
    judging = load_lexicon().polar | NEGATING
    return tuple(character for character in characters if character not in judging)
