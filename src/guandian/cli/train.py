"""`guandian train`: a recipe and labelled reviews in, a bundle out."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from guandian.bundle import Bundle
from guandian.cli.training_members import train_members
from guandian.cli.training_run import (
    Changes,
    RecipeFile,
    Root,
    Track,
    mode_of,
    trackers_of,
    train_run,
)
from guandian.errors import GuandianError
from guandian.training.members import by_folds, by_seeds
from guandian.training.recipe import Recipe, load_recipe
from guandian.training.run import BUNDLE, RECIPE, Mode, open_run
from guandian.training.settings import Parallel


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
) -> None:
    """Fine-tune a model by a recipe. 按配方微调模型。"""
    mode = mode_of(resume=resume, overwrite=overwrite)
    trackers = trackers_of(track)
    asked = load_recipe(recipe, tuple(changes or ()))
    folder = out or Path("runs") / asked.name
    if seeds is not None and folds is not None:
        raise GuandianError("--seeds and --folds exclude each other", "say one of them")
    if seeds is None and folds is None:
        _train_together(asked, root, folder, mode, trackers, parallel)
        return
    if parallel != "data" or "WORLD_SIZE" in os.environ:
        raise GuandianError(
            "the members of an ensemble are trained by one process each",
            "train one seed a launch, then `guandian ensemble`",
        )
    members = by_folds(asked, folds) if folds is not None else by_seeds(asked, _numbers(seeds))
    train_members(members, asked, root, folder, mode, trackers)


def _train_together(
    recipe: Recipe,
    root: Path,
    folder: Path,
    mode: Mode,
    trackers: Sequence[str],
    parallel: Parallel,
) -> None:
    """Train by all processes that a launcher has started, which may be this one alone."""
    from guandian.training.group import ElsewhereError, joined

    try:
        with joined(parallel) as group:
            done = group.first(lambda: open_run(folder, recipe, mode))
            group.same(str((folder / RECIPE).is_file()), f"folders {folder}")
            if not done:
                console = Console(stderr=True, highlight=False)
                train_run(recipe, root, folder, console, trackers, group)
            if group.main:
                what = "已完成，无需重做 finished before" if done else "完成 done"
                _tell_bundle(Bundle.open(folder / BUNDLE), what)
    except ElsewhereError:
        raise typer.Exit(2) from None  # the main process says it


def _numbers(given: str | None) -> list[int]:
    assert given is not None
    try:
        return [int(number) for number in given.split(",")]
    except ValueError as error:
        raise GuandianError(
            f"--seeds takes numbers between commas, got {given!r}", "e.g. --seeds 1,2,3"
        ) from error


def _tell_bundle(bundle: Bundle, what: str) -> None:
    screen = Console(highlight=False)
    for name, row in bundle.manifest.parity.items():
        screen.print(
            Text(
                f"{name}: quad F1 {row['reference']:.4f} 原模型 model, "
                f"{row['exported']:.4f} 模型包 bundle, {_points(row['change'])}, "
                f"on {row['reviews']:,} reviews"
            ),
            soft_wrap=True,
        )
    screen.print(Text(f"{what}: {bundle.manifest.id} → {bundle.path}"), soft_wrap=True)


def _points(change: Mapping[str, float]) -> str:
    """A change of F1 with its interval, in points."""
    value, low, high = (f"{100 * change[key]:+.2f}" for key in ("value", "low", "high"))
    return f"{value} (95 %: {low} … {high})"
