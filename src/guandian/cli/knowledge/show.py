"""`guandian knowledge show`: what a catalogue holds, and the rows that could not be read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Catalogue = Annotated[
    Path, typer.Argument(metavar="CATALOGUE", help="A .csv, .tsv, .jsonl, or JSON-LD as .json.")
]
Name = Annotated[
    str | None, typer.Option("--name", help="Show what this name may mean, and what belongs to it.")
]
_SHOWN = 20


def show_catalogue(file: Catalogue, name: Name = None) -> None:
    """Show what a catalogue holds."""
    from rich.console import Console
    from rich.text import Text

    from guandian.cli.knowledge.catalogue_tables import candidate_table, count_table, tell_bad_rows
    from guandian.knowledge.linking.linker import Linker
    from guandian.knowledge.product_graph import KINDS
    from guandian.knowledge.reading.read_catalogue import read_catalogue
    from guandian.report.mined.single_review import shown
    from guandian.wording import counted, say

    catalogue = read_catalogue(file)
    graph, console = catalogue.graph, Console(highlight=False)
    tell_bad_rows(catalogue.bad)
    if name is None:
        console.print(count_table(graph))
        if catalogue.strange:
            console.print(
                Text(
                    f"{counted(len(catalogue.strange), 'ids that nothing in the file has')}: "
                    + shown(", ".join(catalogue.strange[:_SHOWN])),
                    style="yellow",
                ),
                soft_wrap=True,
            )
        return
    candidates = Linker(graph).candidates(name, KINDS)
    if not candidates:
        console.print(say("nothing goes by that name"))
        raise typer.Exit(1)
    console.print(candidate_table(candidates, graph))
    for candidate in candidates[:_SHOWN]:
        members = [graph[key].name for key in graph.members(candidate.id)]
        if members:
            more = f" … ({len(members):,})" if len(members) > _SHOWN else ""
            line = f"{candidate.name}: {', '.join(members[:_SHOWN])}{more}"
            console.print(Text(shown(line)), soft_wrap=True)
