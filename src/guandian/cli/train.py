"""`guandian train`: a recipe and labelled reviews in, a bundle out."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from guandian.cli.console.notes import tell
from guandian.cli.runners.decoder_run import decoder_job, train_language_model
from guandian.cli.runners.training_results import tell_bundle, tell_ensemble
from guandian.cli.runners.training_run import (
    Changes,
    PrecisionOption,
    RecipeFile,
    Root,
    Track,
    begin_with,
    each_watched,
    mode_of,
    numbers_of,
    resumable,
    trackers_of,
    watched,
)
from guandian.errors import ElsewhereError, GuandianError
from guandian.experiments.ensembles import ONE_PROCESS_EACH, members_of, train_ensemble
from guandian.io.output_guard import JSON_ENDINGS, refuse_outputs, require_ending
from guandian.pipelines import train as pipeline
from guandian.pipelines.launch import train_by_workers
from guandian.pipelines.train import TrainingJob
from guandian.recipes.decoder_recipe import is_decoder_recipe
from guandian.recipes.sections import Parallel
from guandian.tracking.run_folder import RECIPE
from guandian.wording import say

Out = Annotated[
    Path | None,
    typer.Option("-o", "--out", help="The run's folder; by default runs/NAME of the recipe."),
]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on with an interrupted run; a finished one stays.")
]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Remove a run that exists and begin anew.")
]
Seeds = Annotated[
    str | None,
    typer.Option(metavar="N,N,...", help="Train under each seed and make an ensemble of them."),
]
Folds = Annotated[
    int | None,
    typer.Option(min=2, max=100, help="Train without each of so many folds, likewise."),
]
ParallelOption = Annotated[
    Parallel,
    typer.Option(
        help="What the processes of a launcher divide: the batches of a step (data), the "
        "parameters as well (shards), or one process its layers over all GPUs (layers)."
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Start so many processes that train together by Ray: on RAY_ADDRESS, else here.",
    ),
]
Dry = Annotated[
    bool,
    typer.Option(
        "--dry-run", help="Tell what it would take: parameters, memory, operations, minutes."
    ),
]
Figures = Annotated[
    Path | None,
    typer.Option("--json", help="With --dry-run: write every figure to this file."),
]


def train(
    recipe: RecipeFile,
    root: Root = Path(),
    out: Out = None,
    changes: Changes = None,
    resume: Resume = False,
    overwrite: Overwrite = False,
    seeds: Seeds = None,
    folds: Folds = None,
    track: Track = None,
    parallel: ParallelOption = "data",
    workers: Workers = None,
    precision: PrecisionOption = None,
    dry: Dry = False,
    json_out: Figures = None,
) -> None:
    """Fine-tune a model by a recipe."""
    mode = mode_of(resume=resume, overwrite=overwrite)
    trackers = trackers_of(track)
    if is_decoder_recipe(recipe):
        unlike = {
            "--seeds": seeds, "--folds": folds, "--workers": workers, "--precision": precision,
            "--dry-run": dry or None, "--json": json_out,
            "--parallel": None if parallel == "data" else parallel,
        }  # fmt: skip
        train_language_model(
            decoder_job(recipe, root, out, mode, changes, trackers),
            [name for name, value in unlike.items() if value is not None],
        )
        return
    parsed = begin_with(recipe, changes)
    folder = out or Path("runs") / parsed.name
    job = TrainingJob(parsed, root, folder, mode, precision, trackers, recipe)
    _tell_of_none(folder, resume=resume)
    ensemble = seeds is not None or folds is not None
    launched, together = "WORLD_SIZE" in os.environ, workers is not None or parallel != "data"
    if dry or json_out is not None:
        _refuse_besides(dry=dry, several=ensemble, together=together or launched)
        refuse_outputs([json_out], job.reads(), overwrite=overwrite)
        require_ending(json_out, JSON_ENDINGS)
        from guandian.cli.tables.estimate_tables import dry_run  # its tables load slowly

        dry_run(parsed, root, json_out, overwrite=overwrite)
        return
    if ensemble:
        if together:
            raise GuandianError(*ONE_PROCESS_EACH)
        _train_members(job, seeds, folds)
        return
    console = Console(stderr=True, highlight=False)
    try:
        if workers is not None:
            with resumable(console, folder):
                run = train_by_workers(job, workers, parallel, train_shown)
        else:
            run = pipeline.train(job, parallel, partial(watched, console, folder))
    except ElsewhereError:
        # The main process says it and fails for all: a failure here could end it before it has.
        return
    if run.main:
        tell_bundle(run)


def train_shown(job: TrainingJob, parallel: Parallel) -> None:
    """Take part in a training, in a process that `--workers` started, and tell of it."""
    console = Console(stderr=True, highlight=False)
    try:
        run = pipeline.train(job, parallel, partial(watched, console, job.folder))
    except ElsewhereError:
        return
    except GuandianError as error:
        tell(str(error))
        raise
    if run.main:
        tell_bundle(run)


def _train_members(job: TrainingJob, seeds: str | None, folds: int | None) -> None:
    """Train the members of an ensemble, and tell of it."""
    numbers = None if seeds is None else numbers_of("--seeds", seeds)
    members = members_of(job.recipe, numbers, folds)
    console = Console(stderr=True, highlight=False)

    def fitting() -> None:
        words = say("fitting the confidence of the ensemble")
        console.print(Text(f"{words} …"))

    with resumable(console, *(job.folder / name for name in members)):
        ensemble = train_ensemble(job, members, each_watched(console), fitting)
    tell_ensemble(ensemble)


def _tell_of_none(folder: Path, *, resume: bool) -> None:
    """Say where `--resume` has no run, nor members of one, to go on with."""
    recipes = (folder / RECIPE, *folder.glob(f"*/{RECIPE}"))
    if resume and not any(path.is_file() for path in recipes):
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
