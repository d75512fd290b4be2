"""What a command that was stopped tells: what is kept, and the command that goes on."""

from __future__ import annotations

import os
import shlex
import sys

from rich.console import Console
from rich.text import Text

from guandian.wording import say


def tell_resume(console: Console, kept: str, *, anew: bool = False) -> None:
    """Tell `kept`, in words of the command, and the same command line with `--resume`.

    Args:
        console: to tell it on.
        kept: what there is to go on from.
        anew: there is nothing, so that the command begins again.
    """
    given = [part for part in sys.argv[1:] if part not in ("--overwrite", "--resume")]
    again = shlex.join(["guandian", *given, "--resume"])
    how = say("重新开始", "begin again with") if anew else say("继续", "go on with")
    if "WORLD_SIZE" in os.environ:
        how = say("继续，用同一启动器", "go on, by the same launcher")
    for line in (kept, f"{how}: {again}"):
        console.print(Text(line), soft_wrap=True)
