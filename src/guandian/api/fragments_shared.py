"""Text that the displays share."""

from __future__ import annotations

from io import StringIO

from rich.console import Console, RenderableType

_WIDTH = 100


def plain(*shown: RenderableType) -> str:
    """Render as a terminal would, as text without colours, for `repr`."""
    console = Console(
        file=StringIO(), width=_WIDTH, color_system=None, force_jupyter=False, highlight=False
    )
    console.print(*shown, sep="\n")
    assert isinstance(console.file, StringIO)
    return console.file.getvalue().rstrip()
