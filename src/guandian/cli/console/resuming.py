"""The line of a command that was stopped: what is kept, and how to go on."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.text import Text

from guandian.cli.console.signals import settle, settled
from guandian.wording import Name, term

INTERRUPTED = term("interrupted")
_NOTHING = term("nothing is kept")


def tell_resume(
    console: Console,
    remainder: str | None,
    stop: Name = INTERRUPTED,
    *,
    again: str | None = "--resume",
) -> None:
    """Tell where a command was stopped, what is kept, and the command line that goes on.

    Args:
        console: to tell it on.
        remainder: what there is, in words of the command; None is nothing.
        stop: where it was stopped.
        again: the option by which the command goes on from what is kept, or replaces it; None where
            it begins again beside it.
    """
    settle()
    given = [part for part in sys.argv[1:] if part != "--resume"]
    how = term("begin again with")
    if remainder is not None and again is not None:
        given = [*(part for part in given if part != "--overwrite"), again]
    if remainder is not None and again == "--resume":
        how = term("go on with")
    if "WORLD_SIZE" in os.environ:
        how = term("by the same launcher {en}", en=how.en, zh=how.zh)
    what = str(_NOTHING) if remainder is None else remainder
    line = f"{stop}; {what}; {how}: {shlex.join(['guandian', *given])}"
    console.print(Text(line), soft_wrap=True)
    settled()


@contextmanager
def staying(words: str) -> Iterator[None]:
    """Let a command that is stopped within tell what stays, and end with the status of that.

    Args:
        words: what stays, such as `the files told above are loaded`.

    Raises:
        typer.Exit: it was stopped.
    """
    try:
        yield
    except KeyboardInterrupt:
        tell_resume(Console(stderr=True, highlight=False), words, again=None)
        raise typer.Exit(130) from None
