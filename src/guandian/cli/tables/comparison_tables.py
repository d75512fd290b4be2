"""Systems side by side, as tables in the terminal."""

from __future__ import annotations

from itertools import groupby

from rich.console import Console
from rich.text import Text

from guandian.cli.tables.evaluation_tables import both, columns, confusion, plain, points
from guandian.display.tables import Fitted
from guandian.domain import Span
from guandian.evaluation.comparison import ErrorRow, SideBySide
from guandian.evaluation.error_analysis import ErrorKind
from guandian.evaluation.metrics.tuples import QuadLike
from guandian.report.evaluation.comparison_page import letter, task_name
from guandian.report.evaluation.terms import (
    ENTITY_NAMES,
    ERROR_NAMES,
    UNFITTED,
    Names,
    difference_name,
    label_name,
    measure_name,
)
from guandian.wording import Name, counted, say

_ROWS = 12
_NONE = "–"


def show_side_by_side(found: SideBySide, screen: Console, names: Names, most: int) -> None:
    """Print figures, differences, classes, confusion matrices and errors of systems on one set.

    Args:
        found: the systems on the set.
        screen: must not read markup, which reviews could hold.
        names: of the categories.
        most: errors of a kind that are shown with their reviews.
    """
    first = found.evaluations[0]
    reviews = counted(first.reviews, "条评论", "reviews")
    title = f"{first.data} · {reviews} · {say('种子', 'seed')} {first.seed}"
    screen.print(Text(plain(title), "bold"))
    for place, each in enumerate(found.evaluations):
        screen.print(Text(f"  {letter(place)}  {plain(each.system)}"), soft_wrap=True)
        if each.opinions and not each.fitted:
            screen.print(Text(f"     {both(UNFITTED)}", "dim"), soft_wrap=True)
    _figures(found, screen)
    for task in found.classes:
        _classes(found, task, screen, names)
    for place, each in enumerate(found.evaluations):
        if each.opinions:
            title = f"{letter(place)}: {say('已找到的对的极性', 'polarity of found pairs')}"
            confusion(title, each.opinions.polarity, screen)
        if each.sentiment:
            confusion(f"{letter(place)}: {say('情感', 'sentiment')}", each.sentiment.scores, screen)
        for name, one in each.labels.items():
            if one.classes:
                confusion(
                    f"{letter(place)}: {say('标注项', 'label')} {plain(name)}", one.classes, screen
                )
    _errors(found, screen, most)


def _figures(found: SideBySide, screen: Console) -> None:
    letters = [letter(place) for place in range(len(found.evaluations))]
    table = columns(Name("指标", "measure"), *letters)
    for key, each in found.figures.items():
        table.add_row(
            both(measure_name(key)), *(_NONE if one is None else points(one) for one in each)
        )
    screen.print(Fitted(table))
    for place, gains in enumerate(found.gains, start=1):
        screen.print(Text(f"{letters[place]} {say('与', 'against')} {letters[0]}:", "bold"))
        for key, gain in gains.items():
            ends = gain.difference
            style = "green" if ends.low > 0 else "red" if ends.high < 0 else "dim"
            told = f"  {both(measure_name(key))}: {both(difference_name(gain))}"
            screen.print(Text(told, style), soft_wrap=True)


def _classes(found: SideBySide, task: str, screen: Console, names: Names) -> None:
    rows = found.classes[task]
    letters = [letter(place) for place in range(len(found.evaluations))]
    table = columns(both(task_name(task)), Name("标注", "gold"), letters[0], *(
        heading for one in letters[1:] for heading in (one, f"{one}−{letters[0]} 95%")
    ))  # fmt: skip
    for row in rows[:_ROWS]:
        cells = [points(row.scores[0].f1) if row.scores[0] else _NONE]
        for score, gain in zip(row.scores[1:], row.gains, strict=True):
            cells.append(points(score.f1) if score else _NONE)
            if gain is None:
                cells.append(_NONE)
                continue
            ends = gain.difference
            value, low, high = (
                f"{100 * one:+.1f}".replace("-", "−") for one in (ends.value, ends.low, ends.high)
            )
            cells.append(f"{value} ({low} … {high})")
        name = label_name(row.name, ENTITY_NAMES if task == "entities" else names)
        table.add_row(both(name), str(row.gold), *cells)
    screen.print(Fitted(table))
    if len(rows) > _ROWS:
        more = len(rows) - _ROWS
        screen.print(
            say(
                f"另有 {more} 行，见 --json 或 --html",
                f"{more} more in --json and --html",
                " · ",
            )
        )


def _errors(found: SideBySide, screen: Console, most: int) -> None:
    """How many errors of each kind each system makes, then some with their reviews."""
    if not found.errors:
        return
    letters = [letter(place) for place in range(len(found.evaluations))]
    patterns = sorted({row.by for row in found.errors})
    who = ["".join(letters[k] for k, wrong in enumerate(by) if wrong) for by in patterns]
    table = columns(
        Name("错误", "errors"), *letters, *(f"{say('仅', 'only')} {one}" for one in who)
    )
    for kind in ErrorKind:
        rows = [row for row in found.errors if row.kind is kind]
        totals = [_NONE if one is None else str(one) for one in found.counts(kind)]
        parts = [str(sum(row.by == by for row in rows)) for by in patterns]
        table.add_row(both(ERROR_NAMES[kind]), *totals, *parts)
    screen.print(Fitted(table))
    ordered = sorted(found.errors, key=lambda row: (list(ErrorKind).index(row.kind), row.by))
    for (kind, by), alike in groupby(ordered, key=lambda row: (row.kind, row.by)):
        some = list(alike)[:most]
        wrong = "".join(letters[k] for k, one in enumerate(by) if one)
        if some:
            screen.print(Text(f"{both(ERROR_NAMES[kind])} · {wrong}", "bold"))
        for row in some:
            _error(row, screen)


def _error(row: ErrorRow, screen: Console) -> None:
    text = row.review.text
    screen.print(Text(f"  {plain(text)}"), soft_wrap=True)
    for name, quad in ((say("标注", "gold"), row.gold), (say("预测", "predicted"), row.predicted)):
        if quad is not None:
            screen.print(Text(f"    {name}: {_quad(quad, text)}", "dim"), soft_wrap=True)


def _quad(quad: QuadLike, text: str) -> str:
    def words(span: Span | None) -> str:
        return "∅" if span is None else span.of(text)

    polarity = label_name(quad.polarity.value)
    parts = [words(quad.aspect), words(quad.expression), quad.category, both(polarity)]
    return plain(" · ".join(part for part in parts if part))
