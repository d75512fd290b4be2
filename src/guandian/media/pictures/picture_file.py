"""A picture of a file as pixels: refused where it is too large or broken, and bare of all else.

What a file says besides its pixels (EXIF with places and owners, thumbnails, texts) is never kept.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from struct import error as broken_structure
from typing import TYPE_CHECKING, Any

from guandian.errors import GuandianError
from guandian.io.bounded import read_whole
from guandian.io.optional_libraries import needs

if TYPE_CHECKING:
    from numpy.typing import NDArray

PICTURE_ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif")
MOST_PIXELS = 40_000_000
"""Of a picture; decoding takes three bytes each."""
_MOST_BYTES = 1 << 26
_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")
_LEAST_SIDE = 8
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, broken_structure, OverflowError, IndexError)
"""What decoders raise at bytes that are no picture."""
_REPAIR = "save it anew as PNG or JPEG, and name that"


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """Pixels as a person looks at them: turned as the camera was held, on white.

    Attributes:
        name: of the file, without the folder.
        digest: SHA-256 of the file.
        pixels: shape (height, width, 3), red, green, blue, 8 bits each.
    """

    name: str
    digest: str
    pixels: NDArray[Any]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.pixels.shape[1], self.pixels.shape[0]


def open_picture(path: Path) -> Picture:
    """The picture in a file; of a moving one its first.

    Raises:
        GuandianError: it is none of PNG, JPEG, WebP, BMP and GIF, broken, cut off, below 8 pixels a
            side, above `MOST_PIXELS` (told by its head, before anything is decoded) or 64 MiB, or
            the extra `media` is not installed.
        OSError: it cannot be read.
    """
    needs("PIL", "media", "reading pictures")
    import numpy as np
    from PIL import Image, ImageOps, UnidentifiedImageError

    content = read_whole(path, _MOST_BYTES)
    with warnings.catch_warnings():
        # Our bound is the lower one; that of the library would be told as a warning.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            with Image.open(BytesIO(content), formats=_FORMATS) as image:
                _check_size(path, *image.size)
                image.load()
                upright = ImageOps.exif_transpose(image)
                pixels = np.asarray(_on_white(upright), dtype=np.uint8)
        except Image.DecompressionBombError as error:
            raise _too_large(path, "far more") from error
        except UnidentifiedImageError as error:
            raise GuandianError(f"{path} is none of {', '.join(_FORMATS)}", _REPAIR) from error
        except _BROKEN as error:
            problem = f"{path} is a picture that is broken or cut off"
            raise GuandianError(problem, _REPAIR) from error
    return Picture(path.name, sha256(content).hexdigest(), pixels)


def _check_size(path: Path, width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise _too_large(path, f"{width:,} x {height:,} pixels")
    if min(width, height) < _LEAST_SIDE:
        raise GuandianError(
            f"{path} has {width} x {height} pixels: no text fits in", "name the picture itself"
        )


def _too_large(path: Path, size: str) -> GuandianError:
    return GuandianError(
        f"{path} is larger than {MOST_PIXELS:,} pixels: {size}", "make it smaller, or divide it"
    )


def _on_white(image: Any) -> Any:
    from PIL import Image

    if "A" not in image.mode and "transparency" not in image.info:
        return image.convert("RGB")
    above = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", above.size, "white"), above).convert("RGB")
