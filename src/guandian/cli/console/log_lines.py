"""Progress as a line now and then: what a log file gets in place of a bar."""

from __future__ import annotations

from datetime import timedelta
from time import monotonic

from rich.console import Console
from rich.text import Text

from guandian.report.mined.terminal import rate
from guandian.wording import counted, say

EVERY = 15.0
"""Seconds between two lines."""


class LogLines:
    """Tells how many reviews are done, how quickly, and how long the others will take.

    Args:
        console: where to tell it, if that is no terminal.
        quiet: tell nothing.
    """

    def __init__(self, console: Console, *, quiet: bool = False) -> None:
        self.total: int | None = None
        self.done = 0
        self._console, self._quiet = console, quiet or console.is_terminal
        self._start: float | None = None
        self._last_line = monotonic()
        self._before = 0

    def advance(self, reviews: int, *, earlier: bool = False) -> None:
        """So many more are done; `earlier`: by another process, whose pace says nothing."""
        time = monotonic()
        self._start = time if self._start is None or earlier else self._start
        self.done += reviews
        self._before += reviews * earlier
        if not self._quiet and time - self._last_line >= EVERY:
            self._last_line = time
            self._console.print(Text(self._line(time - self._start)), soft_wrap=True)

    def _line(self, seconds: float) -> str:
        of = f"{self.done:,}/" if self.total is not None else ""
        number = self.done if self.total is None else self.total
        parts = [of + counted(number, "reviews")]
        fresh = self.done - self._before
        if fresh and seconds > 0:
            pace = fresh / seconds
            parts.append(f"{rate(pace)} {say('reviews/s')}")
            if self.total is not None and self.total > self.done:
                left = timedelta(seconds=round((self.total - self.done) / pace))
                parts.append(f"{say('left')} {left}")
        return " · ".join(parts)
