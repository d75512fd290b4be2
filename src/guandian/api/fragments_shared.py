"""What the displays share."""

from __future__ import annotations

from io import StringIO

from rich.console import Console, RenderableType

_WIDTH = 100


def plain(*shown: RenderableType) -> str:
    """What a terminal would show, as text without colours, for `repr`."""
    console = Console(
        file=StringIO(), width=_WIDTH, color_system=None, force_jupyter=False, highlight=False
    )
    console.print(*shown, sep="\n")
    assert isinstance(console.file, StringIO)
    return console.file.getvalue().rstrip()
