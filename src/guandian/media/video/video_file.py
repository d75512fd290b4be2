"""A video as pictures that differ, each with its moment, and as a recording; within bounds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from guandian.errors import GuandianError
from guandian.io.optional_libraries import needs
from guandian.media.pictures.picture_file import MOST_PIXELS, Picture
from guandian.media.speech.sound_file import MOST_SECONDS, RATE, Sound

if TYPE_CHECKING:
    from numpy.typing import NDArray

VIDEO_FORMATS = {
    ".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".webm": "matroska", ".mkv": "matroska",
}  # fmt: skip
"""Endings, and the one format as which such a file is opened: no other is looked for in it."""
EVERY = 1000
"""Milliseconds between two frames that are looked at."""
_MOST_BYTES = 1 << 30
_SIDE = 320
"""Pixels of the longer side on which two frames are compared."""
_STEP, _CHANGED = 24, 0.002
"""Of 255 how much brighter or darker a changed pixel is, and the share of such pixels."""


def is_video(path: Path) -> bool:
    """Tell by its ending whether a file is a video."""
    return path.suffix.lower() in VIDEO_FORMATS


def frames(path: Path) -> Iterator[tuple[int, Picture]]:
    """The frames that differ from the one before, looked at once a second, with their moments.

    Yields:
        Milliseconds from the beginning, and the frame as a person looks at it.

    Raises:
        GuandianError: it is broken, of another format, longer than half an hour, its frames have
            more pixels than a picture may, or the extra `video` is not installed.
        OSError: it cannot be read.
    """
    digest, due = digest_of_video(path), 0
    before: NDArray[Any] | None = None
    for moment, frame in _decoded(path, 0):
        if moment < due:
            continue
        due = moment + EVERY
        picture = _picture(path, digest, frame)
        small = _small(picture.pixels)
        if before is not None and _alike(before, small):
            continue
        before = small
        yield moment, picture


def frame_at(path: Path, moment: int) -> Picture:
    """The frame of a moment that `frames` told.

    Args:
        path: of the video.
        moment: in milliseconds.

    Raises:
        GuandianError: there is none at just this moment, or as for `frames`.
        OSError: it cannot be read.
    """
    for time, frame in _decoded(path, moment):
        if time == moment:
            return _picture(path, digest_of_video(path), frame)
        if time > moment:
            break
    raise GuandianError(f"{path} has no frame at {moment} ms", "read the video again")


def sound_of_video(path: Path) -> Sound | None:
    """What is heard in a video, its channels made one; None where there is no sound in it.

    Raises:
        GuandianError: as for `frames`.
        OSError: it cannot be read.
    """
    import numpy as np

    parts: list[NDArray[Any]] = []
    digest, length = digest_of_video(path), 0
    with _opened(path) as container:
        if not container.streams.audio:
            return None
        resampler = needs("av", "video", "reading videos").AudioResampler("s16", "mono", RATE)
        for frame in container.decode(container.streams.audio[0]):
            if not parts and frame.time:
                # Times are those of the video: its sound may begin behind its pictures.
                parts.append(np.zeros(round(min(frame.time, MOST_SECONDS) * RATE), np.int16))
                length += len(parts[0])
            for part in resampler.resample(frame):
                parts.append(part.to_ndarray().reshape(-1))
                length += len(parts[-1])
            if length > MOST_SECONDS * RATE:
                raise _too_long(path)
    samples = np.concatenate(parts) if parts else np.zeros(0, np.int16)
    return Sound(path.name, digest, (samples / 32768).astype(np.float32))


def _decoded(path: Path, begin: int) -> Iterator[tuple[int, Any]]:
    """Frames from the key frame before a moment on, with their moments."""
    with _opened(path) as container:
        if not container.streams.video:
            return
        stream, frame = container.streams.video[0], None
        if begin:
            container.seek(1000 * begin)
        for frame in container.decode(stream):
            if frame.width * frame.height > MOST_PIXELS:
                raise GuandianError(
                    f"{path} has frames of {frame.width:,} x {frame.height:,} pixels",
                    "make them smaller",
                )
            if frame.time is None:
                continue
            if frame.time > MOST_SECONDS:
                raise _too_long(path)
            yield round(1000 * frame.time), frame
        if frame is None and not begin:
            raise ValueError("no frame")


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    library = needs("av", "video", "reading videos")
    if not is_video(path):
        raise GuandianError(f"{path} is no video", ", ".join(VIDEO_FORMATS))
    if path.stat().st_size > _MOST_BYTES:
        raise GuandianError(f"{path} is longer than {_MOST_BYTES >> 20:,} MiB", "divide it")
    try:
        # As a stream: nothing that a file names is opened beside it.
        with (
            path.open("rb") as file,
            library.open(file, format=VIDEO_FORMATS[path.suffix.lower()]) as container,
        ):
            if (container.duration or 0) > MOST_SECONDS * library.time_base:
                raise _too_long(path)
            if not (container.streams.video or container.streams.audio):
                raise ValueError("no stream")
            yield container
    except (library.FFmpegError, ValueError) as error:
        raise GuandianError(
            f"{path} is a video that is broken or cut off", "save it anew as MP4, and name that"
        ) from error


def _picture(path: Path, digest: str, frame: Any) -> Picture:
    """A frame, turned as the camera was held."""
    import numpy as np

    turned = np.rot90(frame.to_ndarray(format="rgb24"), round(frame.rotation / 90))
    return Picture(path.name, digest, np.ascontiguousarray(turned))


def _alike(first: NDArray[Any], second: NDArray[Any]) -> bool:
    """Whether two small frames show the same."""
    same = first.shape == second.shape
    return same and float((abs(first - second) > _STEP).mean()) < _CHANGED


def _small(pixels: NDArray[Any]) -> NDArray[Any]:
    """Brightness on a coarse grid."""
    step = max(1, max(pixels.shape[:2]) // _SIDE)
    rows, columns = (side // step * step for side in pixels.shape[:2])
    grid = pixels[:rows, :columns, 1].reshape(rows // step, step, columns // step, step)
    means: NDArray[Any] = grid.mean(axis=(1, 3))
    return means


def digest_of_video(path: Path) -> str:
    """SHA-256 of a file of any length."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _too_long(path: Path) -> GuandianError:
    return GuandianError(f"{path} is longer than {MOST_SECONDS // 60} minutes", "divide it")
