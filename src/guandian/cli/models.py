"""`guandian models`: which pretrained model to start from, and which one a service answers by."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from guandian.cli.console.resuming import tell_resume
from guandian.cli.console.signals import settle
from guandian.cli.runners.training_run import Changes, RecipeFile, Root, begin_with, numbers_of
from guandian.cli.serving.served_models import (
    promote,
    rollback,
    served,
    set_share,
    trial,
    try_model,
)
from guandian.display.shares import signed
from guandian.display.tables import Fitted
from guandian.errors import GuandianError
from guandian.experiments.compare_models import CandidateModels, Training, compare_models
from guandian.experiments.model_ranking import Entry, ModelRanking
from guandian.io.atomic import write_json_whole
from guandian.io.output_guard import JSON_ENDINGS, refuse_outputs, require_ending
from guandian.pipelines import require_packages
from guandian.report.evaluation.terms import MEASURE_NAMES
from guandian.tracking.run_folder import has_learned
from guandian.wording import say, spoken, term

app = typer.Typer(
    help="Compare pretrained models by one recipe; try, promote and roll back served ones.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


app.command("served")(served)
app.command("try")(try_model)
app.command("share")(set_share)
app.command("trial")(trial)
app.command("promote")(promote)
app.command("rollback")(rollback)


@app.command("compare")
def compare_command(
    recipe: RecipeFile,
    models: Annotated[
        str,
        typer.Option(help="Folders, bundles or Hugging Face ids, as in base.model: a,b,c."),
    ],
    root: Root = Path(),
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="For the runs; by default runs/NAME-models."),
    ] = None,
    seeds: Annotated[str, typer.Option(help="Each trains every model.")] = "1,2",
    by: Annotated[
        Literal["quality", "cost"],
        typer.Option(
            help="Pick the best; or, of those within a point of it (or its deviation over seeds, "
            "if that is more), the one that mines the most reviews a second."
        ),
    ] = "quality",
    changes: Changes = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a comparison; finished runs stay.")
    ] = False,
    json_out: Annotated[
        Path | None,
        typer.Option("--json", help="Write every figure to this file."),
    ] = None,
    overwrite: Annotated[bool, typer.Option(help="Replace that file if it exists.")] = False,
) -> None:
    """Train several models by one recipe: quality, size, minutes, memory, speed, and the pick."""
    require_packages()
    name = begin_with(recipe, changes).name
    folder = out or Path("runs") / f"{name}-models"
    candidates = CandidateModels(
        recipe, root, folder, _names(models), _distinct(seeds), tuple(changes or ())
    )
    refuse_outputs([json_out], [recipe, *candidates.files()], overwrite=overwrite)
    require_ending(json_out, JSON_ENDINGS)
    console = Console(stderr=True, highlight=False)
    try:
        comparison = compare_models(
            candidates,
            lambda training: _tell(console, training),
            resume=resume,
            on_interrupt=settle,
        )
    except KeyboardInterrupt:
        any_trained = any(map(has_learned, candidates.runs()))
        tell_resume(console, say("what was trained stays") if any_trained else None)
        raise typer.Exit(130) from None
    _show(comparison, by, Console(highlight=False))
    _tell_refused(comparison, candidates, Console(highlight=False))
    if json_out is not None:
        write_json_whole(json_out, comparison.to_json(by), overwrite=overwrite)
    if comparison.failed:
        raise typer.Exit(1)


def _names(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(filter(None, (name.strip() for name in text.split(",")))))
    if not names:
        raise GuandianError("--models names no model", "e.g. --models a,b,c")
    return names


def _distinct(seeds: str) -> tuple[int, ...]:
    return tuple(dict.fromkeys(numbers_of("--seeds", seeds)))


_WHAT = {
    "begins": term("training"),
    "done": term("done"),
    "kept": term("finished before"),
    "failed": term("failed"),
}


def _tell(console: Console, training: Training) -> None:
    where = f" → {training.log}" if training.what == "begins" else ""
    words = f": {training.words}" if training.words else ""
    text = (
        f"[{training.number}/{training.total}] {training.model}, seed {training.seed}: "
        f"{_WHAT[training.what]}{where}{words}"
    )
    console.print(Text(text, "red" if training.what == "failed" else ""), soft_wrap=True)


def _show(comparison: ModelRanking, by: Literal["quality", "cost"], console: Console) -> None:
    named = (f"{name} {MEASURE_NAMES[kind]}" for name, kind in comparison.measures.items())
    console.print(Text(f"{say('quality')}: {', '.join(named)}", "bold"))
    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold")
    table.add_column(Text(say("model", between="\n")), overflow="fold")
    for heading in _HEADINGS:
        table.add_column(Text(spoken(*heading, between="\n")), justify="right")
    for entry in sorted(comparison.entries, key=lambda entry: -entry.quality):
        refused = sum(run.refused for run in entry.runs)
        note = f"\n{refused}/{len(entry.runs)} {say('refused')}" if refused else ""
        table.add_row(Text(f"{entry.model}{note}"), *_cells(comparison, entry))
    console.print(Fitted(table))
    for text in _picks(comparison):
        console.print(Text(text), soft_wrap=True)
    pick = comparison.pick(by)
    mark = say("(REFUSED: export it anew first)")
    line = f"{say('pick')}: {pick.model} → {pick.pick.bundle}"
    line, style = (f"{line} {mark}", "bold red") if pick.refused else (line, "bold")
    console.print(Text(line, style), soft_wrap=True)
    for remark in comparison.remarks:
        console.print(Text(str(remark), "yellow"), soft_wrap=True)
    for name, why in comparison.failed.items():
        console.print(Text(f"{say('failed')}: {name}: {why}", "red"), soft_wrap=True)


def _tell_refused(comparison: ModelRanking, candidates: CandidateModels, console: Console) -> None:
    """Name each training whose bundle lost too much, with the command that exports it whole."""
    for entry in comparison.entries:
        for run in (run for run in entry.runs if run.refused):
            command = ["guandian", "train", str(candidates.recipe), "--root", str(candidates.root)]
            command += ["-o", str(run.bundle.parent), "--resume", "--precision", "float32"]
            for change in candidates.changes_of(entry.model, run.seed):
                command += ["--set", change]
            console.print(
                Text(
                    f"{say('refused by the export gate')}: {entry.model}, "
                    f"seed {run.seed}; {say('export it without rounding')}: "
                    f"{shlex.join(command)}",
                    "yellow",
                ),
                soft_wrap=True,
            )


_HEADINGS = (
    term("quality"),
    term("to the best"),
    term("parameters M"),
    term("minutes"),
    term("memory GB"),
    term("reviews/s", sense="heading"),
)


def _cells(comparison: ModelRanking, entry: Entry) -> Sequence[str]:
    spread = "" if entry.deviation is None else f" ± {100 * entry.deviation:.1f}"
    gain = comparison.against_best(entry).difference
    value, low, high = map(signed, (gain.value, gain.low, gain.high))
    cost = entry.cost
    return (
        f"{100 * entry.quality:.1f}{spread}",
        "" if entry is comparison.best else f"{value}\n{low} … {high}",
        f"{entry.encoder / 1e6:,.1f}\n+ {(entry.whole - entry.encoder) / 1e6:,.1f}",
        f"{cost.minutes:,.1f}\nCPU {cost.processor_minutes:,.1f}",
        f"{cost.gigabytes:,.2f}",
        f"{entry.reviews_per_second:,.0f}",
    )


def _picks(comparison: ModelRanking) -> Sequence[str]:
    near = 100 * comparison.near
    return (
        f"{say('by quality')}: {comparison.pick('quality').model}",
        f"{say('by quality per cost')}: {comparison.pick('cost').model} "
        + say("(the quickest at mining of those within {near:.1f} points of the best)", near=near),
    )
