"""Pictures, recordings and videos as reviews, which are mined as every other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
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
from guandian.media.video.video_file import VIDEO_FORMATS, frames, is_video, sound_of_video

_ENDINGS = (*PICTURE_ENDINGS, *SOUND_ENDINGS, *VIDEO_FORMATS)


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

        A video is as many as it has frames with a text of their own, and one of what is said.

        Args:
            files: pictures, recordings and videos.
            rejects: counts the files without a text, and takes those that cannot be read.
            stop: raise at the first that cannot be read.

        Raises:
            GuandianError: a file cannot be read.
        """
        names: Counter[str] = Counter()
        for path in files:
            empty = True
            try:
                for text, places in self._texts(path):
                    if not text.strip():
                        continue
                    empty = False
                    moment = "" if places.at is None else f"@{places.at / 1000:g}s"
                    name = f"{path.name}{moment}"
                    names[name] += 1
                    yield Review(
                        id=name if names[name] == 1 else f"{name}#{names[name]}",
                        text=text,
                        extra=MappingProxyType({COLUMN: places.column()}),
                    )
            except GuandianError as error:
                if stop:
                    raise
                rejects.add(BadRow(str(path), 1, "", error.problem, error.repair), path.name)
                continue
            rejects.skipped += empty

    def _texts(self, path: Path) -> Iterator[tuple[str, Places]]:
        if not is_video(path):
            yield self.read(path)
            return
        try:
            before = ""
            for moment, picture in frames(path) if self.pictures is not None else ():
                assert self.pictures is not None
                text, places = read_picture(picture, self.pictures)
                if text != before:  # what stays to be read is one review
                    yield text, replace(places, at=moment)
                before = text
            sound = sound_of_video(path) if self.speech is not None else None
            if sound is not None and self.speech is not None:
                yield read_sound(sound, self.speech)
        except OSError as error:
            raise GuandianError(f"cannot read {path}: {error.strerror or error}") from error

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
                    f"{path} holds no picture, no recording and no video",
                    "a folder's own folders are not read",
                )
            files += within
        elif path.suffix.lower() not in _ENDINGS:
            raise GuandianError(
                f"{path} is no picture, recording or video that can be read", ", ".join(_ENDINGS)
            )
        elif not path.is_file():
            raise GuandianError(f"there is no file {path}", "check its name and its folder")
        else:
            files.append(path)
    return files
