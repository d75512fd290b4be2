"""The view of a training on a terminal: steps, losses, rate, time left, dev scores."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from math import ceil
from time import monotonic
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from guandian.display.shares import signed
from guandian.tracking.events import (
    Began,
    Doubtful,
    Ended,
    Event,
    Few,
    Phase,
    Ready,
    Resumed,
    Saved,
    Scored,
    Stepped,
    Stopping,
    Unfitted,
)
from guandian.wording import Name, counted, explained, say, term
from guandian.wording.wrapping import Whole

PHASES = {
    "reading": term("reading the sets"),
    "confidence": term("fitting the confidence"),
    "exporting": term("exporting the bundle and comparing it with the model"),
    "names": term("learning names beside it"),
    "writing": term("writing the language model"),
}
_SHOWN = 5
_QUIET_SECONDS = 60.0
"""Without a terminal a line comes no more often."""


class _Bar(Progress):
    """The description below the bar: beside it there is no room in 80 columns."""

    def get_renderables(self) -> Iterator[RenderableType]:
        yield from super().get_renderables()
        yield from (Text(task.description) for task in self.tasks)


class Shown:
    """Lines on a console, and below them something live that goes when it is over.

    Args:
        console: to say lines on.
        live: shown where that is a terminal.
    """

    def __init__(self, console: Console, live: Progress | Live) -> None:
        self._console, self._below = console, live
        self._last_shown = monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Take away what is live."""
        self._below.stop()

    def _say(self, text: str, style: str = "") -> None:
        self._console.print(Text(text, style=style), soft_wrap=True)

    def _is_due(self) -> bool:
        """Without a terminal: whether it is time for another line of where things stand."""
        due = monotonic() - self._last_shown > _QUIET_SECONDS
        self._last_shown = monotonic() if due else self._last_shown
        return due


