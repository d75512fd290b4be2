"""A recording that the tests of several rooms share: a tone, in which words are heard."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

from guandian.media import Places, SpokenWord, open_sound
from guandian.media.speech.sound_file import RATE
from guandian.media.speech.speech_reading import read_sound

EACH = 0.2
"""Seconds of a character."""


class Hears:
    """Hears one phrase, a word a character."""

    name = "scripted"

    def __init__(self, phrase: str) -> None:
        self._phrase = phrase

    def words(self, samples: object) -> list[list[SpokenWord]]:
        """The phrase."""
        times = enumerate(self._phrase)
        return [[SpokenWord(sign, EACH * k, EACH * (k + 1)) for k, sign in times]]


def recorded(path: Path, phrase: str) -> tuple[str, Places]:
    """Write two seconds of a tone, and read the phrase in it."""
    tone = (9000 * np.sin(np.arange(2 * RATE) / 9)).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(tone.tobytes())
    return read_sound(open_sound(path), Hears(phrase))
