"""A command line run in this process: a process of its own takes a second to start."""

from __future__ import annotations

import io
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack, redirect_stderr, redirect_stdout

import pytest

from guandian.cli import main as cli
from guandian.wording import VARIABLE


def called(*args: object, language: str | None = None) -> subprocess.CompletedProcess[str]:
    """What `guandian` with these arguments returns and tells, as `subprocess.run` gives it."""
    line = ["guandian", *map(str, args)]
    # Streams of bytes below, as those of a process: results are written there.
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", newline="") for _ in range(2))
    code = 0
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setenv(VARIABLE, language or "")
        patch.setenv("COLUMNS", "100")
        patch.setattr(sys, "argv", line)
        try:
            cli.main()
        except SystemExit as left:
            code = int(left.code or 0)
    told = []
    for stream in (out, err):
        stream.flush()
        told.append(stream.buffer.getvalue().decode("utf-8"))
    return subprocess.CompletedProcess(line, code, *told)


def called_over(command: str, behind: Mapping[int, str]) -> tuple[int, str]:
    """What a command line returns, and tells on standard error, over files as a shell opens them.

    Args:
        command: the words behind `guandian`.
        behind: by the number of a standard stream, its file; what is there already stays there.
    """
    told = io.StringIO()
    with ExitStack() as ending, pytest.MonkeyPatch.context() as patch:
        if 2 not in behind:
            ending.enter_context(redirect_stderr(told))
        for number, path in behind.items():
            ending.callback(os.close, kept := os.dup(number))
            ending.callback(os.dup2, kept, number)
            file = os.open(path, os.O_WRONLY | os.O_APPEND if number else os.O_RDONLY)
            os.dup2(file, number)
            os.close(file)
            mode = "w" if number else "r"
            stream = open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115
            patch.setattr(sys, ("stdin", "stdout", "stderr")[number], stream)
        patch.setenv(VARIABLE, "")
        patch.setattr(sys, "argv", ["guandian", *shlex.split(command)])
        with pytest.raises(SystemExit) as left:
            cli.main()
    return int(left.value.code or 0), told.getvalue()
