"""`guandian data convert`: labelled reviews to and from label tools."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.text import Text

from guandian.errors import BadRow, GuandianError
from guandian.io.atomic import write_whole
from guandian.io.output_guard import keep_files_apart, refuse_outputs
from guandian.labelling import TOOLS, Notes, one_each, read_items, tool_of, write_items
from guandian.labelling.label_studio_config import labelling_config
from guandian.wording import counted, explained, say

TextField = Annotated[
    str, typer.Option(help="For Label Studio: the field of the data that holds the review.")
]
Offsets = Annotated[
    Literal["utf-16", "code-points"], typer.Option(help="For doccano: what offsets count.")
]
_SHOWN = 10
_NAMES = ", ".join(TOOLS)
_WRITTEN = ", ".join(name for name, tool in TOOLS.items() if tool.write)


def convert(
    file: Annotated[Path, typer.Argument(help="Labelled reviews, an export, or mined reviews.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The file to write.")],
    to: Annotated[str, typer.Option(metavar="TOOL", help=f"One of: {_WRITTEN}.")] = "guandian",
    from_: Annotated[
        str | None,
        typer.Option("--from", metavar="TOOL", help="By default what the name and content tell."),
    ] = None,
    annotator: Annotated[
        str, typer.Option(help="Whose labels to take where several labelled a review.")
    ] = "",
    text_field: TextField = "",
    offsets: Offsets = "utf-16",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an output that exists.")
    ] = False,
) -> None:
    """Convert labelled reviews to and from label tools."""
    config = out.with_suffix(".xml") if to == "label-studio" else None
    if out == config:
        raise GuandianError(
            f"{out} is where the labelling configuration goes", "give a name such as tasks.json"
        )
    keep_files_apart([out, config], [file])
    tool = from_ or tool_of(file)
    notes, bad = Notes(), list[BadRow]()
    labelled = read_items(
        file, tool, notes, on_error=bad.append, text_field=text_field, units=offsets
    )
    items = one_each(labelled, notes, annotator)
    screen = Console(stderr=True, highlight=False)
    if not items:
        name_losses(screen, notes, bad)
        raise GuandianError(
            f"{file} holds no labelled review (read as {tool})",
            f"repair the rows above, or say --from, one of: {_NAMES}"
            if bad
            else f"say --from, one of: {_NAMES}",
        )
    refuse_outputs([out, config], overwrite=overwrite)
    written = write_items(items, to, notes, units=offsets)
    if not written:
        name_losses(screen, notes, bad)
        raise GuandianError(f"{to} can hold nothing of {file}", "choose another tool with --to")
    setup = labelling_config([item.record for item in items]) if config else b""
    write_whole(out, written, overwrite=overwrite)
    if config is not None:
        write_whole(config, setup, overwrite=overwrite)
    name_losses(screen, notes, bad)
    screen.print(Text(f"{counted(len(items), 'reviews')}, {tool} → {to}: {out}"), soft_wrap=True)
    if config is not None:
        screen.print(
            Text(say("paste into") + f" Settings, Labeling Interface, Code: {config}"),
            soft_wrap=True,
        )


def name_losses(screen: Console, notes: Notes, bad: Sequence[BadRow]) -> None:
    """Name bad rows and what was lost."""
    for row in bad[:_SHOWN]:
        screen.print(
            Text(f"{say('left out', sense='of labels')}: {explained(str(row))}"), soft_wrap=True
        )
    if len(bad) > _SHOWN:
        more = say("more bad rows")
        screen.print(Text(f"{say('left out', sense='of labels')}: {len(bad) - _SHOWN:,} {more}"))
    for line in notes.lines():
        screen.print(Text(f"{say('note')}: {line}"), soft_wrap=True)
