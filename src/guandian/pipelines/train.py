"""From a recipe to a bundle."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from guandian.bundle import Bundle, Precision, precision_of
from guandian.errors import GuandianError
from guandian.pipelines.bundling import export_trained
from guandian.pipelines.read_files import keep_what_is_read, reads_of
from guandian.pipelines.recording import recorded
from guandian.pipelines.stages import StagedTraining, start
from guandian.tracking.events import OnEvent, ignore

if TYPE_CHECKING:
    from guandian.recipes.recipe import Recipe
    from guandian.recipes.sections import Parallel
    from guandian.tracking.run_folder import Mode
    from guandian.training.lr_finder import RangeTest, RateRange
    from guandian.training.parallel.process_group import Group

_NEEDED = ("torch", "transformers", "onnx", "onnxscript", "matplotlib")
Watch = Callable[[bool], AbstractContextManager[OnEvent]]
"""Watches a training while it is open; told whether this is the main process of those that train.

It may take care of Ctrl-C and errors, which come after the run's folder was made ready.
"""


@dataclass(frozen=True, slots=True)
class TrainingJob:
    """One training: a recipe, its data, and the folder of the run.

    Attributes:
        recipe: what to train on what.
        root: holds `data/` and `models/`, or is itself the data folder, beside `models/`; paths
            of a user's own files count from it.
        folder: of the run: checkpoints, best weights, bundle.
        mode: what to do with a run that is there, as `open_run` says.
        precision: of the bundle's weights; None = int8, and a finished run stays as it is.
        trackers: names of those that are told of losses and scores besides the log.
        source: the recipe's file, onto which nothing is written.
    """

    recipe: Recipe
    root: Path
    folder: Path
    mode: Mode = "new"
    precision: Precision | None = None
    trackers: tuple[str, ...] = ()
    source: Path | None = None

    def reads(self) -> list[Path]:
        """The files and folders that the training reads."""
        source = [] if self.source is None else [self.source]
        return [*source, *reads_of(self.recipe, self.root)]


class TrainedRun(NamedTuple):
    """The end of a training.

    Attributes:
        bundle: of the run.
        fresh: whether it was trained or exported now, not finished before.
        main: whether this process is the main one of those that have trained.
    """

    bundle: Bundle
    fresh: bool
    main: bool


def unwatched(main: bool) -> AbstractContextManager[OnEvent]:
    """Watch nothing."""
    del main
    return nullcontext(ignore)


def require_packages(*further: str) -> None:
    """Refuse to begin without the packages that training needs, and further ones.

    Raises:
        GuandianError: some are not installed.
    """
    if lacking := [name for name in (*_NEEDED, *further) if find_spec(name) is None]:
        raise GuandianError(f"training needs {', '.join(lacking)}", "pip install 'guandian[train]'")


def begin_run(job: TrainingJob) -> bool:
    """Make a run's folder ready as `open_run` does; whether nothing is left to do.

    A run that has learned something is not overwritten before its successor's sets and base were
    found and its sets read. A finished run whose bundle has another precision than the job's is
    exported once more.

    Raises:
        GuandianError: as `open_run`, as `train_bundle` where a run would be overwritten, and where
            the run holds what the training reads.
    """
    from guandian.tracking.run_folder import BUNDLE, has_learned, open_run
    from guandian.training.data.dataset import gather

    recipe, folder = job.recipe, job.folder
    keep_what_is_read([folder], job.reads(), job.mode)
    if job.mode == "overwrite" and has_learned(folder):
        StagedTraining(recipe, job.root, ignore)
        if all(part.labelled_by is None for part in recipe.data):  # else a model has to be asked
            gather(recipe, job.root)
    finished = open_run(folder, recipe, job.mode)
    return finished and job.precision in (None, precision_of(Bundle.open(folder / BUNDLE)))


def train(job: TrainingJob, parallel: Parallel = "data", watch: Watch = unwatched) -> TrainedRun:
    """Train by a recipe into a run's folder, or go on with the run, to its bundle.

    All processes that a launcher such as torchrun has started train together.

    Args:
        job: recipe, data and folder.
        parallel: what these processes divide.
        watch: opened when the training begins.

    Raises:
        GuandianError: as `begin_run` and `train_bundle`, where the processes do not fit the recipe,
            and where the disk is full.
        ElsewhereError: the main process failed, in the others.
    """
    with _processes(job, parallel) as (group, finished):
        if not finished:
            with watch(group.main) as on_event, recorded(job, on_event, group) as record:
                form = job.precision or "int8"
                train_bundle(job.recipe, job.root, job.folder, record, group, form)
        return TrainedRun(Bundle.open(job.folder / "bundle"), not finished, group.main)


@contextmanager
def _processes(job: TrainingJob, parallel: Parallel) -> Iterator[tuple[Group, bool]]:
    """Join the processes of a launcher; the main one makes the run's folder ready.

    Yields:
        This process among them, and whether the run is finished.
    """
    from guandian.tracking.run_folder import RECIPE
    from guandian.training.parallel.process_group import joined

    with joined(parallel) as group:

        def begin() -> bool:
            group.refuse_unfit(job.recipe)
            return begin_run(job)

        finished = group.first(begin)
        group.same(str((job.folder / RECIPE).is_file()), f"folders {job.folder}")
        yield group, finished


def train_bundle(
    recipe: Recipe,
    root: Path,
    folder: Path,
    on_event: OnEvent,
    group: Group | None = None,
    precision: Precision = "int8",
) -> Bundle:
    """Train a recipe's stages and its own training, or go on, and write `folder`/bundle.

    Args:
        recipe: what to train on what.
        root: as of a `TrainingJob`.
        folder: of the run; nothing but checkpoints, best weights and bundle is written.
        on_event: told of steps, scores and checkpoints.
        group: the processes that train together, if there are several; the main one exports what
            they have learned, and the others wait for it.
        precision: of the bundle's weights; `float32` where whole numbers lose too much.

    Raises:
        GuandianError: missing data or base, or an exported form that drifts from the original.
    """
    from guandian.training import loop
    from guandian.training.parallel.process_group import ALONE

    group = ALONE if group is None else group
    staged = StagedTraining.agreed(recipe, root, on_event, group)
    for training in staged.trainings(folder, group):
        loop.train(training.recipe, training.inputs, training.folder, on_event, group)
    trained = staged.latest
    group.first(lambda: export_trained(recipe, trained, folder, on_event, precision))
    return Bundle.open(folder / "bundle")


def find_learning_rate(
    recipe: Recipe, root: Path, folder: Path, rates: RateRange, on_event: OnEvent
) -> RangeTest:
    """A range test of the recipe's own model, data, method and losses; nothing is kept.

    Args:
        recipe: what to train on what.
        root: as for `train_bundle`.
        folder: for what a method keeps on disk meanwhile.
        rates: to try.
        on_event: told of steps.

    Raises:
        GuandianError: missing data or base, or a loss that is no number from the beginning.
    """
    from guandian.training.lr_finder import find_rate
    from guandian.training.step import TrainState

    with TrainState(recipe, start(recipe, root, on_event), rates.steps, folder) as state:
        state.share = rates.share
        return find_rate(state, rates, on_event)
