"""What a command that was stopped tells: what is kept, and the command that goes on."""

from __future__ import annotations

import os
import shlex
import sys

from rich.console import Console
from rich.text import Text

from guandian.wording import say


def tell_resume(console: Console, kept: str) -> None:
    """Tell `kept`, in words of the command, and the same command line with `--resume`."""
    given = [part for part in sys.argv[1:] if part not in ("--overwrite", "--resume")]
    again = shlex.join(["guandian", *given, "--resume"])
    how = (
        say("继续，用同一启动器", "go on, by the same launcher")
        if "WORLD_SIZE" in os.environ
        else say("继续", "go on with")
    )
    for line in (kept, f"{how}: {again}"):
        console.print(Text(line), soft_wrap=True)
