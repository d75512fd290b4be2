"""SenseVoice through sherpa-onnx, by a network that is too small to understand anybody."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from guandian.errors import GuandianError
from guandian.media import SenseVoiceRecogniser, Sound, read_sound
from guandian.media import speech_recogniser as chosen
from guandian.media.speech.sound_file import RATE


def beeping(seconds: int, *moments: float) -> np.ndarray:
    """Silence with noise of 0.3 s at some moments."""
    samples = np.zeros(seconds * RATE, np.float32)
    for moment in moments:
        begin = round(moment * RATE)
        noise = np.random.default_rng(0).normal(0, 0.3, 3 * RATE // 10)
        samples[begin : begin + len(noise)] = noise
    return samples


def test_what_is_heard_has_the_times_of_the_whole_recording(tmp_path: Path) -> None:
    pytest.importorskip("sherpa_onnx")
    from tests.media.tiny_sense_voice import make_tiny

    ears = chosen(make_tiny(tmp_path / "tiny"))
    assert isinstance(ears, SenseVoiceRecogniser) and ears.name.endswith("tiny")
    moments = (1, 3, 24, 43)  # of three pieces
    text, places = read_sound(Sound("a.wav", "0" * 64, beeping(45, *moments)), ears)
    assert text == "好好\n好\n好"
    begins = [mark[0] for stretch in places.stretches for mark in stretch.marks]
    assert begins == pytest.approx([1000 * moment for moment in moments], abs=120)
    ends = [mark[1] for stretch in places.stretches for mark in stretch.marks]
    assert all(0 < end - begin <= 600 for begin, end in zip(begins, ends, strict=True))
    silence = np.random.default_rng(1).normal(0, 0.0005, 45 * RATE).astype(np.float32)
    assert list(ears.words(silence)) == []


def test_another_folder_is_refused_before_the_library_ends_the_process(tmp_path: Path) -> None:
    from tests.media.tiny_sense_voice import make_tiny

    with pytest.raises(GuandianError, match="it lacks model"):
        chosen(tmp_path)
    with pytest.raises(GuandianError, match="no SenseVoice model"):
        SenseVoiceRecogniser(tmp_path)
    silent_about_it = make_tiny(tmp_path / "other", lang_auto="")
    with pytest.raises(GuandianError, match="does not state lang_auto"):
        chosen(silent_about_it)
    (silent_about_it / "model.onnx").write_bytes(b"<html>")
    with pytest.raises(GuandianError, match="cannot be opened"):
        chosen(silent_about_it)
