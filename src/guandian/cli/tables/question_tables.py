"""An answered question on a terminal: its call, numbers and quotes, or why there are none."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from guandian.analyst.questions.answered_question import AnswerRow, Numbers, StoreAnswer
from guandian.analyst.questions.refusals import StoreRefusal
from guandian.cli.tables.evaluation_tables import columns
from guandian.display.shares import percent
from guandian.display.tables import Fitted
from guandian.evaluation.intervals.clustered import IntervalEstimate
from guandian.report.mined.figures import net_points, point_ends
from guandian.report.mined.single_review import shown
from guandian.wording import say, term


def show_answered(answered: StoreAnswer, screen: Console) -> None:
    """The call, the numbers with intervals, the quotes; a refusal with what exists."""
    if isinstance(answered.plan, StoreRefusal):
        _show_refusal(answered.plan, screen)
        return
    screen.print(Text(shown(answered.plan.shown()), "dim"), soft_wrap=True)
    if answered.numbers is not None:
        _show_numbers(answered.numbers, screen)


def _show_refusal(refusal: StoreRefusal, screen: Console) -> None:
    screen.print(Text(shown(str(refusal.reason)), "yellow"), soft_wrap=True)
    for dimension, names in refusal.exists.items():
        line = f"  {dimension}: {', '.join(shown(name) for name in names)}"
        screen.print(Text(line, "dim"), soft_wrap=True)


def _show_numbers(numbers: Numbers, screen: Console) -> None:
    names = (
        term("reviews", sense="column"), term("opinions"), term("net"), term("interval"), "%",
        term("interval"),
    )  # fmt: skip
    rows = [_cells(row) for row in numbers.rows]
    filled = [index for index in range(len(names)) if any(row[index] for row in rows)]
    table = columns("", *(names[index] for index in filled))
    for row, cells in zip(numbers.rows, rows, strict=True):
        table.add_row(Text(shown(str(row.name))), *(cells[index] for index in filled))
    if numbers.rows:
        screen.print(Fitted(table))
    for quote in numbers.quotes:
        line = Text(f"“{shown(quote.text)}” ")
        line.append(f"[{shown(quote.review)} {quote.span.start}–{quote.span.end}]", "dim")
        screen.print(line, soft_wrap=True)
    for remark in numbers.remarks:
        screen.print(Text(shown(str(remark)), "yellow"), soft_wrap=True)


def _cells(row: AnswerRow) -> tuple[str, ...]:
    """What a row tells; a column that no row fills is left out."""
    return (
        "" if row.reviews is None else f"{row.reviews:,}",
        "" if row.opinions is None else f"{row.opinions:,}",
        "" if row.net is None else net_points(row.net.value),
        "" if row.net is None else point_ends(row.net),
        "" if row.share is None else percent(row.share.value),
        _share_ends(row.share),
    )


def _share_ends(share: IntervalEstimate | None) -> str:
    return (
        ""
        if share is None
        else f"{percent(share.low)} {say('to', sense='of an interval')} {percent(share.high)}"
    )
