"""`guandian adapters make`, `show`: small files that make one model answer as each tenant wants."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from guandian.bundle import folders_of, open_folder, shipped
from guandian.bundle.adapter import ENDING, read_adapter
from guandian.io.output_guard import keep_files_apart, refuse_outputs, require_ending
from guandian.pipelines.adapters.adapting import make_adapter
from guandian.wording import say

app = typer.Typer(
    help="Make and show adapters: what one tenant's labelled reviews taught, beside a base.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


@app.command("make")
def make_adapter_file(
    run: Annotated[
        Path,
        typer.Argument(
            help="A run or its bundle, trained with method.kind=adapter, method.layers=2, "
            "method.heads=false."
        ),
    ],
    out: Annotated[
        Path, typer.Option("-o", "--out", help="The file; a service wants TENANT.safetensors.")
    ],
    base: Annotated[
        Path | None,
        typer.Option(help="The bundle that the run began with; by default the shipped one."),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Of the adapter in answers; by default the recipe's.")
    ] = None,
    release: Annotated[
        str | None, typer.Option(help="Of the adapter in answers; by default the recipe's.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a file that exists.")
    ] = False,
) -> None:
    """Make the adapter of a tenant from a training beside a base."""
    start = base or shipped()
    reads = [*folders_of(run), *folders_of(start)]
    keep_files_apart([out], reads)
    require_ending(out, [ENDING])
    trained, beside = open_folder(run), open_folder(start)
    refuse_outputs([out], reads, overwrite=overwrite)
    made = make_adapter(trained, beside, name, release)
    size = made.adapter.write(out, overwrite=overwrite)
    worst = max(made.drift.values())
    _line(
        say(
            "{adapter} beside {base}: {size:,} bytes, differs from the run's bundle by {share:.2g} "
            "of an output's spread at most",
            adapter=made.adapter.id,
            base=made.adapter.base_id,
            size=size,
            share=worst,
        )
    )


@app.command("show")
def show_adapters(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Adapters.")],
) -> None:
    """Show adapters: name, base, where they stand, how wide they are."""
    for path in files:
        adapter = read_adapter(path)
        _line(f"{path}  {adapter.id}  {adapter.base_id}  {adapter.base[:12]}")
        for spot, detour in adapter.detours.items():
            _line(f"  {spot}  {len(detour.down)} × {len(detour.bias)}")


def _line(text: str) -> None:
    Console(highlight=False).print(Text(text), soft_wrap=True)
