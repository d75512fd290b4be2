"""Pictures and recordings as reviews, which are mined as every other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from guandian.domain import Review
from guandian.errors import BadRow, GuandianError
from guandian.files import RejectFile
from guandian.media.pictures.picture_file import PICTURE_ENDINGS, open_picture
from guandian.media.pictures.picture_reading import read_picture
from guandian.media.pictures.text_recogniser import TextRecogniser
from guandian.media.places import COLUMN, Places
from guandian.media.speech.sound_file import SOUND_ENDINGS, open_sound
from guandian.media.speech.speech_reading import read_sound
from guandian.media.speech.speech_recogniser import SpeechRecogniser

_ENDINGS = (*PICTURE_ENDINGS, *SOUND_ENDINGS)


@dataclass(frozen=True, slots=True)
class MediaReader:
    """Reads files with what was opened for them.

    Attributes:
        pictures: finds text in pictures; None where there are none.
        speech: hears words in sound; None where there is none.
    """

    pictures: TextRecogniser | None = None
    speech: SpeechRecogniser | None = None

    def reviews(
        self, files: Sequence[Path], rejects: RejectFile, *, stop: bool = True
    ) -> Iterator[Review]:
        """A review a file, its name as the id, its places in the column `COLUMN`.

        Args:
            files: pictures and recordings.
            rejects: counts the files without a text, and takes those that cannot be read.
            stop: raise at the first that cannot be read.

        Raises:
            GuandianError: a file cannot be read.
        """
        names: Counter[str] = Counter()
        for path in files:
            try:
                text, places = self.read(path)
            except GuandianError as error:
                if stop:
                    raise
                rejects.add(BadRow(str(path), 1, "", error.problem, error.repair), path.name)
                continue
            if not text.strip():
                rejects.skipped += 1
                continue
            names[path.name] += 1
            number = names[path.name]
            yield Review(
                id=path.name if number == 1 else f"{path.name}#{number}",
                text=text,
                extra=MappingProxyType({COLUMN: places.column()}),
            )

    def read(self, path: Path) -> tuple[str, Places]:
        """The text of a file, which may be empty, and where its characters stand.

        Raises:
            GuandianError: it cannot be read, or nothing was opened for its kind.
        """
        try:
            if is_sound(path):
                if self.speech is None:
                    raise GuandianError(
                        f"{path} is speech, and no model hears it", "name its folder with --speech"
                    )
                return read_sound(open_sound(path), self.speech)
            if self.pictures is None:
                raise GuandianError(f"{path} is a picture, and nothing reads it")
            return read_picture(open_picture(path), self.pictures)
        except OSError as error:
            raise GuandianError(f"cannot read {path}: {error.strerror or error}") from error


def is_sound(path: Path) -> bool:
    """Tell by its ending whether a file is a recording."""
    return path.suffix.lower() in SOUND_ENDINGS


def media_files(paths: Sequence[Path]) -> list[Path]:
    """Files that are named, and those of folders that are, by their names.

    Raises:
        GuandianError: a name has another ending, there is no such file, or a folder holds none.
    """
    files = []
    for path in paths:
        if path.is_dir():
            within = sorted(p for p in path.iterdir() if p.suffix.lower() in _ENDINGS)
            if not within:
                raise GuandianError(
                    f"{path} holds no picture and no recording",
                    "a folder's own folders are not read",
                )
            files += within
        elif path.suffix.lower() not in _ENDINGS:
            raise GuandianError(
                f"{path} is no picture and no recording that can be read", ", ".join(_ENDINGS)
            )
        elif not path.is_file():
            raise GuandianError(f"there is no file {path}", "check its name and its folder")
        else:
            files.append(path)
    return files
