"""What a review was read from, opened again: the picture or frame, the recording or its video."""

from __future__ import annotations

from pathlib import Path

from guandian.errors import GuandianError
from guandian.media.pictures.picture_file import Picture, open_picture
from guandian.media.places import Places
from guandian.media.speech.sound_file import Sound, open_sound
from guandian.media.video.video_file import frame_at, is_video, sound_of_video


def picture_of(path: Path, places: Places) -> Picture:
    """The picture in which places lie, of a video the frame.

    Raises:
        GuandianError: it cannot be opened, or is no such file.
        OSError: it cannot be read.
    """
    return open_picture(path) if places.at is None else frame_at(path, places.at)


def sound_of(path: Path) -> Sound:
    """The recording in a file, of a video its sound.

    Raises:
        GuandianError: it cannot be opened, or there is none.
        OSError: it cannot be read.
    """
    sound = sound_of_video(path) if is_video(path) else open_sound(path)
    if sound is None:
        raise GuandianError(f"{path} is a video without sound", "name the file that was read")
    return sound
