"""What a stress test found, in a terminal and as the tables of a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from guandian.audits.stress.certificate import SHORT, certified_share
from guandian.audits.stress.rounds import Round
from guandian.audits.stress.stress_json import EDITS
from guandian.audits.stress.stress_test import StressResults
from guandian.display.html import render_html
from guandian.display.shares import signed
from guandian.display.tables import Fitted
from guandian.evaluation.intervals.clustered import IntervalEstimate
from guandian.report.mined.single_review import shown
from guandian.wording import say

_FOLDER = Path(__file__).parent


def _known() -> dict[str, str]:
    """The names of disturbances, defences and tasks."""
    return {
        "homophones": say("homophones"),
        "look-alikes": say("look-alikes"),
        "split": say("split characters"),
        "pinyin": say("pinyin"),
        "emoji": say("emoji"),
        "zero-width": say("zero-width"),
        "typos": say("typos"),
        "asr": say("speech recognition"),
        "sentiment": say("sentiment"),
        "opinions": say("opinions"),
        "cases": say("cases"),
        "target reversed": say("target reversed"),
        "others reversed": say("others reversed"),
        "distractor added": say("distractor added"),
        "all": say("under all three"),
    }


@dataclass(frozen=True, slots=True)
class StressTable:
    """A table of words and figures, ready to be shown.

    Attributes:
        title: over it.
        headings: of its columns; the first `words` of them hold words, the others figures.
        words: how many.
        rows: as many cells as headings.
    """

    title: str
    headings: tuple[str, ...]
    words: int
    rows: tuple[tuple[str, ...], ...]


def stress_tables(results: StressResults) -> list[StressTable]:
    """The tables of all that was done, in the order of the page."""
    tables = [_capabilities(results)]
    if results.rounds:
        tables.append(_rounds(results.rounds))
    if results.aspects:
        tables.append(_aspects(results))
    if results.plan.smoothing is not None:
        tables.append(_certificate(results))
    return tables


def stress_view(results: StressResults) -> Group:
    """All tables, each under its title."""
    parts: list[RenderableType] = []
    for table in stress_tables(results):
        parts += [Text(table.title, style="bold"), _fitted(table), Text()]
    return Group(*parts[:-1])


def round_line(step: Round) -> str:
    """A round in a line, as it is told while others are still going on."""
    value, interval = share_cells(step.attack.success)
    return say(
        "round {number} · {task} · defended: {defences} · turned {turned} of {right}: {value} "
        "({interval}) · right on clean texts {held}",
        number=step.number,
        task=_called(step.attack.task),
        defences=_defences(step),
        turned=step.attack.turned,
        right=step.attack.right,
        value=value,
        interval=interval,
        held=f"{step.held:.1%}",
    )


def stress_page(results: StressResults) -> str:
    """The page of a stress test; it loads nothing and runs nothing."""
    view = {
        "title": say("How a model holds under stress"),
        "about": f"{shown(results.model)} · {shown(results.data)}",
        "legend": say(
            "Failed: what was answered rightly and is not once the text is changed. Intervals: 95%."
        ),
        "tables": stress_tables(results),
    }
    return render_html("stress.html.j2", view, [_FOLDER])


def share_cells(rate: IntervalEstimate | None) -> tuple[str, str]:
    """A share and its 95 % interval, in per cent."""
    if rate is None:
        return "–", ""
    return f"{rate.value:.1%}", f"{rate.low:.1%} – {rate.high:.1%}"


def _fitted(table: StressTable) -> Fitted:
    drawn = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for number, heading in enumerate(table.headings):
        drawn.add_column(heading, justify="left" if number < table.words else "right")
    for row in table.rows:
        drawn.add_row(*map(Text, row))
    return Fitted(drawn)


def _capabilities(results: StressResults) -> StressTable:
    rows = [
        (
            _called(row.capability),
            _called(row.task),
            f"{row.cases:,}",
            f"{row.failures:,}",
            *share_cells(row.rate),
        )
        for row in results.rows
    ]
    headings = (
        say("capability"), say("task"), say("tried"), say("failed"), say("share"), say("interval"),
    )  # fmt: skip
    return StressTable(say("Changed texts"), headings, 2, tuple(rows))


def _rounds(rounds: Sequence[Round]) -> StressTable:
    rows = [
        (
            str(step.number),
            _called(step.attack.task),
            _defences(step),
            f"{step.attack.right:,}",
            f"{step.attack.turned:,}",
            *share_cells(step.attack.success),
            f"{step.attack.accuracy:.1%}",
            f"{step.attack.robust_accuracy:.1%}",
            f"{step.held:.1%}",
            f"{step.attack.queries:.0f}",
        )
        for step in rounds
    ]
    headings = (
        say("round"), say("task"), say("defended"), say("attacked"), say("turned"), say("success"),
        say("interval"), say("right before"), say("right after"), say("right on clean texts"),
        say("queries a text"),
    )  # fmt: skip
    return StressTable(say("Attack and defence"), headings, 3, tuple(rows))


def _aspects(results: StressResults) -> StressTable:
    rows = [
        (
            _called(row.change),
            f"{row.targets:,}",
            f"{row.before:.1%}",
            *share_cells(row.after),
            signed(row.drop / 100),
        )
        for row in results.aspects
    ]
    headings = (
        say("change"), say("tried"), say("right before"), say("right after"), say("interval"),
        say("drop in points"),
    )  # fmt: skip
    return StressTable(say("Polarity of an aspect"), headings, 1, tuple(rows))


def _certificate(results: StressResults) -> StressTable:
    certified = results.certified
    rows = []
    for edits in EDITS:
        number = sum(review.holds(edits) for review in certified)
        cells = share_cells(certified_share(certified, edits))
        rows.append((str(edits), f"{len(certified):,}", f"{number:,}", *cells))
    headings = (
        say("edits"), say("reviews"), say("right and certified"), say("share"), say("interval"),
    )  # fmt: skip
    title = say("Certificate of short reviews, {longest} characters at most", longest=SHORT)
    return StressTable(title, headings, 1, tuple(rows))


def _defences(step: Round) -> str:
    return ", ".join(_called(name) for name in step.defences) or say("nothing")


def _called(name: str) -> str:
    """A name in the reader's language; a suite's abilities have names of their own."""
    return _known().get(name) or shown(name)
