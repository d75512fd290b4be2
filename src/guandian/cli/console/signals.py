"""Being ended by the system: as by Ctrl-C, with the exit code that tells which signal it was."""

from __future__ import annotations

import os
import signal
from types import FrameType

_STOPS = ("SIGTERM", "SIGHUP")  # the latter, of a terminal that is closed, is unknown to Windows
_INTERRUPTED = 128 + signal.SIGINT
_taken: list[int] = []


def listen() -> None:
    """Let what ends a process interrupt it, so that it tells what is kept.

    A signal that is ignored, as under `nohup`, stays so. One of several processes that train
    together is left to its launcher: it may wait for the others where no signal is heard.
    """
    _taken.clear()
    if "WORLD_SIZE" in os.environ:
        return
    for name in _STOPS:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _interrupt)


def status(code: int) -> int:
    """The exit code: of an interrupted command 128 and the number of the signal."""
    return 128 + _taken[0] if _taken and code == _INTERRUPTED else code


def _interrupt(number: int, frame: FrameType | None) -> None:
    _taken.append(number)
    pressed = signal.getsignal(signal.SIGINT)  # a training finishes its step first
    if not callable(pressed):
        raise KeyboardInterrupt
    pressed(signal.SIGINT, frame)
