"""The progress of a command that lets a model read texts of its own making."""

from __future__ import annotations

from typing import Self

from rich.console import Console

from guandian.cli.console.log_lines import LogLines
from guandian.cli.console.mining_progress import reviews_bar


class ReadingProgress:
    """A bar, or a line now and then where there is no terminal.

    Args:
        console: where to show.
    """

    def __init__(self, console: Console) -> None:
        self._bar = reviews_bar(console)
        self._task = self._bar.add_task("", total=None)
        self._lines = LogLines(console)

    def read(self, texts: int, total: int) -> None:
        """So many more of all texts are read."""
        self._bar.update(self._task, advance=texts, total=total)
        self._lines.total = total
        self._lines.advance(texts)

    def __enter__(self) -> Self:
        """Show it."""
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take it away."""
        self._bar.stop()
