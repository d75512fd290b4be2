"""How `guandian train` trains by one process or by several, and what it tells of the bundle."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from guandian.bundle import Bundle, Precision
from guandian.cli.console.notes import tell
from guandian.cli.runners.training_run import begin, resumable, train_run
from guandian.errors import GuandianError
from guandian.recipes.recipe import Recipe, parse_recipe
from guandian.recipes.sections import Parallel
from guandian.tracking.run_folder import BUNDLE, RECIPE, Mode
from guandian.wording import Name, say

_DONE = Name("完成", "done")
_BEFORE = Name("已完成，无需重做", "finished before")


def train_together(
    recipe: Recipe,
    root: Path,
    folder: Path,
    mode: Mode,
    trackers: Sequence[str],
    parallel: Parallel,
    precision: Precision | None = None,
) -> None:
    """Train by all processes that a launcher has started, which may be this one alone."""
    from guandian.training.parallel.process_group import ElsewhereError, joined

    try:
        with joined(parallel) as group:

            def ready() -> bool:
                group.refuse_unfit(recipe)
                return begin(recipe, root, folder, mode, precision)

            done = group.first(ready)
            group.same(str((folder / RECIPE).is_file()), f"folders {folder}")
            if not done:
                console = Console(stderr=True, highlight=False)
                with resumable(console, folder):
                    train_run(recipe, root, folder, console, trackers, group, precision)
            if group.main:
                tell_bundle(Bundle.open(folder / BUNDLE), _BEFORE if done else _DONE)
    except ElsewhereError:
        # The main process says it and fails for all: a failure here could end it before it has.
        return


def train_by_workers(
    workers: int,
    recipe: Recipe,
    root: Path,
    folder: Path,
    mode: Mode,
    trackers: Sequence[str],
    parallel: Parallel,
    precision: Precision | None = None,
) -> None:
    """Train by so many processes that Ray starts, and wait for them.

    Raises:
        GuandianError: a launcher has started this process, Ray is not installed, the recipe cannot
            be divided, one process has failed, or there is no room for so many.
    """
    if "WORLD_SIZE" in os.environ:
        raise GuandianError(
            "--workers starts the processes, and a launcher has started this one",
            "leave out one of the two",
        )
    if find_spec("ray") is None:
        raise GuandianError("--workers needs Ray", "pip install 'guandian[scale]'")
    from guandian.training.parallel.process_group import Group, refuse_count
    from guandian.training.parallel.ray_cluster import train_on_ray

    refuse_count(parallel, workers)
    Group(parallel, size=workers).refuse_unfit(recipe)
    if begin(recipe, root, folder, mode, precision):
        tell_bundle(Bundle.open(folder / BUNDLE), _BEFORE)
        return
    given = {
        "recipe": recipe.model_dump(mode="json"),
        "here": str(Path.cwd()),
        "root": str(root.resolve()),
        "folder": str(folder.resolve()),
        "track": trackers,
        "parallel": parallel,
        "precision": precision,
    }
    with resumable(Console(stderr=True, highlight=False), folder):
        train_on_ray(_work, given, folder, workers)
    tell_bundle(Bundle.open(folder / BUNDLE), _DONE)


def _work(given: dict[str, Any]) -> None:
    """What each of them does."""
    from guandian.training.parallel.ray_cluster import go_to

    go_to(given["here"])
    recipe = parse_recipe(given["recipe"], "the recipe")
    root, folder = Path(given["root"]), Path(given["folder"])
    try:
        how = (given["track"], given["parallel"], given["precision"])
        train_together(recipe, root, folder, "resume", *how)
    except GuandianError as error:
        tell(str(error))
        raise


_PARITY = {"held out": Name("留出的文本", "held out"), "pooled": Name("合计", "pooled")}


def tell_bundle(bundle: Bundle, what: Name) -> None:
    """Tell what was written, and how far it is from the model."""
    screen = Console(highlight=False)
    rows = list(bundle.manifest.parity.items())
    for name, row in rows[:1] if len(rows) == 2 else rows:  # the last pools the others
        screen.print(
            Text(
                f"{_PARITY.get(name, name)}: {say('四元组', 'quad')} F1 "
                f"{row['reference']:.4f} {say('原模型', 'model')}, "
                f"{row['exported']:.4f} {say('模型包', 'bundle')}, {_points(row['change'])}, "
                f"{row['reviews']:,} {say('条评论', 'reviews')}"
            ),
            soft_wrap=True,
        )
    screen.print(Text(f"{what}: {bundle.manifest.id} → {bundle.path}"), soft_wrap=True)


def _points(change: Mapping[str, float]) -> str:
    """A change of F1 with its interval, in points."""
    value, low, high = (f"{100 * change[key]:+.2f}" for key in ("value", "low", "high"))
    return f"{value} (95 %: {low} … {high})"
