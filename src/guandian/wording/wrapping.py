"""Lines for a terminal of any width: what belongs together, as a number and its unit, stays so."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rich.console import Console, ConsoleOptions, RenderableType
from rich.measure import Measurement
from rich.text import Text

_BETWEEN = " ·"
# A word with the numbers, signs and units that stand behind it: `right 50.0`, `8.6 %`, `n = 3`.
_TOGETHER = re.compile(r"\S+(?:\s+(?:%\S*|[≤≥=±…](?=\s)|[-−+(]*\d[\d.,:–-]*\S*))*\s*")


def sentence(words: str, style: str = "") -> Whole:
    """A line of words in which a number stays with its unit and with the word before it."""
    return Whole(*(Text(piece, style) for piece in _TOGETHER.findall(words)))


class Whole:
    """Pieces of a line; each begins another line where it does not fit, and none is broken.

    Args:
        pieces: with the marks between them, which are left out where a line begins or ends.
        indent: cells before each line but the first.
    """

    def __init__(self, *pieces: Text | str, indent: int = 0) -> None:
        self.pieces = [Text(piece) if isinstance(piece, str) else piece for piece in pieces]
        self.indent = indent

    @property
    def plain(self) -> str:
        """All in one line."""
        return "".join(piece.plain for piece in self.pieces)

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> Iterator[RenderableType]:
        lines = [Text()]
        for piece in self._parts(options.max_width):
            end = lines[-1].cell_len + len_of(piece.plain.rstrip(_BETWEEN))
            if lines[-1].plain.strip() and end > options.max_width:
                lines.append(Text(" " * self.indent))
                lead = len(piece.plain) - len(piece.plain.lstrip(_BETWEEN))
                lines[-1].append_text(piece.divide([lead])[-1] if lead else piece)
            else:
                lines[-1].append_text(piece)
        for line in lines:
            if marks := len(line.plain) - len(line.plain.rstrip(_BETWEEN)):
                line.right_crop(marks)
            yield line

    def _parts(self, width: int) -> Iterator[Text]:
        """The pieces, those that are longer than a line word by word."""
        for piece in self.pieces:
            if len_of(piece.plain.strip(_BETWEEN)) <= width - self.indent:
                yield piece
            else:
                ends = [blank.end() for blank in re.finditer(r"\s+", piece.plain)]
                yield from piece.divide(ends)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        widest = max((len_of(piece.plain.strip(_BETWEEN)) for piece in self.pieces), default=0)
        return Measurement(self.indent + widest, len_of(self.plain))


def len_of(text: str) -> int:
    """The cells of a text."""
    return Text(text).cell_len
