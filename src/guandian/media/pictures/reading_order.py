"""The order in which a person reads the lines of a picture, and which of them are one paragraph.

Lines run from top to bottom, columns of upright Chinese from right to left. A line that goes on in
the next, as in a bubble of a chat, is joined to it, so that no word is cut.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from guandian.media.pictures.text_recogniser import TextLine

_UPRIGHT = 1.5
"""Height of a column by its width, at least."""
_GAP = 0.9
"""Between two lines of a paragraph, of their height, at most."""
_ALIKE = 1.6
"""Heights of two lines of a paragraph, one by the other, at most."""


@dataclass(frozen=True, slots=True)
class _Placed:
    """A line with its frame once the lean of the picture is taken away."""

    line: TextLine
    left: float
    top: float
    right: float
    low: float

    @property
    def height(self) -> float:
        return self.low - self.top

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def upright(self) -> bool:
        return self.height > _UPRIGHT * self.width and len(self.line.text) > 1


_ENDS = "。！？!?；;…"
_Follows = Callable[[Sequence[_Placed], _Placed], bool]


def paragraphs(lines: Sequence[TextLine]) -> list[list[TextLine]]:
    """The lines in reading order, those of one paragraph together."""
    lean = _lean(lines)
    placed = [_straight(line, lean) for line in lines]
    columns = [frame for frame in placed if frame.upright]
    rows = [frame for frame in placed if not frame.upright]
    blocks = [*_chains(sorted(rows, key=lambda frame: (frame.top, frame.left)), _follows_below),
              *_chains(sorted(columns, key=lambda frame: -frame.right), _follows_left)]  # fmt: skip
    return [[frame.line for frame in block] for block in _ordered(blocks)]


def _lean(lines: Sequence[TextLine]) -> float:
    """The angle of the picture's lines, in radians; columns have no say."""
    angles = [
        math.atan2(second[1] - first[1], second[0] - first[0])
        for line in lines
        for first, second in [line.corners[:2]]
        if second[0] - first[0] > abs(second[1] - first[1])
    ]
    return median(angles) if angles else 0.0


def _straight(line: TextLine, lean: float) -> _Placed:
    sine, cosine = math.sin(-lean), math.cos(-lean)
    xs = [x * cosine - y * sine for x, y in line.corners]
    ys = [x * sine + y * cosine for x, y in line.corners]
    return _Placed(line, min(xs), min(ys), max(xs), max(ys))


def _chains(frames: Sequence[_Placed], follows: _Follows) -> list[list[_Placed]]:
    blocks: list[list[_Placed]] = []
    for frame in frames:
        block = next((b for b in reversed(blocks) if follows(b, frame)), None)
        if block is None:
            blocks.append([frame])
        else:
            block.append(frame)
    return blocks


def _follows_below(block: Sequence[_Placed], frame: _Placed) -> bool:
    """Tell whether a line goes on in the next: open, close, of one size, on one edge, full."""
    last = block[-1]
    size = min(last.height, frame.height)
    return (
        last.line.text[-1] not in _ENDS
        and -0.5 * size < frame.top - last.low < _GAP * size
        and max(last.height, frame.height) < _ALIKE * size
        and abs(frame.left - last.left) < 1.5 * size
        and last.right > max(frame.right, *(other.right for other in block)) - 2.5 * size
    )


def _follows_left(block: Sequence[_Placed], frame: _Placed) -> bool:
    """Tell whether a column goes on to the left of another."""
    last = block[-1]
    size = min(last.width, frame.width)
    return (
        -0.5 * size < last.left - frame.right < 1.5 * size
        and max(last.width, frame.width) < _ALIKE * size
        and abs(frame.top - last.top) < 1.5 * size
    )


def _ordered(blocks: list[list[_Placed]]) -> list[list[_Placed]]:
    """Blocks from top to bottom; side by side rows from the left, columns from the right."""
    waiting = sorted(blocks, key=lambda block: min(frame.top for frame in block))
    ordered: list[list[_Placed]] = []
    while waiting:
        first = waiting[0][0]
        middle = (first.top + min(first.low, first.top + first.width)) / 2
        row = [block for block in waiting if block[0].top <= middle <= block[0].low]
        row = row or [waiting[0]]
        upright = sum(block[0].upright for block in row) * 2 > len(row)
        row.sort(key=lambda block: -block[0].right if upright else block[0].left)
        ordered += row
        waiting = [block for block in waiting if not any(block is other for other in row)]
    return ordered
