"""Runs as tables in the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from guandian.cli.tables.evaluation_tables import columns, name_text, printable
from guandian.display.tables import Fitted
from guandian.tracking.history import TrainingHistory
from guandian.tracking.status import STATE_NAMES, RunFolder
from guandian.wording import explained, say, term

_COLOURS = {
    "finished": "green",
    "running": "cyan",
    "interrupted": "yellow",
    "failed": "red",
    "refused": "yellow",
    "waiting": "",
    "trial": "dim",
    "broken": "red",
}
_EPOCHS = 12
_USES = {
    "learned": term("learned", sense="heading"),
    "scored": term("scored"),
    "compared": term("compared"),
}


def show_runs(runs: Sequence[RunFolder], screen: Console) -> None:
    """A row a run; what a broken one lacks stands below the table."""
    table = columns(
        term("run"),
        term("state"),
        term("method"),
        term("best dev"),
        term("min"),
        term("seed"),
    )
    for column in table.columns[1:3]:
        column.justify = "left"
    for run in runs:
        table.add_row(
            Text(f"{printable(run.name)}\n{printable(str(run.folder))}"),
            _state(run),
            printable(run.method) or "–",
            "–" if run.best is None else f"{100 * run.best:.1f}",
            "–" if run.minutes is None else f"{run.minutes:.1f}",
            "–" if run.seed is None else printable(str(run.seed)),
        )
    screen.print(Fitted(table))
    for run in runs:
        _wrong(run, screen)


def show_run(run: RunFolder, screen: Console) -> None:
    """All that a run's folder tells."""
    screen.print(Text(printable(f"{run.name} · {run.folder}"), "bold"), soft_wrap=True)
    screen.print(_state(run))
    _wrong(run, screen)
    base = run.recipe.get("base")
    facts = {
        say("method"): run.method,
        say("base"): str(base.get("model", "")) if isinstance(base, dict) else "",
        say("seed"): "" if run.seed is None else str(run.seed),
        say("began"): run.history.began if run.history else "",
        say("minutes"): "" if run.minutes is None else f"{run.minutes:.1f}",
        say("environment"): _environment(run),
    }
    for name, value in facts.items():
        if value:
            screen.print(Text(f"{name}: {printable(value)}"), soft_wrap=True)
    _data(run, screen)
    for training in run.history.trainings if run.history else ():
        _training(training, screen)
    names = ", ".join(sorted(path.name for path in run.folder.iterdir()))
    screen.print(Text(f"{say('files')}: {printable(names)}"), soft_wrap=True)


def _environment(run: RunFolder) -> str:
    packages = run.environment.get("packages")
    versions = packages.items() if isinstance(packages, dict) else ()
    keys = ("guandian", "python", "device", "threads")
    facts = [f"{key} {run.environment[key]}" for key in keys if key in run.environment]
    return ", ".join([*facts, *(f"{name} {version}" for name, version in versions)])


def _data(run: RunFolder, screen: Console) -> None:
    parts = run.history.parts if run.history else []
    if not parts:
        return
    table = columns(term("data"), term("use"), term("texts", sense="heading"), "SHA-256")
    for part in parts:
        if part.use != "apart":
            name = f"{part.set} {part.part} {part.groups}".strip()
            table.add_row(
                printable(name),
                str(_USES.get(part.use, part.use)),
                f"{part.texts:,}",
                f"{part.sha256[:16]}…",
            )
    screen.print(Fitted(table))


def _training(training: TrainingHistory, screen: Console) -> None:
    """Losses and dev scores by epoch, the first and last ones where there are many."""
    rows = list(training.by_epoch())
    stage = f"{say('stage')} {training.stage}: " if training.stage else ""
    progress = f"{training.done:,}/{training.steps:,}" if training.steps else "0"
    best = training.best
    best_dev = ""
    if best:
        at = say("step {best:,}", best=best[0])
        best_dev = f", {say('best')} {100 * best[1]:.1f} ({at})"
    screen.print(
        Text(printable(f"{stage}{say('steps', sense='counted')} {progress}{best_dev}"), "bold"),
        soft_wrap=True,
    )
    if not rows:
        return
    table = columns(
        term("epoch"),
        term("step"),
        term("dev"),
        term("losses"),
        term("tokens/s"),
    )
    table.columns[3].justify = "left"
    half = _EPOCHS // 2
    for row in rows if len(rows) <= _EPOCHS else [*rows[:half], {}, *rows[-half:]]:
        losses = {key[5:]: value for key, value in row.items() if key.startswith("loss.")}
        dev, rate = row.get("dev.mean"), row.get("tokens_per_second")
        table.add_row(
            str(row.get("epoch", "…")),
            str(row.get("step", "…")),
            f"{100 * dev:.1f}" if isinstance(dev, float) else "",
            printable(" ".join(f"{name} {value:.3g}" for name, value in losses.items())),
            f"{rate:,.0f}" if isinstance(rate, float) else "",
        )
    screen.print(Fitted(table))


def _wrong(run: RunFolder, screen: Console) -> None:
    """Print what is missing, and why it failed."""
    if run.missing:
        what = say("missing or unreadable")
        line = f"{run.folder}: {what}: {', '.join(run.missing)}"
        screen.print(Text(printable(line), "red"), soft_wrap=True)
    if run.failure:
        words = " ".join(explained(run.failure).split())
        line = f"{run.folder}: {name_text(STATE_NAMES[run.state])}: {words}"
        screen.print(Text(printable(line), _COLOURS[run.state]), soft_wrap=True)


def _state(run: RunFolder) -> Text:
    return Text(name_text(STATE_NAMES[run.state]), _COLOURS[run.state])
