"""`guandian tune`: search for a better recipe."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from guandian.cli.console.resuming import tell_resume
from guandian.cli.console.signals import settle
from guandian.cli.console.tune_progress import STATES, SearchProgress, parameter_text, score_points
from guandian.cli.runners.training_run import Changes, RecipeFile, Root, begin_with
from guandian.display.tables import Fitted
from guandian.errors import GuandianError
from guandian.io.atomic import write_whole
from guandian.io.output_guard import keep_apart
from guandian.pipelines import reads_of, require_packages
from guandian.wording import say

if TYPE_CHECKING:
    from guandian.tuning.trial_log import Found

_FIGURES = "found.json"
_SHOWN = 10


def tune(
    recipe: RecipeFile,
    space: Annotated[Path, typer.Argument(metavar="SPACE", help="What may change and how: TOML.")],
    root: Root = Path(),
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="The study's folder; by default runs/NAME-tune."),
    ] = None,
    trials: Annotated[
        int | None, typer.Option(min=1, help="So many trials, all processes together.")
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(min=0.01, help="So long by the clock; pauses before --resume left out."),
    ] = None,
    processes: Annotated[
        int, typer.Option(min=1, max=256, help="So many trials at a time, on this machine.")
    ] = 1,
    changes: Changes = None,
    pruning: Annotated[
        bool, typer.Option("--pruning/--no-pruning", help="Stop weak trials early.")
    ] = True,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a study; what was interrupted too.")
    ] = False,
    on_ray: Annotated[
        bool,
        typer.Option(
            "--ray", help="Leave the trials to Ray Tune: on RAY_ADDRESS, else on this machine."
        ),
    ] = False,
) -> None:
    """Search for a better recipe."""
    require_packages("matplotlib")
    if find_spec("optuna") is None:
        raise GuandianError("a search needs optuna", "pip install 'guandian[tune]'")
    if on_ray and find_spec("ray") is None:
        raise GuandianError("--ray needs Ray", "pip install 'guandian[scale]'")
    if trials is None and minutes is None:
        raise GuandianError(
            "a search needs a budget", "say --trials 40, --minutes 120, or both: the first one ends"
        )
    overrides = tuple(changes or ())
    whole = begin_with(recipe, overrides)
    from guandian.tracking.run_folder import BEST_RECIPE, STORAGE
    from guandian.tuning.search import search
    from guandian.tuning.search_plots import PICTURES, draw_search
    from guandian.tuning.trial_log import SearchRequest

    folder = out or Path("runs") / f"{whole.name}-tune"
    written = [folder / name for name in (BEST_RECIPE, _FIGURES, *PICTURES)]
    keep_apart(written, [recipe, space, *reads_of(whole, root)])
    settings = SearchRequest(
        recipe, space, root, folder, overrides, trials, minutes, processes, pruning, resume, on_ray
    )
    console = Console(stderr=True, highlight=False)
    with SearchProgress(console, trials) as watch:
        try:
            result = search(settings, watch)
        except KeyboardInterrupt:
            settle()
            watch.stop()
            started = (folder / STORAGE).is_file()
            words = say("what was tried is kept in")
            tell_resume(console, f"{words} {folder}" if started else None)
            raise typer.Exit(130) from None
    figures = json.dumps(result.to_json(), ensure_ascii=False, indent=1) + "\n"
    write_whole(folder / _FIGURES, figures.encode(), overwrite=True)
    pictures = draw_search(result, folder)
    screen = Console(highlight=False)
    screen.print(Fitted(_trials(result)))
    if result.importance:
        screen.print(Fitted(_importance(result)))
    else:
        screen.print(Text(_silent(result)), soft_wrap=True)
    for line in _ending(result, root, pictures):
        screen.print(Text(line), soft_wrap=True)


def _trials(result: Found) -> Table:
    """The best trials, the parameters of each in full."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for heading in (
        say("trial", between="\n"),
        say("score", between="\n"),
        say("minutes", between="\n"),
    ):
        table.add_column(Text(heading), justify="right")
    table.add_column(Text(say("parameters", between="\n")), overflow="fold")
    complete = [row for row in result.rows if row.state == "complete"]
    for row in sorted(complete, key=lambda row: (-(row.score or 0.0), row.number))[:_SHOWN]:
        own = f" {say('the recipe itself')}" if result.first == row else ""
        cells = (str(row.number), score_points(row.score), f"{row.minutes:.1f}")
        table.add_row(*cells, Text(f"{parameter_text(row.parameters)}{own}"))
    return table


def _importance(result: Found) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold")
    table.add_column(Text(say("parameter", between="\n")), overflow="fold")
    table.add_column(Text(say("importance %", between="\n")), justify="right")
    for name, share in result.importance.items():
        table.add_row(Text(name), f"{100 * share:.0f}")
    return table


def _silent(result: Found) -> str:
    """The reason why nothing is said of the parameters."""
    from guandian.tuning.importance import CARRIED

    complete = sum(row.state == "complete" for row in result.rows)
    if complete < CARRIED:
        return say(
            "importance: {complete} complete trials carry none, {CARRIED} would",
            complete=complete,
            CARRIED=CARRIED,
        )
    return say(
        "importance: in {complete} complete trials no parameter says more than chance",
        complete=complete,
    )


def _ending(result: Found, root: Path, pictures: Sequence[Path]) -> list[str]:
    """The last lines: how many trials there were, what was won, and how to go on."""
    counts = {state: sum(row.state == state for row in result.rows) for state in STATES}
    lines = [", ".join(f"{n:,} {STATES[state]}" for state, n in counts.items() if n)]
    best = f"{say('best')}: {score_points(result.best.score)}"
    if result.first is None:
        lines.append(f"{best} (" + say("the recipe itself was not tried to its end") + ")")
    else:
        gain = 100 * ((result.best.score or 0.0) - (result.first.score or 0.0))
        lines.append(
            f"{best}, {say('the recipe itself')}: {score_points(result.first.score)} ({gain:+.2f})"
        )
    from guandian.recipes.sections import FEW_STEPS
    from guandian.tracking.status import is_run, open_folder_of_run

    lines.append(f"→ {' '.join(map(str, (result.recipe, *pictures)))}")
    run = result.recipe.parent / result.best.folder
    history = open_folder_of_run(run).history if is_run(run) else None
    if history and history.own and 0 < history.own.steps < FEW_STEPS:
        steps = history.own.steps
        lines.append(
            f"{say('note')}: "
            + say(
                "the best trial took {steps} steps alone, too few to learn much: raise "
                "optimisation.epochs",
                steps=steps,
            )
        )
    train = ["guandian", "train", str(result.recipe), "--root", str(root)]
    lines.append(f"{say('export its bundle')}: {shlex.join([*train, '-o', str(run), '--resume'])}")
    lines.append(f"{say('try other seeds')}: {shlex.join([*train, '--seeds', '2,3,4'])}")
    return lines
