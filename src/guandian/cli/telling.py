"""What a command remarks while it works."""

from __future__ import annotations

import typer


def tell(words: str) -> None:
    """Say it on standard error."""
    typer.echo(f"guandian: {words}", err=True)
