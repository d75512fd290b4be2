"""Being ended: by Ctrl-C, or by the system, with the exit code that tells which signal it was.

A command that was interrupted tidies up and tells in one line what is kept. Once it does
(`settle`), Ctrl-C pressed again waits for that line and then ends the process at once.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
from contextlib import suppress
from types import FrameType
from typing import NoReturn

from guandian.io.keyboard import interrupt_once

_STOPS = ("SIGTERM", "SIGHUP")  # the latter, of a terminal that is closed, is unknown to Windows
_INTERRUPTED = 128 + signal.SIGINT
_taken: list[int] = []


class _Ending:
    """The state of this process's end.

    Attributes:
        own: the process is the command's own, and may be left at once.
        line_printed: the line of what is kept stands on standard error.
        pressed: Ctrl-C was pressed again before.
    """

    own = line_printed = pressed = False


def own_process() -> None:
    """Say that the process is the command's: not a test's, nor a program's that called it."""
    _Ending.own = True
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else it may be ignored
        signal.signal(signal.SIGINT, interrupt_once)
    # Python gives its handlers up while it ends, and would die of the signal then.
    atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)


def settle() -> None:
    """From here on Ctrl-C waits for the line of what is kept."""
    if _Ending.own:
        signal.signal(signal.SIGINT, _leave)


def settled() -> None:
    """Say that the line is told: where Ctrl-C was pressed again, the process ends here."""
    _Ending.line_printed = True
    if _Ending.pressed:
        _leave(signal.SIGINT, None)


def _leave(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
    _Ending.pressed = True
    if _Ending.line_printed:
        _leave_now(status(_INTERRUPTED))


def leave(code: int) -> NoReturn:
    """End the process with its exit code.

    Where Ctrl-C came again before a thread had ended, that thread is not waited for, nor may it go
    on while Python is taken down: a network that runs then ends in an abort.
    """
    others = {*threading.enumerate()} - {threading.main_thread()}
    if _Ending.own and _Ending.line_printed and any(not other.daemon for other in others):
        _leave_now(code)
    sys.exit(code)


def _leave_now(code: int) -> NoReturn:
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, RuntimeError):  # the last: within a flush
            stream.flush()
    os._exit(code)


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
