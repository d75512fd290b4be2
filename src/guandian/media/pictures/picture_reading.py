"""A picture's text, with a box for every character that stands in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from guandian.domain import Span
from guandian.media.pictures.picture_file import Picture
from guandian.media.pictures.reading_order import paragraphs
from guandian.media.pictures.text_recogniser import TextLine, TextRecogniser
from guandian.media.places import Places, Stretch, digest_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LONG = 1920
"""Rows above which a picture that is much higher than wide is read in parts."""
_LEAST_PART, _MOST_PART = 1000, 1600
"""Rows of a part. Recognisers shrink what is larger, until nothing can be read."""


def read_picture(picture: Picture, recogniser: TextRecogniser) -> tuple[str, Places]:
    """The text of a picture, a paragraph a line, and the boxes of its characters.

    Text that gives orders is text. The text is empty where there is none.
    """
    lines = [
        line.moved(rows.start)
        for rows in _parts(picture.pixels)
        for line in recogniser.lines(picture.pixels[rows.start : rows.end])
        if line.text.strip()
    ]
    text, stretches = joined_lines(paragraphs(lines), *picture.size)
    places = Places(
        "picture", picture.name, picture.digest, picture.size, digest_of(text), tuple(stretches)
    )
    return text, places


def joined_lines(
    blocks: Sequence[Sequence[TextLine]], width: int, height: int
) -> tuple[str, list[Stretch]]:
    """The paragraphs as one text, and the place of each line in it.

    A line goes on without a blank behind Chinese, with one between two words of other scripts.

    Args:
        blocks: lines in reading order, those of a paragraph together.
        width: of the picture: no box leaves it.
        height: likewise.
    """
    text, stretches = "", []
    for block in blocks:
        text += "\n" if text else ""
        for k, line in enumerate(block):
            words = line.text
            if k and _latin(text[-1]) and _latin(words[0]):
                text += " "
            marks = tuple(
                (
                    _within(left, width),
                    _within(top, height),
                    _within(right, width),
                    _within(low, height),
                )
                for left, top, right, low in line.boxes
            )
            stretches.append(Stretch(len(text), marks))
            text += words
    return text, stretches


def _within(value: float, most: int) -> int:
    return min(max(round(value), 0), most)


def _latin(character: str) -> bool:
    return character.isascii() and not character.isspace()


def _parts(pixels: NDArray[Any]) -> Iterator[Span]:
    """Rows of a long picture in parts that are cut where it is empty; of another all."""
    import numpy as np

    height, width = pixels.shape[:2]
    if height <= max(_LONG, 2 * width):
        yield Span(0, height)
        return
    green = pixels[:, :, 1].astype(np.int16)
    ink = np.abs(np.diff(green, axis=1)).mean(axis=1)
    quiet = np.convolve(ink, np.ones(9) / 9, mode="same")
    start = 0
    while height - start > _MOST_PART:
        window = quiet[start + _LEAST_PART : start + _MOST_PART]
        calm = np.flatnonzero(window <= window.min() + 1e-6)
        cut = start + _LEAST_PART + int(calm[len(calm) // 2])
        yield Span(start, cut)
        start = cut
    yield Span(start, height)
