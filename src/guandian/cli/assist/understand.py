"""`guandian assist understand`: what a message wants, how urgent it is, and what it tells."""

from __future__ import annotations

import json
from itertools import chain, islice
from pathlib import Path
from typing import Annotated

import typer

from guandian.cli.assist.given_messages import PipedColumns, PipedFormat, given_messages

_TOGETHER = 32
"""Messages that are read at once: what is piped in may have no end."""


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
    format: PipedFormat = None,
    columns: PipedColumns = None,
    json_lines: Annotated[bool, typer.Option("--json", help="Print JSON Lines.")] = False,
) -> None:
    """Tell what messages want, with opinions, urgency and details."""
    from guandian.assist.understanding import Understander
    from guandian.cli.tables.assist_tables import show_understanding
    from guandian.pipelines.miners import open_miner

    given = given_messages(messages, format, columns)
    understander = Understander.open(model, miner=open_miner(bundle))
    together = iter(lambda: list(islice(given, _TOGETHER)), [])
    for understanding in chain.from_iterable(map(understander.understand_many, together)):
        if json_lines:
            typer.echo(json.dumps(understanding.as_json(), ensure_ascii=False))
        else:
            show_understanding(understanding)
