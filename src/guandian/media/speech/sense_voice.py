"""SenseVoice by sherpa-onnx, and which recogniser the folder that a user names is for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from guandian.errors import GuandianError
from guandian.io.optional_libraries import needs
from guandian.media.speech.sound_file import RATE, SILENT
from guandian.media.speech.speech_recogniser import (
    SpeechRecogniser,
    SpokenWord,
    WhisperRecogniser,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NETWORKS = ("model.int8.onnx", "model.onnx")
_TOKENS = "tokens.txt"
_LEAST, _MOST = 8 * RATE, 20 * RATE
"""Samples of a piece that is heard at once."""
_FRAME = RATE // 50
_LONGEST = 0.6
"""Seconds of a character or word: the model says when each begins alone."""


def speech_recogniser(folder: Path, threads: int = 1) -> SpeechRecogniser:
    """What hears by the model in a folder: of SenseVoice where it holds tokens.txt, else Whisper.

    Raises:
        GuandianError: the folder lacks a file, or the extra of its library is not installed.
    """
    if (folder / _TOKENS).is_file():
        return SenseVoiceRecogniser(folder, threads=threads)
    return WhisperRecogniser(folder, threads=threads)


class SenseVoiceRecogniser:
    """sherpa-onnx on the CPU with a SenseVoice model in a folder; nothing is fetched.

    Args:
        folder: with `tokens.txt` and `model.int8.onnx` or `model.onnx`.
        language: of the speech: `zh`, `en`, `yue`, `ja`, `ko`, or `auto`.
        threads: of the network.

    Raises:
        GuandianError: the extra `sensevoice` is not installed, or the folder lacks a file or holds
            another model.
    """

    def __init__(self, folder: Path, language: str = "auto", threads: int = 1) -> None:
        networks = [folder / name for name in _NETWORKS if (folder / name).is_file()]
        if not networks or not (folder / _TOKENS).is_file():
            raise GuandianError(
                f"{folder} is no SenseVoice model",
                f"name a folder with {_TOKENS} and {' or '.join(_NETWORKS)}",
            )
        _check_kind(networks[0])
        library = needs("sherpa_onnx", "sensevoice", "SenseVoice")
        self.name = f"sherpa-onnx {library.__version__} {folder.name}"
        try:
            self._recogniser = library.OfflineRecognizer.from_sense_voice(
                model=str(networks[0]), tokens=str(folder / _TOKENS), num_threads=threads,
                language=language, use_itn=True,
            )  # fmt: skip
        except (RuntimeError, ValueError) as error:
            raise GuandianError(
                f"{folder} is no SenseVoice model: {error}", "name another folder"
            ) from error

    def words(self, samples: NDArray[Any]) -> Iterable[list[SpokenWord]]:
        """The phrases in their order, each as its characters or words with their times.

        Args:
            samples: shape (length,), 32-bit floats of -1 to 1, 16,000 a second.
        """
        for begin, end in _pieces(samples):
            piece = samples[begin:end]
            if float(abs(piece).max()) < SILENT:
                continue
            stream = self._recogniser.create_stream()
            stream.accept_waveform(RATE, piece)
            self._recogniser.decode_stream(stream)
            heard = stream.result
            times = [begin / RATE + time for time in heard.timestamps]
            yield [
                SpokenWord(token.replace("▁", " "), time, min(after, time + _LONGEST))
                for token, (time, after) in zip(
                    heard.tokens, pairwise([*times, end / RATE]), strict=True
                )
            ]


def _check_kind(network: Path) -> None:
    """Refuse another network: the library ends the whole process at one.

    Raises:
        GuandianError: it cannot be opened, or does not say that it is a SenseVoice model.
    """
    import onnxruntime

    try:
        session = onnxruntime.InferenceSession(str(network), providers=["CPUExecutionProvider"])
    except Exception as error:  # its errors have no common class
        raise GuandianError(
            f"{network} cannot be opened: {str(error).splitlines()[0]}", "name another folder"
        ) from error
    stated = session.get_modelmeta().custom_metadata_map
    missing = {"vocab_size", "lfr_window_size", "neg_mean", "lang_auto", "with_itn"} - set(stated)
    if missing:
        raise GuandianError(
            f"{network} is no SenseVoice model: it does not state {', '.join(sorted(missing))}",
            "name the folder of one that was exported for sherpa-onnx",
        )


def _pieces(samples: NDArray[Any]) -> Iterator[tuple[int, int]]:
    """Parts of a recording that are cut where it is quietest."""
    import numpy as np

    begin = 0
    while len(samples) - begin > _MOST:
        window = samples[begin + _LEAST : begin + _MOST]
        whole = window[: len(window) // _FRAME * _FRAME].reshape(-1, _FRAME)
        quietest = int(np.argmin((whole**2).mean(axis=1)))
        cut = begin + _LEAST + quietest * _FRAME + _FRAME // 2
        yield begin, cut
        begin = cut
    if begin < len(samples):
        yield begin, len(samples)
