"""`guandian rates`: which learning rate a recipe should have."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from guandian.cli.runners.training_run import Changes, RecipeFile, Root, begin_with
from guandian.errors import GuandianError
from guandian.io.atomic import write_whole
from guandian.io.output_guard import refuse_outputs
from guandian.pipelines import find_learning_rate, reads_of, require_packages
from guandian.tracking.console import Watching
from guandian.tracking.run_folder import STATES
from guandian.wording import say

if TYPE_CHECKING:
    from guandian.display.plots import Kind

_FIGURES, _CURVE = "rates.json", "curve"
_KINDS: tuple[Kind, ...] = ("png", "svg")


def rates(
    recipe: RecipeFile,
    root: Root = Path(),
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="For the figures; by default runs/NAME-rates."),
    ] = None,
    changes: Changes = None,
    steps: Annotated[int, typer.Option(help="From the lowest rate to the highest.")] = 120,
    lowest: Annotated[float, typer.Option(help="The first rate of the encoder.")] = 1e-6,
    highest: Annotated[float, typer.Option(help="The last one, if the loss lasts so long.")] = 1.0,
    overwrite: Annotated[
        bool, typer.Option(help="Replace the figures of an earlier test.")
    ] = False,
) -> None:
    """Find a learning rate and draw its curve."""
    require_packages("matplotlib")
    training_recipe = begin_with(recipe, changes)
    from guandian.training.lr_finder import RateRange

    rate_range = RateRange(lowest, highest, steps)
    folder = out or Path("runs") / f"{training_recipe.name}-rates"
    if (folder / _FIGURES).exists() and not overwrite:
        raise GuandianError(
            f"{folder} holds a test already",
            "say --overwrite to replace it, or choose another folder with -o",
        )
    names = (_FIGURES, STATES, *(f"{_CURVE}.{kind}" for kind in _KINDS))
    if folder.is_dir():
        reads = [recipe, *reads_of(training_recipe, root)]
        refuse_outputs([folder / name for name in names], reads, overwrite=overwrite)
    folder.mkdir(parents=True, exist_ok=True)
    with Watching(Console(stderr=True, highlight=False)) as watch:
        try:
            range_test = find_learning_rate(training_recipe, root, folder, rate_range, watch)
        except BaseException:
            with suppress(OSError):  # figures of before
                folder.rmdir()
            raise
    from guandian.training.lr_plot import draw_lr_curve

    for kind in _KINDS:
        picture = draw_lr_curve(range_test, training_recipe.name, kind)
        write_whole(folder / f"{_CURVE}.{kind}", picture, overwrite=True)
    figures = json.dumps(range_test.to_json(), indent=1) + "\n"
    write_whole(folder / _FIGURES, figures.encode(), overwrite=True)
    _tell(range_test.to_json(), folder, Console(highlight=False))


def _tell(figures: dict[str, object], folder: Path, screen: Console) -> None:
    def rate(key: str) -> str:
        value = figures[key]
        return f"{value:.1e}" if isinstance(value, float) else say("none")

    lines = [
        f"{say('steepest descent')}: {rate('steepest')}",
        f"{say('divergence')}: {rate('diverged')}",
        f"{say('curve')}: {folder / _CURVE}.png, {folder / _CURVE}.svg",
    ]
    if figures["learning_rate"] is None:
        lines.append(
            say("the loss never falls: nothing to suggest; try more --steps, or another range")
        )
    else:
        lines.append(
            f"{say('suggested')}: --set optimisation.learning_rate={rate('learning_rate')} "
            f"--set optimisation.head_learning_rate={rate('head_learning_rate')}"
        )
    for line in lines:
        screen.print(Text(line), soft_wrap=True)
