"""Tables that fit a narrow terminal: no number is cut, whatever the width."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType
from rich.style import Style
from rich.styled import Styled
from rich.table import Column, Table
from rich.text import Text

from guandian.wording.wrapping import Whole

_FEWEST = 6
"""Cells of a terminal that a column of words keeps; the rest of it wraps or gives way."""


_INDENT = 2


class Fitted:
    """A table; where it is too wide, a few lines for each row, a heading and a cell in each.

    Args:
        table: cells to the right hold numbers, which stay whole.
    """

    def __init__(self, table: Table) -> None:
        self.table = table
        for column in table.columns:
            if column.justify == "right":
                column.no_wrap = True

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> Iterator[RenderableType]:
        if self._needed(console) <= options.max_width:
            yield self.table
            return
        title, caption = self.table.title, self.table.caption
        if title:
            yield _text(console, title)
        yield from self._rows(console)
        if caption:
            yield _text(console, caption)

    def _needed(self, console: Console) -> int:
        """The fewest cells of a terminal in which no number is cut."""
        columns = self.table.columns
        around = 0 if self.table.box is None else len(columns) - 1
        if self.table.box is not None and self.table.show_edge:
            around += 2
        _, right, _, left = self.table.padding
        around += len(columns) * (left + right) - (0 if self.table.pad_edge else left + right)
        return around + sum(_width(console, column) for column in columns)

    def _rows(self, console: Console) -> Iterator[RenderableType]:
        first, *names = (_flat(console, column.header).plain for column in self.table.columns)
        rows = zip(*(column.cells for column in self.table.columns), strict=True)
        for row, (head, *cells) in zip(self.table.rows, rows, strict=True):
            style = row.style or ""
            if (text := _flat(console, head)).plain:
                text.stylize("bold")
                yield _named(first, [text], 0, style)
            for name, cell in zip(names, cells, strict=True):
                if _flat(console, cell).plain.strip():
                    yield _named(name, _pieces(console, cell), _INDENT, style)


def _named(name: str, pieces: list[Text], indent: int, style: str | Style) -> RenderableType:
    """`name: value` in a line, or in several of which each begins with a whole piece."""
    before = Text(" " * indent).append(f"{name}: " if name else "", "dim")
    spaced = (Text.assemble(piece, " ") for piece in pieces)
    return Styled(Whole(before, *spaced, indent=indent + _INDENT), style)


def _pieces(console: Console, cell: RenderableType) -> list[Text]:
    """The parts of a cell that stay together: its pieces, or its lines."""
    return cell.pieces if isinstance(cell, Whole) else [*_text(console, cell).split("\n")]


def _width(console: Console, column: Column) -> int:
    texts = [text for cell in (column.header, *column.cells) for text in _pieces(console, cell)]
    widest = max(cell_len(line) for text in texts for line in text.plain.split("\n"))
    if column.max_width is not None:
        widest = min(widest, column.max_width)
    return widest if column.no_wrap else min(widest, _FEWEST)


def _text(console: Console, cell: RenderableType) -> Text:
    """The text of a cell: words that are no text already are read as the console reads them."""
    if isinstance(cell, Whole):
        return Text(cell.plain)
    return cell if isinstance(cell, Text) else console.render_str(str(cell))


def _flat(console: Console, cell: RenderableType) -> Text:
    return Text(" ").join(_text(console, cell).split("\n"))
