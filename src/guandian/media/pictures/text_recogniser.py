"""What finds lines of text in pixels: a protocol, and RapidOCR (PP-OCRv6) behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Protocol

from guandian.io.optional_libraries import needs

if TYPE_CHECKING:
    from numpy.typing import NDArray

Box = tuple[float, float, float, float]
"""Left, top, right and bottom, in pixels."""


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line or a column of text as it stands in a picture.

    Attributes:
        text: its characters.
        corners: of the line itself, which may lean: x and y from where its text begins on, around.
        boxes: one for each character of `text`, blanks too.
    """

    text: str
    corners: tuple[tuple[float, float], ...]
    boxes: tuple[Box, ...]

    def moved(self, down: float) -> TextLine:
        """The same line so many pixels further down."""
        corners = tuple((x, y + down) for x, y in self.corners)
        boxes = tuple((left, top + down, right, low + down) for left, top, right, low in self.boxes)
        return TextLine(self.text, corners, boxes)


class TextRecogniser(Protocol):
    """Finds text in pixels; an own one takes the place of RapidOCR."""

    name: str

    def lines(self, pixels: NDArray[Any]) -> list[TextLine]:
        """The lines of text, in any order.

        Args:
            pixels: shape (height, width, 3), red, green, blue, 8 bits each.
        """
        ...


class RapidRecogniser:
    """RapidOCR on ONNX Runtime with the models of its wheel; nothing is fetched.

    Args:
        threads: of ONNX Runtime.

    Raises:
        GuandianError: the extra `media` is not installed.
    """

    def __init__(self, threads: int = 1) -> None:
        library = needs("rapidocr", "media", "reading pictures")
        runtime = "EngineConfig.onnxruntime"
        self._engine = library.RapidOCR(
            params={
                "Global.log_level": "critical",
                f"{runtime}.intra_op_num_threads": threads,
                f"{runtime}.inter_op_num_threads": 1,
            }
        )
        self.name = f"rapidocr {version('rapidocr')} PP-OCRv6"

    def lines(self, pixels: NDArray[Any]) -> list[TextLine]:
        """The lines of text, in any order.

        Args:
            pixels: shape (height, width, 3), red, green, blue, 8 bits each.
        """
        seen = self._engine(
            pixels[:, :, ::-1].copy(), return_word_box=True, return_single_char_box=True
        )
        if seen.txts is None or seen.boxes is None:  # a picture without text
            return []
        words = seen.word_results or ()
        # The library leaves out lines of which it placed no character: then places are reckoned.
        placed = words if len(words) == len(seen.txts) else [()] * len(seen.txts)
        return [
            _line(text, corners.tolist(), characters)
            for text, corners, characters in zip(seen.txts, seen.boxes, placed, strict=True)
        ]


def _line(text: str, corners: Sequence[Sequence[float]], characters: Sequence[Any]) -> TextLine:
    """A line with a box for every character, blanks included, which the library leaves out."""
    boxes: list[Box | None] = []
    queue = list(characters)
    for character in text:
        if queue and queue[0][0] == character and queue[0][2] is not None:
            xs, ys = zip(*queue.pop(0)[2], strict=True)
            boxes.append((float(min(xs)), float(min(ys)), float(max(xs)), float(max(ys))))
        else:
            boxes.append(None)
    points = tuple((float(x), float(y)) for x, y in corners)
    even = even_boxes(points, len(text))
    if queue:  # characters that are not those of the text: none of their places can be trusted
        return TextLine(text, points, even)
    return TextLine(text, points, tuple(b or e for b, e in zip(boxes, even, strict=True)))


def even_boxes(corners: Sequence[tuple[float, float]], count: int) -> tuple[Box, ...]:
    """The boxes of `count` characters of one width along a line, or down a column."""
    xs, ys = zip(*corners, strict=True)
    left, top, right, low = min(xs), min(ys), max(xs), max(ys)
    width, height = (right - left) / max(count, 1), (low - top) / max(count, 1)
    if low - top > 1.5 * (right - left) and count > 1:
        return tuple((left, top + k * height, right, top + (k + 1) * height) for k in range(count))
    return tuple((left + k * width, top, left + (k + 1) * width, low) for k in range(count))
