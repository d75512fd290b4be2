"""`guandian models`: which pretrained model to start from."""

from __future__ import annotations

import json
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
from guandian.cli.runners.training_run import Changes, RecipeFile, Root, begin_with
from guandian.display.tables import Fitted
from guandian.errors import GuandianError
from guandian.experiments.compare_models import Asked, Training, compare_models
from guandian.experiments.model_ranking import Comparison, Entry
from guandian.io.atomic import write_whole
from guandian.io.output_guard import refuse_outputs
from guandian.pipelines import require_packages
from guandian.report.evaluation.terms import MEASURE_NAMES
from guandian.tracking.run_folder import forget_unbegun, has_learned
from guandian.tracking.subprocesses import log_of
from guandian.wording import Name, say

app = typer.Typer(
    help="Compare pretrained models by one recipe.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


@app.callback()
def _several() -> None:
    """Keeps `compare` a word of its own while it is the only one."""


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
        Path | None, typer.Option("--json", help="Write every figure to this file.")
    ] = None,
    overwrite: Annotated[bool, typer.Option(help="Replace that file if it exists.")] = False,
) -> None:
    """Train several models by one recipe: quality, size, minutes, memory, speed, and the pick."""
    require_packages()
    whole = begin_with(recipe, changes)
    folder = out or Path("runs") / f"{whole.name}-models"
    if folder.is_dir() and any(folder.iterdir()) and not resume:
        raise GuandianError(
            f"{folder} holds something already",
            "say --resume to go on with a comparison, or choose another folder with -o",
        )
    asked = Asked(recipe, root, folder, _names(models), _numbers(seeds), tuple(changes or ()))
    refuse_outputs([json_out], [recipe, *asked.files()], overwrite=overwrite)
    console = Console(stderr=True, highlight=False)
    try:
        found = compare_models(asked, lambda training: _tell(console, training))
    except BaseException as error:
        runs, stopped = asked.runs(), isinstance(error, KeyboardInterrupt)
        if stopped:
            settle()
        for run in runs:
            if stopped and not has_learned(run):
                log_of(run).unlink(missing_ok=True)
        forget_unbegun(runs)
        if not stopped:
            raise
        kept = any(map(has_learned, runs))
        tell_resume(console, say("已训练的保留", "what was trained stays") if kept else None)
        raise typer.Exit(130) from None
    _show(found, by, Console(highlight=False))
    _tell_refused(found, asked, Console(highlight=False))
    if json_out is not None:
        told = json.dumps(found.to_json(by), ensure_ascii=False, indent=1) + "\n"
        write_whole(json_out, told.encode(), overwrite=overwrite)
    if found.failed:
        raise typer.Exit(1)


def _names(given: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(filter(None, (name.strip() for name in given.split(",")))))
    if not names:
        raise GuandianError("--models names no model", "e.g. --models a,b,c")
    return names


def _numbers(given: str) -> tuple[int, ...]:
    try:
        return tuple(dict.fromkeys(int(seed) for seed in given.split(",")))
    except ValueError as error:
        raise GuandianError(f"--seeds takes numbers, got {given!r}", "e.g. --seeds 1,2") from error


_WHAT = {
    "begins": Name("训练", "training"),
    "done": Name("完成", "done"),
    "kept": Name("早已完成，无需重做", "finished before"),
    "failed": Name("失败", "failed"),
}


def _tell(console: Console, training: Training) -> None:
    where = f" → {training.log}" if training.what == "begins" else ""
    words = f": {training.words}" if training.words else ""
    text = (
        f"[{training.number}/{training.total}] {training.model}, seed {training.seed}: "
        f"{_WHAT[training.what]}{where}{words}"
    )
    console.print(Text(text, "red" if training.what == "failed" else ""), soft_wrap=True)


def _show(found: Comparison, by: Literal["quality", "cost"], console: Console) -> None:
    named = (f"{name} {MEASURE_NAMES[kind]}" for name, kind in found.measures.items())
    console.print(Text(f"{say('质量', 'quality')}: {', '.join(named)}", "bold"))
    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold")
    table.add_column(Text(say("模型", "model", "\n")), overflow="fold")
    for heading in _HEADINGS:
        table.add_column(Text(say(*heading, between="\n")), justify="right")
    for entry in sorted(found.entries, key=lambda each: -each.quality):
        refused = sum(run.refused for run in entry.runs)
        told = f"\n{refused}/{len(entry.runs)} {say('未通过核对', 'refused')}" if refused else ""
        table.add_row(Text(f"{entry.model}{told}"), *_cells(found, entry))
    console.print(Fitted(table))
    for text in _picks(found):
        console.print(Text(text), soft_wrap=True)
    pick = found.pick(by)
    mark = say("（未通过核对，请先重新导出）", "(REFUSED: export it anew first)")
    told = f"{say('选用', 'pick')}: {pick.model} → {pick.pick.bundle}"
    told, style = (f"{told} {mark}", "bold red") if pick.refused else (told, "bold")
    console.print(Text(told, style), soft_wrap=True)
    for name, why in found.failed.items():
        console.print(Text(f"{say('失败', 'failed')}: {name}: {why}", "red"), soft_wrap=True)


def _tell_refused(found: Comparison, asked: Asked, console: Console) -> None:
    """Name each training whose bundle lost too much, with the command that exports it whole."""
    for entry in found.entries:
        for run in (run for run in entry.runs if run.refused):
            command = ["guandian", "train", str(asked.recipe), "--root", str(asked.root)]
            command += ["-o", str(run.bundle.parent), "--resume", "--precision", "float32"]
            for change in asked.changes_of(entry.model, run.seed):
                command += ["--set", change]
            console.print(
                Text(
                    f"{say('未通过核对', 'refused by the export gate')}: {entry.model}, "
                    f"seed {run.seed}; {say('不取整导出', 'export it without rounding')}: "
                    f"{shlex.join(command)}",
                    "yellow",
                ),
                soft_wrap=True,
            )


_HEADINGS = (
    Name("质量", "quality"),
    Name("比最好", "to the best"),
    Name("参数 M", "parameters M"),
    Name("分钟", "minutes"),
    Name("内存 GB", "memory GB"),
    Name("评论/秒", "reviews/s"),
)


def _cells(found: Comparison, entry: Entry) -> Sequence[str]:
    spread = "" if entry.deviation is None else f" ± {100 * entry.deviation:.1f}"
    gain = found.against_best(entry).difference
    ends = (f"{100 * value:+.1f}" for value in (gain.value, gain.low, gain.high))
    value, low, high = ends
    cost = entry.cost
    return (
        f"{100 * entry.quality:.1f}{spread}",
        "" if entry is found.best else f"{value}\n{low} … {high}",
        f"{entry.encoder / 1e6:,.1f}\n+ {(entry.whole - entry.encoder) / 1e6:,.1f}",
        f"{cost.minutes:,.1f}\nCPU {cost.processor_minutes:,.1f}",
        f"{cost.gigabytes:,.2f}",
        f"{entry.reviews_per_second:,.0f}",
    )


def _picks(found: Comparison) -> Sequence[str]:
    near = 100 * found.near
    return (
        f"{say('按质量', 'by quality')}: {found.pick('quality').model}",
        f"{say('按性价比', 'by quality per cost')}: {found.pick('cost').model} "
        + say(
            f"(与最好者相差不到 {near:.1f} 分者中挖掘最快)",
            f"(the quickest at mining of those within {near:.1f} points of the best)",
        ),
    )
