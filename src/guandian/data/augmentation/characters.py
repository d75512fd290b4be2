"""Han characters that are mistaken for each other: by their sound, and by their look."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from guandian.text.disguises.spellings import by_look


def homophones(text: str, places: Sequence[int]) -> dict[int, Sequence[str]]:
    """Common characters that sound like those of a text, tones not heard, as they are mistyped.

    Args:
        text: of which runs of characters are read together: one may sound differently in a word.
        places: of Han characters, in order.

    Returns:
        For each place its candidates, the character itself not among them.
    """
    from pypinyin import lazy_pinyin

    common = _by_sound()
    alone: Any = list  # a character without a reading stands for itself
    candidates: dict[int, Sequence[str]] = {}
    for run in _runs(places):
        sounds = lazy_pinyin(text[run.start : run.stop], errors=alone)
        for index, sound in zip(run, sounds, strict=True):
            candidates[index] = [
                character for character in common.get(sound, ()) if character != text[index]
            ]
    return candidates


def look_alikes(text: str, places: Sequence[int]) -> dict[int, Sequence[str]]:
    """Characters that look like those of a text; arguments and result as for `homophones`."""
    alike = by_look()
    return {index: alike.get(text[index], ()) for index in places}


def _runs(places: Sequence[int]) -> list[range]:
    """Places in order as runs without a gap."""
    runs: list[range] = []
    for index in places:
        if runs and runs[-1].stop == index:
            runs[-1] = range(runs[-1].start, index + 1)
        else:
            runs.append(range(index, index + 1))
    return runs


@cache
def _by_sound() -> Mapping[str, Sequence[str]]:
    """The 3755 characters of the first level of GB 2312, the common ones, by their reading."""
    from pypinyin import lazy_pinyin

    level = (bytes((row, cell)) for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF))
    common = [code.decode("gb2312", errors="ignore") for code in level]
    by_reading: defaultdict[str, list[str]] = defaultdict(list)
    for character in filter(None, common):
        by_reading[lazy_pinyin(character)[0]].append(character)
    return by_reading
