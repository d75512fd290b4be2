"""A picture without what stands beside its text: nothing but text of it is ever kept or sent."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

from guandian.domain import Span
from guandian.media.pictures.picture_file import Picture
from guandian.media.places import Places

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PLAIN = 232
"""The grey of what is not kept."""
_WIDEST = 1080
"""Pixels across that are kept."""
_QUALITY = 85


def bare_jpeg(picture: Picture, places: Places) -> bytes:
    """A JPEG of the picture with all but its text painted grey, 1,080 pixels wide at most.

    A face with letters over it lies under text, and stays.
    """
    from PIL import Image

    image = Image.fromarray(_bare(picture, places))
    if image.width > _WIDEST:
        image = image.resize((_WIDEST, max(1, image.height * _WIDEST // image.width)))
    content = BytesIO()
    image.save(content, "JPEG", quality=_QUALITY)
    return content.getvalue()


def _bare(picture: Picture, places: Places) -> NDArray[Any]:
    import numpy as np

    plain = np.full_like(picture.pixels, _PLAIN)
    for stretch in places.stretches:
        for left, top, right, low in places.of(Span(stretch.start, stretch.end)):
            plain[top:low, left:right] = picture.pixels[top:low, left:right]
    return plain
