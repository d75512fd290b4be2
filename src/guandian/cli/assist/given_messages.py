"""What people write to a shop, as it was typed behind a command or is piped into it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from guandian.cli.console.review_layout import Format, tell_notes
from guandian.errors import GuandianError

PipedFormat = Annotated[
    Format | None, typer.Option("--format", help="Of what is piped in, where it misleads.")
]
PipedColumns = Annotated[
    list[str] | None,
    typer.Option(
        "--columns",
        metavar="text=COLUMN",
        help="Name or number of the column of the messages that are piped in.",
    ),
]


def given_messages(
    typed: Sequence[str] | None,
    format: Format | None,
    columns: list[str] | None,
) -> Iterator[str]:
    """The messages; of what is piped in each as it comes, a line or a row of a table or of JSON.

    Raises:
        GuandianError: one is empty, or options of what is piped in stand beside typed ones.
    """
    if typed:
        if format or columns:
            raise GuandianError(
                "--format and --columns are of what is piped in",
                "leave them out, or pipe the messages",
            )
        if not all(message.strip() for message in typed):
            raise GuandianError("a message is empty", "write what somebody asks, or leave it out")
        yield from typed
        return
    from guandian.files import Layout, parse_columns, read_reviews

    choice = parse_columns(columns or (), roles=("text",))
    with read_reviews("-", choice, layout=Layout(format)) as reader:
        for message in reader:
            yield message.text
        tell_notes(reader.notes)
