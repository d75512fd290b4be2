"""A recording's text, with a time for every character that was said."""

from __future__ import annotations

from itertools import pairwise

from guandian.media.places import Places, Stretch, digest_of
from guandian.media.speech.sound_file import Sound
from guandian.media.speech.speech_recogniser import SpeechRecogniser, SpokenWord


def read_sound(sound: Sound, recogniser: SpeechRecogniser) -> tuple[str, Places]:
    """The text of a recording, a phrase a line, and the times of its characters.

    The characters of a word share its time evenly. The text is empty where nobody speaks; a silent
    recording never reaches the recogniser.
    """
    text, stretches = "", []
    for words in () if sound.silent else recogniser.words(sound.samples):
        phrase = "".join(word.text for word in words)
        if not phrase.strip():
            continue
        text += "\n" if text else ""
        marks = [mark for word in words for mark in _times(word, sound.milliseconds)]
        blanks = len(phrase) - len(phrase.lstrip())
        stretches.append(Stretch(len(text), tuple(marks[blanks:])))
        text += phrase.lstrip()
    places = Places(
        "sound", sound.name, sound.digest, (sound.milliseconds,), digest_of(text), tuple(stretches)
    )
    return text, places


def _times(word: SpokenWord, most: int) -> list[tuple[int, int]]:
    share = 1000 * (word.end - word.begin) / max(len(word.text), 1)
    borders = [
        min(max(round(1000 * word.begin + k * share), 0), most) for k in range(len(word.text) + 1)
    ]
    return list(pairwise(borders))
