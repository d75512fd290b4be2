"""Write docs/cli.md and docs/zh/cli.md from the commands' own help; a test compares them."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import typer
from typer.testing import CliRunner

from guandian.cli.main import COMMANDS, app, load_command
from guandian.wording import VARIABLE

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGES: dict[Literal["en", "zh"], Path] = {"en": DOCS / "cli.md", "zh": DOCS / "zh" / "cli.md"}
HEADS = {
    "en": """# Command line

[中文](zh/cli.md)

Every command also prints its text with `--help` or `-h`. This page is written by `make docs`.
""",
    "zh": """# 命令行

[English](../cli.md)

每个命令用 `--help` 或 `-h` 也会打印这些内容，加 `--language zh` 为中文。本页由 `make docs` 写成。
""",
}


def reference(language: Literal["en", "zh"]) -> str:
    """The page: the help of `guandian` and of each of its commands."""
    calls: list[tuple[str, ...]] = [()]
    for name, row in COMMANDS.items():
        calls.append((name,))
        calls += [
            (name, inner) for inner in sorted(getattr(load_command(name, row), "commands", ()))
        ]
    parts = (f"## {_title(call)}\n\n```text\n{_help(call, language)}\n```\n" for call in calls)
    return "\n".join([HEADS[language], *parts])


def _title(call: tuple[str, ...]) -> str:
    return " ".join(("guandian", *call))


def _help(call: tuple[str, ...], language: str) -> str:
    env = {"COLUMNS": "80", VARIABLE: language}
    done = CliRunner().invoke(app, [*call, "--help"], prog_name="guandian", env=env)
    if done.exit_code:
        raise typer.Exit(done.exit_code) from done.exception
    return done.output.rstrip()


if __name__ == "__main__":
    for wanted, page in PAGES.items():
        page.write_text(reference(wanted), "utf-8")