class Watching(Shown):
    """Shows a run on a console; a bar where it is a terminal, else a line now and then.

    Attributes:
        step: done so far, those of before an interrupt too.
        saved: the step of the last checkpoint of this process, None before the first.
        phase: what it does after the last step, such as the export; None before.
    """

    def __init__(self, console: Console) -> None:
        self.step = 0
        self.saved: int | None = None
        self.phase: Name | None = None
        self._first: tuple[int, float] | None = None
        self._best = ""
        self._bar = _Bar(
            BarColumn(24),
            TextColumn("{task.completed:,.0f}/{task.total:,.0f}"),
            TextColumn("{task.fields[rate]:,.0f} tokens/s"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        super().__init__(console, self._bar)

    def __call__(self, event: Event) -> None:
        """Show an event."""
        if isinstance(event, Stepped):
            self._stepped(event)
        elif isinstance(event, Scored):
            star = f" ★ {say('best so far')}" if event.best else ""
            self._best = f"{event.mean:.4f}" if event.best else self._best
            at = say("step {step:,}", step=event.step)
            self._say(f"{at}: {event.mean:.4f}{star}", "bold")
            self._console.print(_scores(event))
        elif isinstance(event, Ready | Ended | Unfitted | Few | Doubtful):
            for words, style in remarks(event):
                self._say(words, style)
        elif isinstance(event, Phase):
            self.phase = PHASES[event.name] if event.name != "reading" else None
            self._bar.stop()
            self._say(f"{PHASES[event.name]} …")
        elif isinstance(event, Began):
            number = f"{event.number}/{event.count}"
            self._say(f"{say('stage')} {number}: {event.name}", "bold")
        elif isinstance(event, Resumed):
            self._resumed(event)
        elif isinstance(event, Stopping):
            self.step = event.step
            self._say(say("stopping when this step is done and kept; press again to stop at once"))
        elif isinstance(event, Saved):
            self.step = self.saved = event.step

    def _resumed(self, event: Resumed) -> None:
        self.step = event.step
        best = ""
        if event.best is not None:
            self._best = f"{event.best:.4f}"
            best = f", {say('best')} {self._best}"
        at = say("going on behind step {step:,}", step=event.step)
        self._say(f"{at}/{event.steps:,}{best}", "bold")

    def _stepped(self, event: Stepped) -> None:
        self.step = event.step
        losses = " ".join(f"{name} {value:.3g}" for name, value in event.losses.items())
        memory = f"{event.gigabytes:.1f} GB  " if event.gigabytes else ""
        best = f"{say('best')} {self._best}  " if self._best else ""
        text, rate = f"{memory}{best}{losses}", event.tokens_per_second
        if self._console.is_terminal:
            if not self._bar.task_ids:
                self._bar.add_task("", total=event.steps, completed=event.step, rate=rate)
                self._bar.start()
            task = self._bar.task_ids[0]
            self._bar.update(task, completed=event.step, description=text, rate=rate)
        elif self._is_due():
            left = self._left(event)
            self._say(f"{event.step:,}/{event.steps:,}  {rate:,.0f} tokens/s  {left}{text}")

    def _left(self, event: Stepped) -> str:
        """The time left at the pace of this process; empty before there is one."""
        if self._first is None or self._first[0] >= event.step:
            self._first = event.step, monotonic()
            return ""
        step, then = self._first
        seconds = (monotonic() - then) / (event.step - step) * (event.steps - event.step)
        return f"{say('left')} {timedelta(seconds=round(seconds))}  "


def _remedy(event: Unfitted) -> Name:
    """The way to enough candidates, as the held-out texts tell; fewer than half are held."""
    if not event.candidates:
        return term("label more, and set holdout")
    enough = ceil(event.needed * event.held_out / event.candidates)
    if (share := ceil(100 * enough / event.texts) / 100) < 0.5:
        return term("set holdout = {share:g}", share=share)
    return term(
        "about {enough:,} would do, which {texts:,} labelled texts cannot spare: "
        "label more, or set holdout = 0 to learn from all of them",
        enough=enough,
        texts=event.texts,
    )


def _ended(event: Ended) -> str:
    return say(
        "scorings without a better one: {stale:,}; ended at step {step:,} of {steps:,}",
        stale=event.stale,
        step=event.step,
        steps=event.steps,
    )


def remarks(event: Event) -> Iterator[tuple[str, str]]:
    """Remarks on an event for whoever trains: words in both languages, and their colour."""
    if isinstance(event, Unfitted):
        yield (
            say(
                "the confidence needs {needed:,} candidate opinions to be fitted, and "
                "the {held_out:,} texts held out have {candidates:,}: it stays that of "
                "the base and may be wrong of these reviews; {en}",
                needed=event.needed,
                held_out=event.held_out,
                candidates=event.candidates,
                en=_remedy(event).en,
                zh=_remedy(event).zh,
            ),
            "yellow",
        )
    if isinstance(event, Few):
        yield (
            say(
                "{epochs:g} epochs of {texts:,} texts are {steps:,} steps alone, too few "
                "to learn much: set",
                epochs=event.epochs,
                texts=event.texts,
                steps=event.steps,
            )
            + f" {event.remedy}",
            "yellow",
        )
    if isinstance(event, Ended):
        yield _ended(event), "bold"
    if isinstance(event, Doubtful):
        change, low, high = map(signed, (event.change, event.low, event.high))
        yield (
            f"{event.name}: "
            + say(
                "the bundle's quad F1 is {change} points off (95 %: {low} … {high}), and "
                "{reviews:,} reviews are too few to tell; --precision float32 rounds none",
                change=change,
                low=low,
                high=high,
                reviews=event.reviews,
            ),
            "yellow",
        )
    if not isinstance(event, Ready):
        return
    for name, (known, texts) in event.known.items():
        yield (
            f"{name}: "
            + say(
                "the base has learned from {known:,} of the {texts:,} texts: scores on them "
                "tell nothing of new ones",
                known=known,
                texts=texts,
            ),
            "yellow",
        )
    for row in event.bad[:_SHOWN]:
        yield f"{say('left out')}: {explained(row)}", "yellow"
    if len(event.bad) > _SHOWN:
        yield (
            say("… and {value:,} more bad rows, all in log.jsonl", value=len(event.bad) - _SHOWN),
            "yellow",
        )
    texts, dropped = sum(event.counts.values()), sum(event.dropped.values())
    yield (
        f"{counted(texts, 'texts', sense='counted')}, "
        + say("{tokens:,} tokens an epoch", tokens=event.tokens)
        + f"; {event.held_out:,} "
        f"{say('held out', sense='of a set')}; {dropped:,} "
        f"{say('dropped, as they stand in a dev part')}; {event.lost:,} "
        + say("annotations lost at windows' borders or, as tags, to overlaps"),
        "",
    )


def _scores(event: Scored) -> Group:
    """Dev scores, a line or more for each set."""
    rows: dict[str, list[str]] = {}
    for key, value in event.scores.items():
        name, measure = key.rsplit("/", 1)
        rows.setdefault(name, []).append(f"{measure} {value:.3f}")
    return Group(
        *(
            Whole(f"  {name}  ", *(f"{measure}  " for measure in measures), indent=4)
            for name, measures in rows.items()
        )
    )
