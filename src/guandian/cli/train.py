"""`guandian train`: a recipe and labelled reviews in, a bundle out."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from guandian.bundle import Bundle
from guandian.cli.resuming import tell_resume
from guandian.cli.training_progress import Watching
from guandian.composition import train_bundle
from guandian.errors import GuandianError
from guandian.training.events import Event
from guandian.training.recipe import load_recipe
from guandian.training.run import BUNDLE, Log, Mode, open_run

_NEEDED = ("torch", "transformers", "onnx", "onnxscript")


def train(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="What to train on what: TOML.")],
    root: Annotated[
        Path,
        typer.Option(help="The data folder with the sets, or the folder of data/ and models/."),
    ] = Path(),
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="The run's folder; by default runs/NAME of the recipe."),
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Another value; may be repeated."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an interrupted run; a finished one stays.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Remove a run that exists and begin anew.")
    ] = False,
) -> None:
    """Fine-tune a model by a recipe. 按配方微调模型。"""
    if resume and overwrite:
        raise GuandianError("--overwrite and --resume exclude each other", "say one of them")
    if lacking := [name for name in _NEEDED if find_spec(name) is None]:
        raise GuandianError(f"training needs {', '.join(lacking)}", "pip install 'guandian[train]'")
    asked = load_recipe(recipe, tuple(changes or ()))
    folder = out or Path("runs") / asked.name
    mode: Mode = "overwrite" if overwrite else "resume" if resume else "new"
    console = Console(stderr=True, highlight=False)
    if open_run(folder, asked, mode):
        _tell_bundle(Bundle.open(folder / BUNDLE), "已完成，无需重做 finished before")
        return
    with Log(folder) as log, Watching(console) as watch:

        def tell(event: Event) -> None:
            log(event)
            watch(event)

        try:
            bundle = train_bundle(asked, root, folder, tell)
        except KeyboardInterrupt:
            watch.stop()
            tell_resume(console, _stopped(watch))
            raise typer.Exit(130) from None
    _tell_bundle(bundle, "完成 done")


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


def _stopped(watch: Watching) -> str:
    kept = "" if watch.saved is None else f"; 检查点 checkpoint: {watch.saved:,}"
    return f"中断于第 {watch.step:,} 步 interrupted at step {watch.step:,}{kept}"
