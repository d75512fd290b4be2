"""What hears words in samples: a protocol, and faster-whisper with a folder that the user names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from guandian.errors import GuandianError
from guandian.io.optional_libraries import needs

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FILES = ("model.bin", "config.json", "tokenizer.json")
_PROMPT = "以下是普通话的句子，有标点符号。"
"""Without it Whisper writes Chinese without marks, and in either kind of characters."""


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """Words that were heard together.

    Attributes:
        text: their characters.
        begin: in seconds.
        end: in seconds.
    """

    text: str
    begin: float
    end: float


class SpeechRecogniser(Protocol):
    """Hears words in sound; an own one takes the place of Whisper."""

    name: str

    def words(self, samples: NDArray[Any]) -> Iterable[list[SpokenWord]]:
        """The phrases in their order, each as its words with their times.

        Args:
            samples: shape (length,), 32-bit floats of -1 to 1, 16,000 a second.
        """
        ...


class WhisperRecogniser:
    """faster-whisper on the CPU with a model in a folder; nothing is fetched.

    Args:
        folder: a Whisper model as CTranslate2 keeps it.
        language: of the speech, such as "zh"; None lets the model find out.
        threads: of CTranslate2.

    Raises:
        GuandianError: the extra `speech` is not installed, or the folder lacks a file.
    """

    def __init__(self, folder: Path, language: str | None = "zh", threads: int = 1) -> None:
        missing = [name for name in _FILES if not (folder / name).is_file()]
        if missing:
            raise GuandianError(
                f"{folder} is no model of faster-whisper: it lacks {', '.join(missing)}",
                "name a folder with " + ", ".join(_FILES),
            )
        library = needs("faster_whisper", "speech", "reading speech")
        self.name = f"faster-whisper {library.__version__} {folder.name}"
        self._language = language
        self._model = library.WhisperModel(
            str(folder), device="cpu", compute_type="int8", cpu_threads=threads,
            local_files_only=True,
        )  # fmt: skip

    def words(self, samples: NDArray[Any]) -> Iterable[list[SpokenWord]]:
        """The phrases in their order, each as its words with their times.

        Args:
            samples: shape (length,), 32-bit floats of -1 to 1, 16,000 a second.
        """
        prompt = _PROMPT if self._language == "zh" else None
        # Where nobody speaks Whisper makes up sentences: a detector of voices goes before it.
        segments, _ = self._model.transcribe(
            samples, language=self._language, initial_prompt=prompt, word_timestamps=True,
            vad_filter=True, condition_on_previous_text=False,
        )  # fmt: skip
        for segment in segments:
            yield [SpokenWord(word.word, word.start, word.end) for word in segment.words or ()]
