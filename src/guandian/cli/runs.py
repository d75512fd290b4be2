"""`guandian runs`: what trainings left, and which of them is better."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from guandian.cli.console.notes import tell
from guandian.cli.tables.comparison_tables import show_side_by_side
from guandian.cli.tables.runs_tables import show_run, show_runs
from guandian.errors import GuandianError
from guandian.evaluation.comparison import FORMAT
from guandian.experiments.compare_runs import Contest, ScoringData
from guandian.io.atomic import write_whole
from guandian.io.output_guard import (
    HTML_ENDINGS,
    JSON_ENDINGS,
    keep_files_apart,
    refuse_outputs,
    require_ending,
)
from guandian.report.evaluation.comparison_page import render_side_by_side
from guandian.tracking.status import RunFolder, files_behind, find_runs, open_folder_of_run

app = typer.Typer(
    help="List, show and compare trainings.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)
Json = Annotated[
    Path | None,
    typer.Option("--json", help="Write every figure to this file."),
]
Overwrite = Annotated[bool, typer.Option(help="Replace files that exist.")]


@app.command("list")
def list_runs_command(
    folders: Annotated[
        list[Path] | None, typer.Argument(metavar="[FOLDER]...", help="By default runs.")
    ] = None,
    json_out: Json = None,
    overwrite: Overwrite = False,
) -> None:
    """List the runs in folders and below: state, method, best dev score, minutes, seed."""
    runs = find_runs(folders or [Path("runs")])
    if not runs:
        raise GuandianError(
            f"no run in {', '.join(map(str, folders or [Path('runs')]))}",
            "`guandian train RECIPE -o FOLDER` makes one",
        )
    if json_out is not None:
        reads = [path for run in runs for path in files_behind(run.folder)]
        refuse_outputs([json_out], reads, overwrite=overwrite)
        require_ending(json_out, JSON_ENDINGS)
    show_runs(runs, _screen())
    if json_out is not None:
        rows = [_row(run) for run in runs]
        write_whole(json_out, _told({"runs": rows}), overwrite=overwrite)


@app.command("show")
def show_command(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Of a run.")],
) -> None:
    """Show one run: recipe, data, environment, metrics by epoch, files, and what is missing."""
    show_run(open_folder_of_run(folder), _screen())


@app.command("compare")
def compare_runs_command(
    systems: Annotated[
        list[Path],
        typer.Argument(
            metavar="FOLDER...",
            help="Runs or bundles (guandian-small too); the first is what the others are "
            "compared with.",
        ),
    ],
    before: Annotated[
        bool, typer.Option("--before", help="Compare with what the first run began with.")
    ] = False,
    root: Annotated[
        Path, typer.Option(help="The data folder, or its parent, as in training.")
    ] = Path(),
    data: Annotated[
        Path | None,
        typer.Option(help="Labelled reviews to score on, in place of the runs' dev parts."),
    ] = None,
    format: Annotated[str, typer.Option(help="The format of --data.")] = "guandian",
    corpus: Annotated[
        str | None, typer.Option(help="A set that recipes know, likewise; needs --root.")
    ] = None,
    part: Annotated[
        list[str] | None,
        typer.Option(help="A part of --data or --corpus, by default dev; may be repeated."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the bootstrap.", min=0)] = 0,
    most: Annotated[int, typer.Option(min=0, help="Errors of a kind that the terminal shows.")] = 2,
    json_out: Json = None,
    html: Annotated[
        Path | None,
        typer.Option(help="Write a page to this file."),
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Compare runs or bundles on the same reviews: by class, by category, error by error."""
    if part and data is None and corpus is None:
        raise GuandianError("--part is of --data or --corpus", "name one of them too")
    labelled = (
        ScoringData(data, format, corpus, tuple(part or ("dev",))) if data or corpus else None
    )
    contest = Contest(tuple(systems), root, before, labelled, seed)
    keep_files_apart([json_out, html], contest.files())
    require_ending(json_out, JSON_ENDINGS)
    require_ending(html, HTML_ENDINGS)
    ready = partial(refuse_outputs, [json_out, html], overwrite=overwrite)
    comparisons, names, remarks = contest.hold(tell, ready)
    for comparison in comparisons:
        show_side_by_side(comparison, _screen(), names, most)
    if json_out is not None:
        figures = _told(
            {
                "format": FORMAT,
                "sets": [comparison.to_json() for comparison in comparisons],
                "remarks": [remark.en for remark in remarks],
            }
        )
        write_whole(json_out, figures, overwrite=overwrite)
    if html is not None:
        page = render_side_by_side(comparisons, names, remarks)
        write_whole(html, page.encode(), overwrite=overwrite)


def _row(run: RunFolder) -> dict[str, Any]:
    return {
        "folder": str(run.folder),
        "state": run.state,
        "missing": list(run.missing),
        "failure": run.failure,
        "name": run.name,
        "method": run.method,
        "seed": run.seed,
        "best": run.best,
        "minutes": run.minutes,
    }


def _told(value: dict[str, Any]) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def _screen() -> Console:
    return Console(markup=False, highlight=False)
