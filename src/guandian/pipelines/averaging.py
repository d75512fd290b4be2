"""Runs of one recipe become one model: the mean of their weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from guandian.bundle import Bundle, amend_bundle
from guandian.errors import GuandianError
from guandian.io.output_guard import keep_apart
from guandian.pipelines.bundling import export_trained
from guandian.pipelines.recording import recorded
from guandian.pipelines.stages import StagedTraining
from guandian.pipelines.train import TrainedRun, TrainingJob, Watch, begin_run, unwatched
from guandian.tracking.run_folder import has_learned

if TYPE_CHECKING:
    from torch import Tensor

    from guandian.modeling.model import OpinionModel
    from guandian.recipes.recipe import Recipe

_OWN = ("name", "optimisation", "release", "seed")
"""Keys of a recipe that runs whose weights are averaged may have each for itself."""
_OF_A_STEP = ("augmentation", "base", "data", "evaluation", "weights")
"""Keys that a run may have for itself which goes on from another of them, or is gone on from."""


def average_runs(runs: Sequence[Path], job: TrainingJob, watch: Watch = unwatched) -> TrainedRun:
    """Average the best weights of runs into a run of their own, down to its bundle.

    Trainings that went on from the same weights, or from each other, lie so near that their mean
    is a model as good as an ensemble of them, at the cost of one (model soups: Wortsman et al.
    2022, arXiv:2203.05482; steps of one training: arXiv:2109.01903). Its confidence is fitted on
    what the recipe holds out, which none of them learned from.

    Args:
        runs: folders of finished or interrupted runs, at least two.
        job: the first run's recipe, under the name, release and seed that the new one bears.
        watch: opened when the averaging begins.

    Raises:
        GuandianError: fewer than two runs, one without weights, runs of different recipes or of a
            method that leaves the base as it is, or as `begin_run` and `export_trained`.
    """
    from guandian.training.parallel.process_group import ALONE

    _refuse_unlike(runs, job.recipe)
    keep_apart([job.folder], runs)
    if job.mode == "new" and has_learned(job.folder):
        raise GuandianError(
            f"{job.folder} holds a run already",
            "choose another folder, or say --overwrite",
        )
    begin_run(job)
    with watch(True) as on_event, recorded(job, on_event, ALONE) as record:
        staged = StagedTraining(job.recipe, job.root, record)
        staged.prepare(job.recipe)
        _load_mean(runs, staged.latest.model, job.folder)
        export_trained(job.recipe, staged.latest, job.folder, record, job.precision or "int8")
    bundle = Bundle.open(job.folder / "bundle")
    _tell_in_card(bundle, runs)
    return TrainedRun(Bundle.open(bundle.path), True, True)


def recipe_of_average(runs: Sequence[Path], release: str | None = None) -> Recipe:
    """The recipe of an average: that of the first run, under another release if one is named.

    Raises:
        GuandianError: fewer than two runs, or it is no run's folder.
        RecipeError: no such release can be.
    """
    from guandian.recipes.recipe import parse_recipe
    from guandian.tracking.status import open_folder_of_run

    if len({run.resolve() for run in runs}) < 2:
        raise GuandianError("an average is of two different runs at least", "name another run")
    recipe = open_folder_of_run(runs[0]).read_recipe()
    if release is None:
        return recipe
    return parse_recipe(recipe.model_dump(mode="json") | {"release": release}, "--release")


def _refuse_unlike(runs: Sequence[Path], recipe: Recipe) -> None:
    from guandian.tracking.status import open_folder_of_run
    from guandian.training.checkpoint import best_file

    expected = _compared(recipe)
    recipes = {run.resolve(): open_folder_of_run(run).read_recipe() for run in runs}
    bases = {run: Path(known.base.model).resolve().parent for run, known in recipes.items()}
    for run in runs:
        values = _compared(recipes[run.resolve()])
        step = bases[run.resolve()] in recipes or run.resolve() in bases.values()
        free = _OF_A_STEP if step else ()
        if different := [
            key for key in expected if values[key] != expected[key] and key not in free
        ]:
            raise GuandianError(
                f"{run} was trained by another recipe: {', '.join(different)}",
                "average runs of one recipe under several seeds, or runs of which each went on "
                "from another: their weights belong together",
            )
        if not best_file(run).is_file():
            raise GuandianError(
                f"{run} holds no weights to average", "train it anew, or leave it out"
            )
    if recipe.method.kind != "full":
        raise GuandianError(
            f"runs by {recipe.method.kind} learned beside the base, and such parts have no mean",
            "make them answer as one with `guandian ensemble`",
        )


def _compared(recipe: Recipe) -> dict[str, Any]:
    return {key: value for key, value in recipe.model_dump(mode="json").items() if key not in _OWN}


def _load_mean(runs: Sequence[Path], model: OpinionModel, folder: Path) -> None:
    """Put the mean of the runs' weights into a model, and keep it as the best of a run's folder."""
    from guandian.modeling.fine_tuning import learned, load_learned
    from guandian.training.checkpoint import best_file, load_weights, save_weights

    mean: dict[str, Tensor] = {}
    for run in runs:
        load_weights(best_file(run), model)
        for name, value in learned(model).items():
            # In double precision, so that the order of the runs changes no digit.
            mean[name] = mean.get(name, 0) + value.double() / len(runs)
    current = learned(model)
    load_learned(model, {name: value.to(current[name].dtype) for name, value in mean.items()})
    save_weights(best_file(folder), model)


def _tell_in_card(bundle: Bundle, runs: Sequence[Path]) -> None:
    text = bundle.file("card.md").read_text(encoding="utf-8").rstrip()
    words = f"Its weights are the mean of those of {len(runs)} runs."
    amend_bundle(bundle, files={"card.md": f"{text}\n\n{words}\n".encode()})
