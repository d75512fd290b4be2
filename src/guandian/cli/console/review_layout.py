"""How a file of reviews is laid out, asked in one way by all commands that read one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from guandian.wording import explained, say

if TYPE_CHECKING:
    from rich.console import Console

    from guandian.files import Layout

Format = Literal["csv", "tsv", "json", "jsonl", "lines", "excel", "parquet"]
FormatOption = Annotated[Format | None, typer.Option(help="Of the input, if its ending misleads.")]
Encoding = Annotated[str | None, typer.Option(help="Of the input, where it is not found out.")]
Delimiter = Annotated[str | None, typer.Option(help="Of a CSV input, where it is not found out.")]
Header = Annotated[bool, typer.Option(help="Whether the first row names the columns.")]
HeaderRow = Annotated[
    str | None, typer.Option(help="The row that names the columns, or two such as 2-3.")
]
Sheet = Annotated[
    list[str] | None, typer.Option(help="Of an Excel input; by default all that are not hidden.")
]
LAYOUT = ("format", "encoding", "delimiter", "header", "header_row", "sheet")
"""The names of these options' parameters."""


def layout_of(
    format: Format | None,
    encoding: str | None,
    delimiter: str | None,
    header: bool,
    header_row: str | None,
    sheet: list[str] | None,
) -> Layout:
    """The layout that the options ask for.

    Raises:
        GuandianError: a row that cannot name columns.
    """
    from guandian.files import Layout, header_rows

    rows = header_rows(header_row) if header_row is not None else None
    return Layout(format, encoding, delimiter, header, tuple(sheet or ()), header_rows=rows)


def tell_notes(notes: Iterable[str], console: Console | None = None) -> None:
    """Say on standard error what the owner of what was read must know."""
    from rich.console import Console
    from rich.text import Text

    from guandian.report.mined.single_review import shown

    console = console or Console(stderr=True, highlight=False)
    for note in notes:
        words = shown(f"{say('note')}: {explained(note)}")
        console.print(Text(words, style="yellow"), soft_wrap=True)
