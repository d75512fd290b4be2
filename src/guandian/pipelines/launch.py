"""Processes that this one starts to train together."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from guandian.bundle import Bundle
from guandian.errors import GuandianError
from guandian.pipelines.train import TrainedRun, TrainingJob, begin_run, train

if TYPE_CHECKING:
    from guandian.recipes.sections import Parallel

Work = Callable[[TrainingJob, "Parallel"], object]
"""A process's part in a training, which it joins; by default `train`."""


def train_by_workers(
    job: TrainingJob, workers: int, parallel: Parallel = "data", work: Work = train
) -> TrainedRun:
    """Train by processes that Ray starts, on RAY_ADDRESS or else here, and wait for them.

    Args:
        job: recipe, data and folder; every machine must see them.
        workers: how many processes.
        parallel: what they divide.
        work: what each of them does; a function of a module, by which it finds it.

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
    from guandian.training.parallel.ray_training import train_on_ray

    refuse_count(parallel, workers)
    Group(parallel, size=workers).refuse_unfit(job.recipe)
    finished = begin_run(job)
    if not finished:
        settings = {
            "recipe": job.recipe.model_dump(mode="json"),
            "here": str(Path.cwd()),
            "root": str(job.root.resolve()),
            "folder": str(job.folder.resolve()),
            "trackers": job.trackers,
            "parallel": parallel,
            "precision": job.precision,
        }
        train_on_ray(partial(_join, work), settings, job.folder, workers)
    return TrainedRun(Bundle.open(job.folder / "bundle"), not finished, main=True)


def _join(work: Work, settings: dict[str, Any]) -> None:
    """Take part in a training, in a process that Ray has started."""
    from guandian.cluster.ray_cluster import go_to
    from guandian.recipes.recipe import parse_recipe

    go_to(settings["here"])
    recipe = parse_recipe(settings["recipe"], "the recipe")
    job = TrainingJob(recipe, Path(settings["root"]), Path(settings["folder"]))
    trackers, precision = tuple(settings["trackers"]), settings["precision"]
    work(replace(job, mode="resume", trackers=trackers, precision=precision), settings["parallel"])
