"""Training by a command: into a run's folder, watched, with a word on how to go on."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from guandian.bundle import Precision
from guandian.cli.console.options import KEY_VALUE
from guandian.cli.console.resuming import INTERRUPTED, tell_resume
from guandian.cli.console.signals import settle
from guandian.errors import GuandianError
from guandian.experiments.several_runs import NextRun, WatchEach
from guandian.pipelines import require_packages
from guandian.recipes.recipe import Recipe, load_recipe
from guandian.tracking.console import Watching
from guandian.tracking.events import OnEvent, ignore
from guandian.tracking.run_folder import TRACKED, Mode, forget_unbegun, has_learned
from guandian.tracking.trackers import require_trackers
from guandian.wording import Name, say, term

RecipeFile = Annotated[Path, typer.Argument(metavar="RECIPE", help="What to train on what: TOML.")]
Root = Annotated[
    Path, typer.Option(help="The data folder with the sets, or the folder of data/ and models/.")
]
Changes = Annotated[
    list[str] | None,
    typer.Option("--set", metavar=KEY_VALUE, help="Another value; may be repeated."),
]

Track = Annotated[
    str | None,
    typer.Option(
        metavar="NAME,...",
        help=f"Send losses and scores to {' or '.join(TRACKED)} besides the log.",
    ),
]


def mode_of(*, resume: bool, overwrite: bool) -> Mode:
    """The way to treat a run that is there.

    Raises:
        GuandianError: both were asked, or training's packages are not installed.
    """
    if resume and overwrite:
        raise GuandianError("--overwrite and --resume exclude each other", "say one of them")
    require_packages()
    return "overwrite" if overwrite else "resume" if resume else "new"


PrecisionOption = Annotated[
    Precision | None,
    typer.Option(
        help="Of the bundle's weights: int8; int4 in half its bytes; where whole numbers lose too "
        "much, float32 in four times as many, or float16 in twice; with --resume a finished run is "
        "exported anew."
    ),
]


def begin_with(path: Path, changes: Sequence[str] | None) -> Recipe:
    """Load a recipe, and tell that its training's libraries are loaded next.

    They take seconds, from a slow disk many, before a training itself has anything to tell.

    Raises:
        RecipeError: as `load_recipe`.
    """
    recipe = load_recipe(path, tuple(changes or ()))
    tell_loading(recipe.name)
    return recipe


def tell_loading(name: str) -> None:
    """Tell that the libraries of a training are loaded next, by the main process alone."""
    if os.environ.get("RANK", "0") == "0":
        loading = say("loading the libraries of a training")
        typer.echo(f"{name}: {loading} …", err=True)


class Stopped(KeyboardInterrupt):
    """Ctrl-C in a training: its step, that of its last checkpoint, and what it does afterwards."""

    def __init__(self, step: int, saved: int | None, phase: Name | None) -> None:
        super().__init__()
        self.step, self.saved, self.phase = step, saved, phase


@contextmanager
def resumable(console: Console, *runs: Path) -> Iterator[None]:
    """Ctrl-C tells what is kept and how to go on, and leaves with 130.

    Runs that have not begun are removed, as they are after an error.

    Args:
        console: to tell it on.
        runs: the folders of all that are trained.
    """
    try:
        yield
    except KeyboardInterrupt as stopped:
        settle()
        forget_unbegun(runs, stopped=True)
        tell_resume(console, _kept(stopped, runs), _place(stopped))
        raise typer.Exit(130) from None
    except BaseException:
        forget_unbegun(runs)
        raise


def trackers_of(names: str | None) -> tuple[str, ...]:
    """The trackers that `--track` names.

    Raises:
        GuandianError: as `require_trackers`, or it names nothing.
    """
    trackers = require_trackers([name.strip() for name in (names or "").split(",")])
    if names is not None and not trackers:
        raise GuandianError("--track names nothing", f"e.g. --track {','.join(TRACKED)}")
    return trackers


@contextmanager
def watched(console: Console, folder: Path, main: bool = True) -> Iterator[OnEvent]:
    """Show a training; Ctrl-C tells what is kept, as `resumable` does.

    Args:
        console: to show it on.
        folder: of the run.
        main: of the processes that train together the main one alone tells.
    """
    if not main:
        try:
            yield ignore
        except KeyboardInterrupt:
            raise typer.Exit(130) from None  # the main process tells
        return
    with resumable(console, folder), _stoppable(console) as watch:
        yield watch


@contextmanager
def _stoppable(console: Console) -> Iterator[OnEvent]:
    """Show a training; Ctrl-C becomes `Stopped`."""
    with Watching(console) as watch:
        try:
            yield watch
        except KeyboardInterrupt:
            raise Stopped(watch.step, watch.saved, watch.phase) from None


def each_watched(console: Console) -> WatchEach:
    """Show trainings one after the other, within `resumable`."""

    def watch(run: NextRun) -> AbstractContextManager[OnEvent]:
        state = f"  {say('finished before', sense='a training')}" if run.finished else ""
        console.print(Text(f"[{run.number}/{run.total}] {run.name}{state}", "bold"))
        return _stoppable(console)

    return watch


def numbers_of(option: str, text: str) -> list[int]:
    """The whole numbers that an option names.

    Raises:
        GuandianError: it names something else.
    """
    try:
        return [int(number) for number in text.split(",")]
    except ValueError as error:
        raise GuandianError(
            f"{option} takes numbers between commas, got {text!r}", f"e.g. {option} 1,2,3"
        ) from error


def _place(stopped: KeyboardInterrupt) -> Name:
    """The place where a training was stopped."""
    if not isinstance(stopped, Stopped):
        return INTERRUPTED
    if not stopped.step:
        return term("interrupted before the first step")
    if (phase := stopped.phase) is not None:
        return term(
            "interrupted after step {step:,}, {en}", step=stopped.step, en=phase.en, zh=phase.zh
        )
    return term("interrupted at step {step:,}", step=stopped.step)


def _kept(stopped: KeyboardInterrupt, runs: Sequence[Path]) -> str | None:
    """Name what stopped trainings can go on from, if there is anything."""
    if isinstance(stopped, Stopped) and stopped.saved is not None:
        return f"{say('checkpoint')}: {stopped.saved:,}"
    if not any(map(has_learned, runs)):
        return None
    if len(runs) > 1:
        return say("what is finished stays")
    return say("the checkpoint of before is kept")
