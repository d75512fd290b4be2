"""`guandian train`: a recipe and labelled reviews in, a bundle out."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from guandian.cli.console.notes import tell
from guandian.cli.runners.training_members import train_members
from guandian.cli.runners.training_run import (
    Changes,
    PrecisionOption,
    RecipeFile,
    Root,
    Track,
    begin_with,
    mode_of,
    trackers_of,
)
from guandian.cli.runners.training_together import train_by_workers, train_together
from guandian.errors import GuandianError
from guandian.experiments.ensembles import by_folds, by_seeds
from guandian.io.output_guard import refuse_outputs
from guandian.pipelines import keep_what_is_read, reads_of
from guandian.recipes.recipe import Recipe
from guandian.recipes.sections import Parallel
from guandian.tracking.run_folder import RECIPE


def train(
    recipe: RecipeFile,
    root: Root = Path(),
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="The run's folder; by default runs/NAME of the recipe."),
    ] = None,
    changes: Changes = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an interrupted run; a finished one stays.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Remove a run that exists and begin anew.")
    ] = False,
    seeds: Annotated[
        str | None,
        typer.Option(metavar="N,N,...", help="Train under each seed and make an ensemble of them."),
    ] = None,
    folds: Annotated[
        int | None,
        typer.Option(min=2, max=100, help="Train without each of so many folds, likewise."),
    ] = None,
    track: Track = None,
    parallel: Annotated[
        Parallel,
        typer.Option(
            help="What the processes of a launcher divide: the batches of a step (data), the "
            "parameters as well (shards), or one process its layers over all GPUs (layers)."
        ),
    ] = "data",
    workers: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Start so many processes that train together by Ray: on RAY_ADDRESS, else here.",
        ),
    ] = None,
    precision: PrecisionOption = None,
    dry: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Tell what it would take: parameters, memory, operations, minutes."
        ),
    ] = False,
    json_out: Annotated[
        Path | None, typer.Option("--json", help="With --dry-run: write every figure to this file.")
    ] = None,
) -> None:
    """Fine-tune a model by a recipe."""
    mode = mode_of(resume=resume, overwrite=overwrite)
    trackers = trackers_of(track)
    asked = begin_with(recipe, changes)
    folder = out or Path("runs") / asked.name
    _tell_of_none(folder, resume=resume)
    launched, together = "WORLD_SIZE" in os.environ, workers is not None or parallel != "data"
    reads = (recipe, *reads_of(asked, root))
    if dry or json_out is not None:
        _refuse_besides(dry=dry, several=bool(seeds or folds), together=together or launched)
        refuse_outputs([json_out], reads, overwrite=overwrite)
        _rehearse(asked, root, json_out, overwrite=overwrite)
        return
    if seeds is not None and folds is not None:
        raise GuandianError("--seeds and --folds exclude each other", "say one of them")
    if seeds is None and folds is None:
        keep_what_is_read([folder], reads, mode)
        if workers is None:
            train_together(asked, root, folder, mode, trackers, parallel, precision)
        else:
            train_by_workers(workers, asked, root, folder, mode, trackers, parallel, precision)
        return
    if together or launched:
        raise GuandianError(
            "the members of an ensemble are trained by one process each",
            "train one seed a launch, then `guandian ensemble`",
        )
    members = (
        by_folds(asked, folds) if folds is not None else by_seeds(asked, _numbers(seeds or ""))
    )
    keep_what_is_read([folder / name for name in members], reads, mode)
    train_members(members, asked, root, folder, mode, trackers, precision)


def _rehearse(recipe: Recipe, root: Path, json_out: Path | None, *, overwrite: bool) -> None:
    """Tell what it would take; tables of figures are loaded for this alone."""
    from guandian.cli.tables.estimate_tables import dry_run

    dry_run(recipe, root, json_out, overwrite=overwrite)


def _tell_of_none(folder: Path, *, resume: bool) -> None:
    """Say where `--resume` has no run, nor members of one, to go on with."""
    begun = (folder / RECIPE, *folder.glob(f"*/{RECIPE}"))
    if resume and not any(one.is_file() for one in begun):
        tell(f"--resume: there is no run at {folder} to go on with, so one begins")


def _refuse_besides(*, dry: bool, several: bool, together: bool) -> None:
    if not dry:
        raise GuandianError("--json tells what --dry-run finds", "say --dry-run too")
    if several:
        raise GuandianError(
            "--dry-run tells what one training takes",
            "leave --seeds and --folds out: each of them takes about as much",
        )
    if together:
        raise GuandianError(
            "--dry-run tells what one process takes on one device",
            "leave --workers, --parallel and the launcher out",
        )


def _numbers(given: str) -> list[int]:
    try:
        return [int(number) for number in given.split(",")]
    except ValueError as error:
        raise GuandianError(
            f"--seeds takes numbers between commas, got {given!r}", "e.g. --seeds 1,2,3"
        ) from error
