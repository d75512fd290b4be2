"""A subcommand that prints an emoji."""

from __future__ import annotations

import typer


def emoji() -> None:
    """Print."""
    typer.echo("好😀")
