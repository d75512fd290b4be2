"""Remarks of a command while it works."""

from __future__ import annotations

import typer

from guandian.wording import told


def tell(words: str) -> None:
    """Say it on standard error, in the language that is wanted."""
    for line in told(words):
        typer.echo(f"guandian: {line}", err=True)
