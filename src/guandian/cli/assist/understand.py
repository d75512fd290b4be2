"""`guandian assist understand`: what a message wants, how urgent it is, and what it tells."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from guandian.errors import GuandianError


def understand(
    messages: Annotated[
        list[str] | None, typer.Argument(help="Messages; without one they are read from input.")
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="What `guandian assist train --intents` wrote."),
    ] = None,
    bundle: Annotated[
        Path | None, typer.Option(help="The bundle that mines opinions; the shipped one otherwise.")
    ] = None,
    json_lines: Annotated[bool, typer.Option("--json", help="Print JSON Lines.")] = False,
) -> None:
    """Tell what messages want, with opinions, urgency and details."""
    from guandian.assist.understanding import Understander
    from guandian.cli.tables.assist_tables import show_understanding
    from guandian.pipelines.miners import open_miner

    given = list(messages) if messages else [line.rstrip("\r\n") for line in sys.stdin]
    if not given:
        raise GuandianError("no message was given", "write one behind the command, or pipe lines")
    understander = Understander.open(model, miner=open_miner(bundle))
    for understanding in understander.understand_many(given):
        if json_lines:
            typer.echo(json.dumps(understanding.as_json(), ensure_ascii=False))
        else:
            show_understanding(understanding)
