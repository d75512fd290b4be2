"""How many characters of a synthesised review does a recogniser of speech hear rightly?

    python bench/speech.py --root FOLDER --model FOLDER [--count 10]

Chinese reviews of guandian-written train by seed, said by eSpeak NG (`pip install espeakng-loader`;
a robot's voice, no person's) and heard by faster-whisper with the model in the folder: clean, and
with white noise 10 dB below the voice. Accuracy is 1 - edit distance / length, marks and blanks
aside, in simplified characters.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import random
import time
from pathlib import Path
from typing import Any

import numpy as np
from pictures import chinese, edits

from guandian.media import Sound, WhisperRecogniser, read_sound
from guandian.text.cleaning import simplify

RATE = 16_000
NOISE = 10 ** (-10 / 20)


def main() -> None:
    """Say, hear, and print a row for clean and for noisy speech."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, required=True, help="the folder of the data sets")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    path = options.root / "guandian_written" / "train.jsonl"
    texts = [json.loads(line)["text"] for line in path.read_text("utf-8").splitlines()]
    texts = [
        text for text in texts if 8 <= len(text) <= 30 and text.isprintable() and chinese(text)
    ]
    chosen = random.Random(options.seed).sample(texts, options.count)
    voice, ears = Voice(), WhisperRecogniser(options.model)
    noises = np.random.default_rng(options.seed)
    for name, level in (("clean", 0.0), ("noise", NOISE)):
        length = wrong = 0
        begin = time.process_time()
        for text in chosen:
            samples = voice.say(text)
            loudness = float(np.sqrt((samples**2).mean()))
            samples += noises.normal(0, loudness * level or 1e-9, len(samples))
            sound = Sound("said.wav", "0" * 64, samples.astype(np.float32))
            gold, heard = bare(text), bare(read_sound(sound, ears)[0])
            length, wrong = length + len(gold), wrong + edits(gold, heard)
        seconds = (time.process_time() - begin) / len(chosen)
        print(f"{name}: {1 - wrong / length:.3f} of {length} characters, {len(chosen)} reviews, "
              f"{seconds:.1f} CPU s each")  # fmt: skip


def bare(text: str) -> str:
    """The letters of a text in simplified characters."""
    return "".join(filter(str.isalnum, simplify(text)[0]))


class Voice:
    """eSpeak NG's Mandarin, in this process."""

    def __init__(self) -> None:
        import espeakng_loader

        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        data = str(espeakng_loader.get_data_path()).encode()
        self._rate = self._library.espeak_Initialize(1, 0, data, 0)
        self._parts: list[Any] = []
        kind = ctypes.CFUNCTYPE(
            ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
        )
        self._callback = kind(self._take)
        self._library.espeak_SetSynthCallback(self._callback)
        self._library.espeak_SetVoiceByName(b"cmn")

    def _take(self, samples: Any, count: int, _: Any) -> int:
        if samples and count > 0:
            self._parts.append(np.ctypeslib.as_array(samples, (count,)).copy())
        return 0

    def say(self, text: str) -> Any:
        """Samples of -1 to 1, 16,000 a second."""
        self._parts.clear()
        content = text.encode()
        self._library.espeak_Synth(content, len(content) + 1, 0, 1, 0, 1, None, None)
        self._library.espeak_Synchronize()
        samples = np.concatenate(self._parts) / 32768
        places = np.arange(len(samples) * RATE // self._rate) * self._rate / RATE
        return np.interp(places, np.arange(len(samples)), samples)


if __name__ == "__main__":
    main()
