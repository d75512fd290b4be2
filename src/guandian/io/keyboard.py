"""Ctrl-C as one interrupt, though impatient fingers press it twice."""

from __future__ import annotations

import signal
import time
from types import FrameType

_AT_ONCE = 0.5
"""Seconds in which pressing it again is the same wish: what the first cut short tidies up then."""
_raised: list[float] = []


def interrupt_once(number: int, frame: FrameType | None) -> None:
    """Raise KeyboardInterrupt, as Python's own handler does, and not again right after.

    A second one might fall between two lines of what the first was caught by, and nobody would
    tidy up.

    Raises:
        KeyboardInterrupt: it is the first for a while.
    """
    instant = time.monotonic()
    if not _raised or instant - _raised[-1] > _AT_ONCE:
        _raised[:] = [instant]
        signal.default_int_handler(number, frame)


INTERRUPTING = (signal.default_int_handler, interrupt_once)
"""The handlers of Ctrl-C that do nothing but interrupt: another's is left alone."""
