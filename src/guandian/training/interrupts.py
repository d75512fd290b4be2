"""Ctrl-C while a model learns: the step is finished and kept, so that nothing is lost."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from guandian.io.keyboard import INTERRUPTING


class Interrupt:
    """Tell whether Ctrl-C was pressed.

    Attributes:
        pressed: it was, and the step that it fell into goes on to its end.
    """

    pressed = False


@contextmanager
def held(tell: Callable[[], None]) -> Iterator[Interrupt]:
    """Until this ends, Ctrl-C is noted; pressed a second time it interrupts at once.

    Where signals are none of this thread's business, or somebody else handles Ctrl-C, nothing
    changes.

    Args:
        tell: called when it is pressed the first time.
    """
    interrupt = Interrupt()
    ours = threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGINT)
    if not ours or not callable(handler) or handler not in INTERRUPTING:
        yield interrupt
        return

    def note(number: int, frame: FrameType | None) -> None:
        if interrupt.pressed:
            handler(number, frame)
        interrupt.pressed = True
        tell()

    signal.signal(signal.SIGINT, note)
    try:
        yield interrupt
    finally:
        signal.signal(signal.SIGINT, handler)
    if interrupt.pressed:  # where there was no step left that could have ended
        handler(signal.SIGINT, None)
