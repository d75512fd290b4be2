"""`guandian runs`: what trainings left, and which of them is better."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from guandian.cli.runs_tables import show_run, show_runs
from guandian.cli.side_by_side_tables import show_side_by_side
from guandian.cli.systems import LabelledPlace, System, open_system
from guandian.comparison.runs import (
    RunFolder,
    find_runs,
    is_run,
    open_folder_of_run,
    require_same_data,
    require_unchanged,
)
from guandian.composition.bases import base_of, bundle_of
from guandian.data import corpus as known_corpus
from guandian.data.taxonomy import taxonomy
from guandian.domain import Labelled
from guandian.errors import GuandianError
from guandian.evaluation import Mode
from guandian.evaluation.side_by_side import FORMAT, SideBySide, contend, set_side_by_side
from guandian.evaluation.side_by_side_page import render_side_by_side
from guandian.files.atomic import refuse_existing, write_whole
from guandian.training.preparation import scored_sets

app = typer.Typer(
    help="List, show and compare trainings. 列出、查看、比较训练。",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)
Json = Annotated[Path | None, typer.Option("--json", help="Write every figure to this file.")]
Overwrite = Annotated[bool, typer.Option(help="Replace files that exist.")]


@app.command("list")
def list_command(
    folders: Annotated[
        list[Path] | None, typer.Argument(metavar="[FOLDER]...", help="By default runs.")
    ] = None,
    json_out: Json = None,
    overwrite: Overwrite = False,
) -> None:
    """List the runs in folders and below: state, method, best dev score, minutes, seed."""
    if json_out is not None:
        refuse_existing(json_out, overwrite=overwrite)
    runs = find_runs(folders or [Path("runs")])
    if not runs:
        raise GuandianError(
            f"no run in {', '.join(map(str, folders or [Path('runs')]))}",
            "`guandian train RECIPE -o FOLDER` makes one",
        )
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
def compare_command(
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
    html: Annotated[Path | None, typer.Option(help="Write a page to this file.")] = None,
    overwrite: Overwrite = False,
) -> None:
    """Compare runs or bundles on the same reviews: by class, by category, error by error."""
    for path in (json_out, html):
        if path is not None:
            refuse_existing(path, overwrite=overwrite)
    if part and data is None and corpus is None:
        raise GuandianError("--part is of --data or --corpus", "name one of them too")
    runs = {place: open_folder_of_run(place) for place in dict.fromkeys(systems) if is_run(place)}
    places = _places(systems, runs, before, root)
    if data is None and corpus is None:
        sets, mapped = _dev_parts(list(runs.values()), root)
        asked = [open_system(place)._replace(name=name) for name, place in places]
    else:
        asked = [open_system(place)._replace(name=name) for name, place in places]
        mapped = asked[0].has_default_categories
        place = LabelledPlace(data, format, corpus, root if corpus else None, mapped)
        parts = tuple(dict.fromkeys(part or ("dev",)))
        name = " ".join((corpus or str(data), *place.within(parts)))
        sets = {name: (place.read(parts), place.mode)}
    found = [_compared(asked, name, rows, mode, seed) for name, (rows, mode) in sets.items()]
    names = {key: (row.zh, row.en) for key, row in taxonomy().items()} if mapped else {}
    for one in found:
        show_side_by_side(one, _screen(), names, most)
    if json_out is not None:
        told = _told({"format": FORMAT, "sets": [one.to_json() for one in found]})
        write_whole(json_out, told, overwrite=overwrite)
    if html is not None:
        write_whole(html, render_side_by_side(found, names).encode(), overwrite=overwrite)


def _places(
    named: Sequence[Path], runs: dict[Path, RunFolder], before: bool, root: Path
) -> list[tuple[str, Path]]:
    """The bundles behind what was named, and the base of the first run where it was asked for."""
    places = [(str(each), runs[each].bundle if each in runs else each) for each in named]
    if before:
        if not runs:
            raise GuandianError("--before needs a run", "name the base's bundle as the first one")
        recipe = next(iter(runs.values())).read_recipe()
        base = base_of(recipe, root)
        if bundle_of(base) is None:
            raise GuandianError(
                f"{recipe.base.model}, with which the run began, is an encoder without heads: it "
                "finds no opinions to compare with",
                "compare with a bundle, guandian-small for example",
            )
        places.insert(0, (f"{recipe.base.model} 微调前 before", Path(base)))
    if len(places) < 2:
        raise GuandianError(
            "there is one system, and nothing to compare it with",
            "name another run or bundle, or --before for what the run began with",
        )
    return places


def _dev_parts(
    runs: Sequence[RunFolder], root: Path
) -> tuple[dict[str, tuple[list[Labelled], Mode]], bool]:
    """The dev parts that all the runs were scored on, and whether in the default categories."""
    if not runs:
        raise GuandianError(
            "bundles alone do not tell what to score them on",
            "name --data FILE (with --format), or --corpus NAME with --root FOLDER",
        )
    require_same_data(runs)
    recipe = runs[0].read_recipe()
    found, read = scored_sets(recipe, root)
    require_unchanged(runs[0], read)
    modes: dict[str, Mode] = {
        name: "text" if known_corpus(name).format == "zhijiang" else "span" for name in found
    }
    mapped = recipe.categories == "default"
    return {name: (rows, modes[name]) for name, rows in found.items()}, mapped


def _compared(
    systems: Sequence[System], name: str, rows: list[Labelled], mode: Mode, seed: int
) -> SideBySide:
    return set_side_by_side(
        [contend(one.asked, one.gold(rows), one.options(name, mode, seed)) for one in systems]
    )


def _row(run: RunFolder) -> dict[str, Any]:
    return {
        "folder": str(run.folder),
        "state": run.state,
        "missing": list(run.missing),
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
