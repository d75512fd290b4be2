"""The pictures and recordings that reviews were read from, in a folder that the operator named."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import BoundedSemaphore

from guandian.errors import GuandianError
from guandian.io.optional_libraries import needs
from guandian.media import COLUMN, Places, picture_of, places_of, sound_of
from guandian.media.pictures.bare_picture import bare_jpeg
from guandian.media.speech.sound_file import clip
from guandian.service.auth import TENANT
from guandian.service.problems import Problem, not_there
from guandian.store import StoredReview

LONGEST_CLIP = 60_000
"""Milliseconds that are sent at once."""
AT_ONCE, _WAITING = 4, 4
"""Files that are read at the same time, for a large one takes some hundred megabytes meanwhile;
and calls that may wait for one, for each holds a thread that answers other questions as well."""
_PATIENCE = 10.0
"""Seconds that a call waits."""


class MediaFolder:
    """Sends pictures with nothing but their text, and clips of recordings.

    They are one shop's, so callers of the first tenant alone see them. A file is known by its name
    and its content; what a review says of either is a stranger's word.

    Args:
        folder: of the files; None sends none.

    Raises:
        GuandianError: it is no folder, or a library for pictures is missing.
    """

    def __init__(self, folder: Path | None = None) -> None:
        if folder is not None:
            if not folder.is_dir():
                raise GuandianError(
                    f"{folder} is no folder", "name the one that `guandian media read` has read"
                )
            needs("PIL", "media", "showing pictures")
        self._folder = folder
        self._places = BoundedSemaphore(AT_ONCE + _WAITING)
        self._readings = BoundedSemaphore(AT_ONCE)

    def has(self, tenant: str, places: Places) -> bool:
        """Whether the file that a review was read from can be sent, as far as its name says."""
        return self._path(tenant, places) is not None

    def picture(self, tenant: str, places: Places) -> bytes:
        """A JPEG of a review's picture, all but its text painted grey.

        Raises:
            Problem: 404 where it was read from no picture, or that is not in the folder or was
                changed since; 429 where others are read.
        """
        if places.kind != "picture":
            raise not_there("this review was read from a recording: ask for its sound")
        path = self._wanted(tenant, places)
        with self._reading():
            try:
                picture = picture_of(path, places)
            except (GuandianError, OSError) as error:
                raise _changed(places) from error
            if (picture.digest, picture.size) != (places.digest, places.extent):
                raise _changed(places)
            return bare_jpeg(picture, places)

    def sound(self, tenant: str, places: Places, begin: int, end: int) -> bytes:
        """A WAV file of a part of a review's recording.

        Args:
            tenant: of the caller.
            places: of the review.
            begin: in milliseconds.
            end: likewise, `LONGEST_CLIP` later at most.

        Raises:
            Problem: 404 and 429 as for a picture; 422 for a part that is none or too long.
        """
        if places.kind != "sound":
            raise not_there("this review was read from a picture: ask for that")
        if not 0 < end - begin <= LONGEST_CLIP:
            raise Problem(
                422,
                "invalid",
                f"a part of a recording has 1 to {LONGEST_CLIP:,} milliseconds, not {end - begin}",
                "ask for the place of one opinion",
            )
        path = self._wanted(tenant, places)
        with self._reading():
            try:
                sound = sound_of(path)
            except (GuandianError, OSError) as error:
                raise _changed(places) from error
            if sound.digest != places.digest:
                raise _changed(places)
            return clip(sound, begin, end)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Hold one of the places in which a file is read.

        Raises:
            Problem: 429 where too many others are read, or wait.
        """
        if not self._places.acquire(blocking=False):
            raise _busy()
        try:
            if not self._readings.acquire(timeout=_PATIENCE):
                raise _busy()
            try:
                yield
            finally:
                self._readings.release()
        finally:
            self._places.release()

    def _path(self, tenant: str, places: Places) -> Path | None:
        name = places.file
        plain = name not in ("", ".", "..") and not set(name) & set("/\\\0")
        if self._folder is None or tenant != TENANT or not plain:
            return None
        path = self._folder / name
        try:
            return path if path.is_file() else None
        except OSError:  # such as a name that is longer than any
            return None

    def _wanted(self, tenant: str, places: Places) -> Path:
        path = self._path(tenant, places)
        if path is None:
            raise not_there(
                "the file of this review is not served here: guandian serve --media FOLDER"
            )
        return path


def places_in(stored: StoredReview) -> Places:
    """The places of a stored review.

    Raises:
        Problem: 404 where it was read from no file; 409 `places` where they are of another text,
            such as one in which personal data was masked.
    """
    try:
        places = places_of(stored.review)
    except ValueError as error:
        raise Problem(
            409, "places", str(error), "read the file again, and mine it without masking"
        ) from error
    if places is None:
        raise not_there(f"this review has no {COLUMN}: it was read from no picture and no sound")
    return places


def _busy() -> Problem:
    return Problem(
        429,
        "busy",
        "as many pictures and recordings as may be are being read",
        "try again in a second",
        headers={"Retry-After": "1"},
    )


def _changed(places: Places) -> Problem:
    return not_there(
        f"{places.file[:80]} was changed since it was read, or cannot be read any more"
    )
