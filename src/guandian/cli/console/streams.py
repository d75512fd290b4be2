"""Standard streams that are closed, or that nobody reads any more.

What a command tells must not cost what it does: where the other end of a pipe has gone, telling is
skipped and the work goes on to the files that were asked for. A command whose only result is what
it prints stops instead (`printing`).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import EIO, EPIPE
from io import BufferedWriter, FileIO, TextIOWrapper
from stat import S_ISCHR
from typing import IO, TYPE_CHECKING, cast

import typer

from guandian.cli.console.signals import settle
from guandian.errors import GuandianError
from guandian.wording import say

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


STREAMS = ("standard input", "standard output", "standard error")


class Forgiving(FileIO):
    """A stream that takes what nobody can read any more, unless `strict` is set.

    Standard error takes all: of a full disk behind it nobody can be told.
    """

    strict = False

    def write(self, content: ReadableBuffer, /) -> int:
        """Write, or drop it where the pipe or the terminal behind it is gone."""
        try:
            return super().write(content)
        except OSError as error:
            gone = error.errno == EPIPE or (
                error.errno == EIO and S_ISCHR(os.fstat(self.fileno()).st_mode)
            )
            if self.strict or not (gone or self.fileno() == 2):
                raise OSError(error.errno, error.strerror, STREAMS[self.fileno()]) from error
            return memoryview(content).nbytes


def prepare_streams() -> None:
    """Make the standard streams such that no command needs to think of them."""
    if isinstance(sys.stdout, TextIOWrapper):  # an emoji on a terminal that has none is told
        sys.stdout.reconfigure(errors="backslashreplace")
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if (stream := getattr(sys, name)) is None:
            # Else the next file that is opened takes the number, and is written into by others.
            null = os.open(os.devnull, os.O_RDWR)
            if number:
                setattr(sys, name, TextIOWrapper(FileIO(null, "w"), "utf-8", "backslashreplace"))
        elif number and type(stream) is TextIOWrapper:  # not what a test or an embedder put there
            stream.flush()
            setattr(sys, name, _forgiving(stream))


def _forgiving(stream: TextIOWrapper) -> TextIOWrapper:
    if type(_raw(stream)) is not FileIO:  # the console of Windows
        return stream
    own = Forgiving(stream.fileno(), "w", closefd=False)
    return TextIOWrapper(
        own if stream.buffer is _raw(stream) else BufferedWriter(own),  # the former is python -u
        stream.encoding,
        stream.errors,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def _raw(stream: IO[str]) -> object:
    buffer = getattr(stream, "buffer", None)
    return getattr(buffer, "raw", buffer)


def finish_streams() -> None:
    """Write out what is still held.

    Raises:
        OSError: the disk behind it is full; nothing is held any more then.
    """
    try:
        sys.stdout.flush()
    except OSError:
        _forget()
        raise


@contextmanager
def printing() -> Iterator[None]:
    """While what a command prints is its result: it ends when nobody reads it any more.

    Raises:
        GuandianError: standard output is closed.
        typer.Exit: with 0, where the reader has seen enough; with 130 by Ctrl-C, which is told.
    """
    if sys.__stdout__ is None:
        raise GuandianError(
            "standard output is closed, and this command writes its result there",
            "open it, for example with > FILE",
        )
    raw = _raw(sys.stdout)
    if isinstance(raw, Forgiving):
        raw.strict = True
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        _forget()
        raise typer.Exit(0) from None
    except KeyboardInterrupt:
        settle()
        from rich.console import Console

        from guandian.cli.console.resuming import tell_resume

        words = say("what was printed stands")
        tell_resume(Console(stderr=True, highlight=False), words, again=None)
        raise typer.Exit(130) from None
    finally:
        if isinstance(raw, Forgiving):
            raw.strict = False


def _forget() -> None:
    """Send what is still held of standard output nowhere."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), cast(IO[str], sys.stdout).fileno())
