"""A recording in a WAV file as samples: refused where it is too long, broken or of another kind."""

from __future__ import annotations

import wave
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from guandian.errors import GuandianError
from guandian.io.bounded import read_whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

SOUND_ENDINGS = (".wav",)
RATE = 16_000
"""Samples a second, which recognisers of speech take."""
MOST_SECONDS = 1800
_MOST_BYTES = MOST_SECONDS * RATE * 4 + 65_536
"""Two channels of 16 bits, and their head."""
SILENT = 0.003
"""The loudest sample of a recording in which nobody speaks, of 1, below."""


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """A recording of one channel.

    Attributes:
        name: of the file, without the folder.
        digest: SHA-256 of the file.
        samples: shape (length,), 32-bit floats of -1 to 1, `RATE` a second.
    """

    name: str
    digest: str
    samples: NDArray[Any]

    @property
    def milliseconds(self) -> int:
        """Its length."""
        return len(self.samples) * 1000 // RATE

    @property
    def silent(self) -> bool:
        """Tell whether no sample is as loud as speech, or there is none."""
        return not len(self.samples) or float(abs(self.samples).max()) < SILENT


def open_sound(path: Path) -> Sound:
    """The recording in a WAV file of 16 bits at 16 kHz, its channels made one.

    Raises:
        GuandianError: it is of another kind, broken, cut off, or longer than half an hour.
        OSError: it cannot be read.
    """
    import numpy as np

    content = read_whole(path, _MOST_BYTES)
    try:
        with wave.open(BytesIO(content)) as file:
            channels, width, rate = file.getnchannels(), file.getsampwidth(), file.getframerate()
            expected = file.getnframes() * channels * width
            frames = file.readframes(file.getnframes())
    except (wave.Error, EOFError, ValueError) as error:
        raise GuandianError(
            f"{path} is no WAV of plain samples, or broken", _made_anew(path)
        ) from error
    if (width, rate) != (2, RATE):
        raise GuandianError(
            f"{path} has {8 * width} bits at {rate:,} Hz, not 16 bits at {RATE:,} Hz",
            _made_anew(path),
        )
    if len(frames) != expected or len(frames) % (2 * channels):
        raise GuandianError(f"{path} is cut off: its head tells of more", _made_anew(path))
    samples = np.frombuffer(frames, "<i2").reshape(-1, channels).mean(axis=1) / 32768
    return Sound(path.name, sha256(content).hexdigest(), samples.astype(np.float32))


def _made_anew(path: Path) -> str:
    return f"ffmpeg -i {path} -ac 1 -ar {RATE} -c:a pcm_s16le {path.stem}-16k.wav"


def clip(sound: Sound, begin: int, end: int) -> bytes:
    """A part of a recording as a WAV file.

    Args:
        sound: the recording.
        begin: in milliseconds.
        end: likewise; what lies beyond the recording is left out.
    """
    import numpy as np

    samples = sound.samples[max(0, begin) * RATE // 1000 : max(0, end) * RATE // 1000]
    content = BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.rint(samples * 32767).astype("<i2").tobytes())
    return content.getvalue()
