"""Systems side by side, as tables in the terminal."""

from __future__ import annotations

from itertools import groupby

from rich.console import Console
from rich.text import Text

from guandian.cli.tables.evaluation_tables import (
    columns,
    confusion,
    name_text,
    printable,
    share_percent,
    show_figures,
)
from guandian.display.names import ENTITY_NAMES, Names, label_name
from guandian.display.shares import signed
from guandian.display.tables import Fitted
from guandian.domain import Span
from guandian.evaluation.comparison import ErrorRow, SideBySide
from guandian.evaluation.error_analysis import ErrorKind
from guandian.evaluation.metrics.tuples import QuadLike
from guandian.report.evaluation.comparison_page import task_name
from guandian.report.evaluation.page import letter
from guandian.report.evaluation.terms import ERROR_NAMES
from guandian.wording import counted, say, term

_ROWS = 12
_NONE = "–"


def show_side_by_side(comparison: SideBySide, screen: Console, names: Names, most: int) -> None:
    """Print figures, differences, classes, confusion matrices and errors of systems on one set.

    Args:
        comparison: the systems on the set.
        screen: must not read markup, which reviews could hold.
        names: of the categories.
        most: errors of a kind that are shown with their reviews.
    """
    first = comparison.evaluations[0]
    reviews = counted(first.reviews, "reviews")
    title = f"{first.data} · {reviews} · {say('seed')} {first.seed}"
    screen.print(Text(printable(title), "bold"))
    show_figures(comparison, screen)
    for task in comparison.classes:
        _classes(comparison, task, screen, names)
    for k, evaluation in enumerate(comparison.evaluations):
        if evaluation.opinions:
            title = f"{letter(k)}: {say('polarity of found pairs')}"
            confusion(title, evaluation.opinions.polarity, screen)
        if evaluation.sentiment:
            confusion(f"{letter(k)}: {say('sentiment')}", evaluation.sentiment.scores, screen)
        for name, result in evaluation.labels.items():
            if result.classes:
                confusion(
                    f"{letter(k)}: {say('label')} {printable(name)}",
                    result.classes,
                    screen,
                )
    _errors(comparison, screen, names, most)


def _classes(comparison: SideBySide, task: str, screen: Console, names: Names) -> None:
    rows = comparison.classes[task]
    letters = [letter(k) for k in range(len(comparison.evaluations))]
    table = columns(name_text(task_name(task)), term("gold"), letters[0], *(
        heading for other in letters[1:] for heading in (other, f"{other}−{letters[0]} 95%")
    ))  # fmt: skip
    for row in rows[:_ROWS]:
        cells = [share_percent(row.scores[0].defined.f1) if row.scores[0] else _NONE]
        for score, gain in zip(row.scores[1:], row.gains, strict=True):
            cells.append(share_percent(score.defined.f1) if score else _NONE)
            if gain is None:
                cells.append(_NONE)
                continue
            ends = gain.difference
            value, low, high = map(signed, (ends.value, ends.low, ends.high))
            cells.append(f"{value} ({low} … {high})")
        name = label_name(row.name, ENTITY_NAMES if task == "entities" else names)
        table.add_row(name_text(name), str(row.gold), *cells)
    screen.print(Fitted(table))
    if len(rows) > _ROWS:
        more = len(rows) - _ROWS
        screen.print(say("{more} more in --json and --html", between=" · ", more=more))


def _errors(comparison: SideBySide, screen: Console, names: Names, most: int) -> None:
    """Print the number of errors by kind and system, then some with their reviews."""
    if not comparison.errors:
        return
    letters = [letter(index) for index in range(len(comparison.evaluations))]
    patterns = sorted({row.by for row in comparison.errors})
    who = ["".join(letters[k] for k, wrong in enumerate(by) if wrong) for by in patterns]
    table = columns(term("errors"), *letters, *(f"{say('only')} {systems}" for systems in who))
    for kind in ErrorKind:
        rows = [row for row in comparison.errors if row.kind is kind]
        totals = [_NONE if count is None else str(count) for count in comparison.counts(kind)]
        parts = [str(sum(row.by == by for row in rows)) for by in patterns]
        table.add_row(name_text(ERROR_NAMES[kind]), *totals, *parts)
    screen.print(Fitted(table))
    ordered = sorted(comparison.errors, key=lambda row: (list(ErrorKind).index(row.kind), row.by))
    for (kind, by), alike in groupby(ordered, key=lambda row: (row.kind, row.by)):
        rows_shown = list(alike)[:most]
        wrong = "".join(letters[k] for k, fails in enumerate(by) if fails)
        if rows_shown:
            screen.print(Text(f"{name_text(ERROR_NAMES[kind])} · {wrong}", "bold"))
        for row in rows_shown:
            _error(row, screen, names)


def _error(row: ErrorRow, screen: Console, names: Names) -> None:
    text = row.review.text
    screen.print(Text(f"  {printable(text)}"), soft_wrap=True)
    for name, quad in ((say("gold"), row.gold), (say("predicted"), row.predicted)):
        if quad is not None:
            screen.print(Text(f"    {name}: {_quad(quad, text, names)}", "dim"), soft_wrap=True)


def _quad(quad: QuadLike, text: str, names: Names) -> str:
    def words(span: Span | None) -> str:
        return "∅" if span is None else span.of(text)

    polarity = name_text(label_name(quad.polarity.value))
    category = quad.category and name_text(label_name(quad.category, names))
    parts = [words(quad.aspect), words(quad.expression), category, polarity]
    return printable(" · ".join(part for part in parts if part))
