"""A command line run in this process: a process of its own takes a second to start."""

from __future__ import annotations

import io
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout

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
