"""Write docs/cli.md from the commands' own help; a test holds that the page is equal to it."""

from __future__ import annotations

import os
from pathlib import Path

import typer
from typer.testing import CliRunner

from guandian.cli.main import COMMANDS, app, load

PAGE = Path(__file__).resolve().parent.parent / "docs" / "cli.md"
HEAD = """# Command line

Every command also prints its text with `--help` or `-h`. This page is written by `make docs`.
"""


def reference() -> str:
    """The page: the help of `guandian` and of each of its commands."""
    calls: list[tuple[str, ...]] = [()]
    for name, row in COMMANDS.items():
        calls.append((name,))
        calls += [(name, inner) for inner in sorted(getattr(load(name, row), "commands", ()))]
    parts = (f"## {_title(call)}\n\n```text\n{_help(call)}\n```\n" for call in calls)
    return "\n".join([HEAD, *parts])


def _title(call: tuple[str, ...]) -> str:
    return " ".join(("guandian", *call))


def _help(call: tuple[str, ...]) -> str:
    done = CliRunner().invoke(app, [*call, "--help"], prog_name="guandian", env={"COLUMNS": "100"})
    if done.exit_code:
        raise typer.Exit(done.exit_code) from done.exception
    return done.output.rstrip()


if __name__ == "__main__":
    os.environ["COLUMNS"] = "100"
    PAGE.write_text(reference(), "utf-8")
