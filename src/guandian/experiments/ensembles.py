"""Ensembles: a recipe trained under several seeds, or without each of several folds."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from guandian.bundle.ensemble import ENSEMBLE, IN_RUNS, Ensemble, refuse_taken
from guandian.errors import BundleError, GuandianError, RecipeError
from guandian.experiments.several_runs import WatchEach, train_each, unwatched_each
from guandian.pipelines import keep_what_is_read, make_ensemble
from guandian.pipelines.train import TrainingJob
from guandian.recipes.recipe import Recipe, parse_recipe
from guandian.tracking.run_folder import BUNDLE

ONE_PROCESS_EACH = (
    "the members of an ensemble are trained by one process each",
    "train one seed a launch, then `guandian ensemble`",
)


def by_seeds(recipe: Recipe, seeds: Sequence[int]) -> dict[str, Recipe]:
    """The recipe under each seed, by the name of its run's folder.

    Raises:
        RecipeError: fewer than two different seeds, or one that the recipe refuses.
    """
    if len({*seeds}) < len(seeds):
        twice = next(seed for seed in seeds if seeds.count(seed) > 1)
        raise RecipeError(f"seed {twice} is named more than once", "name each seed once")
    if len({*seeds}) < 2:
        raise RecipeError(f"an ensemble has at least two seeds, not {len({*seeds})}", "name more")
    return {f"seed-{seed}": _changed(recipe, seed=seed) for seed in seeds}


def by_folds(recipe: Recipe, count: int) -> dict[str, Recipe]:
    """The recipe without each of `count` folds of its data, by the name of its run's folder.

    Raises:
        RecipeError: when the recipe leaves out a fold already, or `count` is not 2 to 100.
    """
    if count < 2:
        raise RecipeError(f"an ensemble has at least two folds, not {count}", "name more")
    if recipe.fold is not None:
        raise RecipeError("the recipe leaves out a fold already", "take `fold` out of the recipe")
    return {
        f"fold-{fold}": _changed(recipe, fold={"of": count, "leave_out": fold})
        for fold in range(1, count + 1)
    }


def members_of(
    recipe: Recipe, seeds: Sequence[int] | None = None, folds: int | None = None
) -> dict[str, Recipe]:
    """The recipes of an ensemble's members, by the name of their run's folder.

    Args:
        recipe: what they have in common.
        seeds: a member under each.
        folds: or a member without each of so many.

    Raises:
        GuandianError: seeds and folds are both asked for, or neither.
        RecipeError: as `by_seeds` and `by_folds`.
    """
    if (seeds is None) == (folds is None):
        raise GuandianError("--seeds and --folds exclude each other", "say one of them")
    return by_folds(recipe, folds) if folds is not None else by_seeds(recipe, seeds or ())


def train_ensemble(
    job: TrainingJob,
    members: Mapping[str, Recipe],
    watch: WatchEach = unwatched_each,
    fitting: Callable[[], None] = lambda: None,
) -> Ensemble:
    """Train each member that is not finished, then make the ensemble of their bundles.

    Args:
        job: its recipe's held-out texts are those that no member learns from; its folder holds
            the members' runs and the ensemble.
        members: recipes by the name of their run's folder.
        watch: opened for each training.
        fitting: called before the confidence of the ensemble is fitted.

    Raises:
        GuandianError: as `train`, or a launcher has started this process.
        BundleError: the members do not answer alike.
    """
    from guandian.training.data.dataset import gather

    if "WORLD_SIZE" in os.environ:
        raise GuandianError(*ONE_PROCESS_EACH)
    folder, overwrite = job.folder / IN_RUNS, job.mode != "new"
    keep_what_is_read([job.folder / name for name in members], job.reads(), job.mode)
    refuse_taken(folder, overwrite=overwrite)
    jobs = {
        name: replace(job, recipe=recipe, folder=job.folder / name)
        for name, recipe in members.items()
    }
    train_each(jobs, watch)
    bundles = [job.folder / name / BUNDLE for name in members]
    ensemble = _made_before(folder, bundles)
    if ensemble is None:
        fitting()
        held_out = gather(job.recipe, job.root).holdout
        ensemble = make_ensemble(bundles, folder, held_out, overwrite=overwrite)
    return ensemble


def _changed(recipe: Recipe, **changes: Any) -> Recipe:
    return parse_recipe(recipe.model_dump(mode="json") | changes)


def _made_before(folder: Path, bundles: list[Path]) -> Ensemble | None:
    """The ensemble that is there, if it is of just these bundles."""
    if not (folder / ENSEMBLE).is_file():
        return None
    try:
        ensemble = Ensemble.open(folder)
    except BundleError:  # a member was trained anew
        return None
    paths = [member.path.resolve() for member in ensemble.members]
    return ensemble if paths == [bundle.resolve() for bundle in bundles] else None
