"""Pictures and lines that the tests of this room share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from guandian.media import TextLine
from guandian.media.pictures.text_recogniser import even_boxes


def line(text: str, left: float, top: float, right: float, low: float) -> TextLine:
    """A line in a frame, its characters of one width."""
    corners = ((left, top), (right, top), (right, low), (left, low))
    return TextLine(text, corners, even_boxes(corners, len(text)))


class Scripted:
    """Finds the same lines in every picture that is not of one colour."""

    name = "scripted"

    def __init__(self, *lines: TextLine) -> None:
        self._lines = list(lines)

    def lines(self, pixels: Any) -> list[TextLine]:
        """The lines."""
        return self._lines if pixels.min() < pixels.max() else []


def save(
    path: Path, *, size: tuple[int, int] = (200, 100), blank: bool = False, **more: Any
) -> Path:
    """Write a picture: a red face above, black below."""
    from PIL import Image

    image = Image.new("RGB", size, "white")
    if not blank:
        image.paste((255, 0, 0), (0, 0, size[0], size[1] // 2))
        image.paste((0, 0, 0), (0, 3 * size[1] // 4, size[0], size[1]))
    image.save(path, **more)
    return path
