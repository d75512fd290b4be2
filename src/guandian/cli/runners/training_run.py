"""How a command trains: into a run's folder, watched, told how to go on after an interrupt."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from guandian import pipelines as composition
from guandian.bundle import Bundle, Precision, precision_of
from guandian.cli.console.resuming import INTERRUPTED, tell_resume
from guandian.cli.console.signals import settle
from guandian.errors import GuandianError, likely
from guandian.recipes.recipe import Recipe, load_recipe
from guandian.tracking.console import Watching
from guandian.tracking.events import ignore
from guandian.tracking.run_folder import BUNDLE, TRACKED, Mode, forget_unbegun, has_learned
from guandian.wording import Name, say

if TYPE_CHECKING:
    from guandian.training.parallel.process_group import Group

RecipeFile = Annotated[Path, typer.Argument(metavar="RECIPE", help="What to train on what: TOML.")]
Root = Annotated[
    Path, typer.Option(help="The data folder with the sets, or the folder of data/ and models/.")
]
Changes = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Another value; may be repeated."),
]

Track = Annotated[
    str | None,
    typer.Option(
        metavar="NAME,...",
        help=f"Send losses and scores to {' or '.join(TRACKED)} besides the log.",
    ),
]


def mode_of(*, resume: bool, overwrite: bool) -> Mode:
    """What to do with a run that is there.

    Raises:
        GuandianError: both were asked, or training's packages are not installed.
    """
    if resume and overwrite:
        raise GuandianError("--overwrite and --resume exclude each other", "say one of them")
    composition.require_packages()
    return "overwrite" if overwrite else "resume" if resume else "new"


PrecisionOption = Annotated[
    Precision | None,
    typer.Option(
        help="Of the bundle's weights: int8, or float32 in a bundle four times as large, where "
        "whole numbers lose too much; with --resume a finished run is exported anew."
    ),
]


def begin_with(recipe: Path, changes: Sequence[str] | None) -> Recipe:
    """The recipe that is asked for; tells that its training's libraries are loaded next.

    They take seconds, from a slow disk many, before a training itself has anything to tell.

    Raises:
        RecipeError: as `load_recipe`.
    """
    asked = load_recipe(recipe, tuple(changes or ()))
    if os.environ.get("RANK", "0") == "0":
        loading = say("加载训练所需的库", "loading the libraries of a training")
        typer.echo(f"{asked.name}: {loading} …", err=True)
    return asked


class Stopped(KeyboardInterrupt):
    """Ctrl-C in a training: the step that it has come to, and that of its last checkpoint."""

    def __init__(self, step: int, saved: int | None) -> None:
        super().__init__()
        self.step, self.saved = step, saved


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


def begin(
    recipe: Recipe, root: Path, folder: Path, mode: Mode, precision: Precision | None
) -> bool:
    """Make a run's folder ready as `begin_run` does; whether nothing is left to do.

    A finished run whose bundle has another precision than was asked is exported once more.
    """
    done = composition.begin_run(recipe, root, folder, mode)
    return done and precision in (None, precision_of(Bundle.open(folder / BUNDLE)))


def trackers_of(given: str | None) -> tuple[str, ...]:
    """The trackers that `--track` names.

    Raises:
        GuandianError: for an unknown one, or one whose package is not installed.
    """
    names = tuple(dict.fromkeys(name.strip() for name in (given or "").split(",") if name.strip()))
    if unknown := [name for name in names if name not in TRACKED]:
        raise GuandianError(
            f"--track names {', '.join(map(repr, unknown))}",
            f"{likely(unknown[0], TRACKED)}known: {', '.join(TRACKED)}",
        )
    if given is not None and not names:
        raise GuandianError("--track names nothing", f"e.g. --track {','.join(TRACKED)}")
    if lacking := [name for name in names if find_spec(name) is None]:
        raise GuandianError(f"there is no {', '.join(lacking)}", "pip install 'guandian[track]'")
    return names


def train_run(
    recipe: Recipe,
    root: Path,
    folder: Path,
    console: Console,
    track: Sequence[str] = (),
    group: Group | None = None,
    precision: Precision | None = None,
) -> Bundle:
    """Train in a folder that `open_run` made ready, within `resumable`.

    Of the processes of a group the main one alone writes and tells.

    Raises:
        Stopped: by Ctrl-C.
    """
    form = precision or "int8"
    if group is not None and not group.main:
        try:
            return composition.train_bundle(recipe, root, folder, ignore, group, form)
        except KeyboardInterrupt:
            raise typer.Exit(130) from None  # the main process tells
    with Watching(console) as watch:
        try:
            return composition.train_run(recipe, root, folder, watch, track, group, form)
        except KeyboardInterrupt:
            raise Stopped(watch.step, watch.saved) from None


def _place(stopped: KeyboardInterrupt) -> Name:
    """Where a training was stopped."""
    if not isinstance(stopped, Stopped):
        return INTERRUPTED
    if not stopped.step:
        return Name("在第一步之前中断", "interrupted before the first step")
    return Name(f"中断于第 {stopped.step:,} 步", f"interrupted at step {stopped.step:,}")


def _kept(stopped: KeyboardInterrupt, runs: Sequence[Path]) -> str | None:
    """What trainings that were stopped can go on from, if there is anything."""
    if isinstance(stopped, Stopped) and stopped.saved is not None:
        return f"{say('检查点', 'checkpoint')}: {stopped.saved:,}"
    if not any(map(has_learned, runs)):
        return None
    if len(runs) > 1:
        return say("已完成的保留", "what is finished stays")
    return say("保留此前的检查点", "the checkpoint of before is kept")
