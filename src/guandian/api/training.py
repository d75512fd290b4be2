"""Training from Python, watched in the cell or the terminal that it runs in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from html import escape
from pathlib import Path
from time import monotonic
from typing import Any, Self, overload
from warnings import catch_warnings, filterwarnings

from rich.console import Console

from guandian.api.arguments import FromOne
from guandian.api.error_words import told_in_python
from guandian.api.mining import Model
from guandian.api.mining import open as open_model
from guandian.api.runs import Run, Runs
from guandian.bundle import Precision
from guandian.errors import GuandianError
from guandian.experiments.ensembles import ONE_PROCESS_EACH, members_of, train_ensemble
from guandian.pipelines import require_packages
from guandian.pipelines import train as pipeline
from guandian.pipelines.averaging import average_runs, recipe_of_average
from guandian.pipelines.launch import train_by_workers
from guandian.pipelines.train import TrainingJob
from guandian.recipes.recipe import Recipe, parse_recipe, put, recipe_values
from guandian.recipes.sections import Parallel
from guandian.tracking.console import PHASES, Watching, remarks
from guandian.tracking.events import Event, OnEvent, Phase, Scored, ignore
from guandian.tracking.run_folder import Mode
from guandian.tracking.status import is_run
from guandian.tracking.trackers import require_trackers
from guandian.wording import say

_EVERY_SECONDS = 1.0
Show = Callable[[Mapping[str, str]], None]


class EnsembleRuns(Runs):
    """The runs of an ensemble's members, as `guandian.train` makes them with `seeds` or `folds`.

    Args:
        folder: of the ensemble.
        members: the runs.
    """

    def __init__(self, folder: Path, members: Sequence[Run]) -> None:
        super().__init__(members)
        self.folder = folder

    @told_in_python()
    def model(self, threads: FromOne | None = None) -> Model:
        """The ensemble, to mine with."""
        return open_model(self.folder, threads)


@overload
def train(
    recipe: str | Path | Mapping[str, Any],
    root: str | Path = ".",
    folder: str | Path | None = None,
    changes: Mapping[str, Any] | None = None,
    mode: Mode = "new",
    precision: Precision | None = None,
    *,
    seeds: None = None,
    folds: None = None,
    track: Sequence[str] = (),
    parallel: Parallel = "data",
    workers: FromOne | None = None,
) -> Run: ...


@overload
def train(
    recipe: str | Path | Mapping[str, Any],
    root: str | Path = ".",
    folder: str | Path | None = None,
    changes: Mapping[str, Any] | None = None,
    mode: Mode = "new",
    precision: Precision | None = None,
    *,
    seeds: Sequence[int] | None = None,
    folds: int | None = None,
    track: Sequence[str] = (),
) -> EnsembleRuns: ...


@told_in_python('mode="overwrite"')
def train(
    recipe: str | Path | Mapping[str, Any],
    root: str | Path = ".",
    folder: str | Path | None = None,
    changes: Mapping[str, Any] | None = None,
    mode: Mode = "new",
    precision: Precision | None = None,
    *,
    seeds: Sequence[int] | None = None,
    folds: int | None = None,
    track: Sequence[str] = (),
    parallel: Parallel = "data",
    workers: FromOne | None = None,
) -> Run | EnsembleRuns:
    """Fine-tune a model by a recipe; needs `guandian[train]`.

    Args:
        recipe: a TOML file, or what would stand in one.
        root: the data folder, or the folder of `data/` and `models/`; paths of a user's own files
            count from it.
        folder: of the run; by default `runs/NAME` of the recipe.
        changes: other values by dotted keys, such as `{"optimisation.epochs": 2}`.
        mode: `new` refuses a run that is there, `resume` goes on with it (a finished one stays),
            `overwrite` begins anew.
        precision: of the bundle's weights: `int8`, the default; `int4` in half its bytes; `float32`
            in four times as many, or `float16` in twice; a finished run of another precision than
            is named is exported anew.
        seeds: train under each, and make an ensemble of the bundles.
        folds: train without each of so many folds, likewise.
        track: trackers of losses and scores besides the log: `tensorboard`, `wandb`.
        parallel: what the processes of a launcher or the workers divide: `data`, `shards` or
            `layers`.
        workers: start so many processes that train together by Ray.

    Returns:
        The run; with `seeds` or `folds` those of the members, and the ensemble's folder.

    Raises:
        GuandianError: a package, the data or the base is missing, the run may not be replaced,
            there is no such mode, precision or tracker, or options exclude each other.
        RecipeError: a recipe with an unknown key or a wrong value.
        KeyboardInterrupt: passed on; `mode="resume"` goes on from the last checkpoint.
    """
    require_packages()
    parsed = _recipe(recipe, changes or {})
    path = Path(folder) if folder is not None else Path("runs") / parsed.name
    source = None if isinstance(recipe, Mapping) else Path(recipe)
    job = TrainingJob(parsed, Path(root), path, mode, precision, require_trackers(track), source)
    if seeds is not None or folds is not None:
        if workers is not None or parallel != "data":
            raise GuandianError(*ONE_PROCESS_EACH)
        members = members_of(parsed, seeds, folds)
        ensemble = train_ensemble(job, members, lambda run: _shown(path / run.name))
        return EnsembleRuns(ensemble.path, [Run(path / name) for name in members])
    if workers is not None:
        train_by_workers(job, workers, parallel)
    else:
        pipeline.train(
            job, parallel, lambda main: _shown(path) if main else pipeline.unwatched(main)
        )
    return Run(path)


@told_in_python('mode="overwrite"')
def average(
    runs: Sequence[str | Path | Run],
    root: str | Path = ".",
    folder: str | Path | None = None,
    mode: Mode = "new",
    precision: Precision | None = None,
    *,
    release: str | None = None,
) -> Run:
    """Average the weights of runs of one recipe, such as of several seeds, into one model.

    Args:
        runs: at least two, or their folders.
        root: the folders of data and models, as of `train`.
        folder: of the run that they make; by default `runs/NAME-average`.
        mode: `new`, or `overwrite` to begin anew.
        precision: of the bundle's weights, as of `train`.
        release: of the bundle.

    Returns:
        The run that they make.

    Raises:
        GuandianError: runs of different recipes, one without weights, or as `train`.
    """
    require_packages()
    folders = [run.folder if isinstance(run, Run) else Path(run) for run in runs]
    recipe = recipe_of_average(folders, release)
    path = Path(folder) if folder is not None else Path("runs") / f"{recipe.name}-average"
    job = TrainingJob(recipe, Path(root), path, mode, precision)
    average_runs(folders, job, lambda main: _shown(path) if main else pipeline.unwatched(main))
    return Run(path)


@contextmanager
def _shown(folder: Path, main: bool = True) -> Iterator[OnEvent]:
    """Show a training in the cell or the terminal that it runs in; by the main process alone."""
    console = Console(stderr=True, highlight=False)
    if not main:
        yield ignore
    elif console.is_jupyter:
        with Live(folder, _cell()) as live, catch_warnings():
            filterwarnings("ignore", "IProgress not found")  # tqdm, which nothing here draws with
            yield live
    else:
        with Watching(console) as watch:
            yield watch


class Live:
    """Shows a run that is under way, as its own log tells it.

    Args:
        folder: of the run.
        show: takes what replaces the display before, by media type.
    """

    def __init__(self, folder: Path, show: Show) -> None:
        self._folder, self._show = folder, show
        self._phase = ""
        self._remarks: list[str] = []
        self._shown = 0.0

    def __call__(self, event: Event) -> None:
        """Show an event that is in the log."""
        if isinstance(event, Phase):
            self._phase = f"{PHASES[event.name]} …"
        self._remarks += [words for words, _ in remarks(event)]
        urgent = isinstance(event, Scored | Phase)
        if urgent or monotonic() - self._shown > _EVERY_SECONDS:
            self._shown = monotonic()
            self._update(self._phase)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        """Leave what the run has come to."""
        self._update("")

    def _update(self, phase: str) -> None:
        if not is_run(self._folder):  # it ended with nothing to keep
            words = "\n".join([*self._remarks, say("nothing is kept")])
            self._show({"text/html": f"<pre>{escape(words)}</pre>", "text/plain": words})
            return
        run = Run(self._folder)
        remarked = [*self._remarks, phase] if phase else self._remarks
        plain = "\n".join([repr(run), *self._remarks])
        self._show({"text/html": run.display(remarked), "text/plain": plain})


def _cell() -> Show:
    """An output of the present cell that can be replaced."""
    from IPython.display import display

    ask: Any = display  # it has no types
    handle = ask({"text/plain": ""}, raw=True, display_id=True)

    def show(bundle: Mapping[str, str]) -> None:
        handle.update(bundle, raw=True)

    return show


def _recipe(recipe: str | Path | Mapping[str, Any], changes: Mapping[str, Any]) -> Recipe:
    if isinstance(recipe, Mapping):
        values, source = deepcopy(dict(recipe)), "recipe"
    else:
        values, source = recipe_values(Path(recipe)), str(recipe)
    for key, value in changes.items():
        put(values, key, value, f"changes: {key}")
    return parse_recipe(values, source)
