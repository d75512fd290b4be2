"""Recordings: bounds, silence, and the way from characters to times. No real model hears here."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from guandian.domain import Span
from guandian.errors import GuandianError
from guandian.files import RejectFile
from guandian.media import MediaReader, SpokenWord, WhisperRecogniser, open_sound, read_sound


class ScriptedEars:
    """Hears two phrases in whatever it is given."""

    name = "scripted"

    def words(self, samples: Any) -> Iterator[list[SpokenWord]]:
        """The phrases."""
        yield [SpokenWord(" 屏幕", 0.1, 0.5), SpokenWord("清晰", 0.5, 0.9)]
        yield []
        yield [SpokenWord("好", 1.0, 9.0)]


def say_into(path: Path, *, loud: float = 0.5, rate: int = 16_000, channels: int = 1) -> Path:
    samples = (np.sin(np.arange(2 * rate * channels)) * loud * 32_000).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return path


def test_every_span_has_its_times(tmp_path: Path) -> None:
    sound = open_sound(say_into(tmp_path / "a.wav", channels=2))
    assert sound.milliseconds == 2000
    text, places = read_sound(sound, ScriptedEars())
    assert text == "屏幕清晰\n好"
    assert places.of(Span(2, 4)) == [(500, 900)]
    assert places.of(Span(0, 6)) == [(233, 900), (1000, 2000)]


def test_a_silent_recording_is_never_heard(tmp_path: Path) -> None:
    class Deaf(ScriptedEars):
        def words(self, samples: Any) -> Iterator[list[SpokenWord]]:
            raise AssertionError

    rejects = RejectFile()
    reader = MediaReader(speech=Deaf())
    assert not list(reader.reviews([say_into(tmp_path / "a.wav", loud=0)], rejects))
    assert rejects.skipped == 1
    with pytest.raises(GuandianError, match="no model hears it"):
        list(MediaReader().reviews([tmp_path / "a.wav"], rejects))


def test_bad_recordings_are_refused_with_their_repair(tmp_path: Path) -> None:
    whole = say_into(tmp_path / "a.wav").read_bytes()
    (tmp_path / "cut.wav").write_bytes(whole[:-1000])
    (tmp_path / "page.wav").write_text("<html>")
    say_into(tmp_path / "fast.wav", rate=44_100)
    for name, fault in (("cut", "cut off"), ("page", "no WAV"), ("fast", "44,100 Hz")):
        with pytest.raises(GuandianError, match=fault) as caught:
            open_sound(tmp_path / f"{name}.wav")
        assert caught.value.repair.startswith("ffmpeg -i")
    with pytest.raises(GuandianError, match=r"it lacks model.bin, config.json, tokenizer.json"):
        WhisperRecogniser(tmp_path)
