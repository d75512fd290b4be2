"""The rungs of a ladder at a terminal."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from guandian.display.shares import signed
from guandian.display.tables import Fitted
from guandian.evaluation import Interval
from guandian.experiments.ladder.standings import MODEL, RungStanding, Standings
from guandian.wording import say, spoken, term

WIDE = "guandian-wide"


def tell_standings(standings: Standings, screen: Console) -> None:
    """Print a row for each rung, and which to take."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold")
    table.add_column(Text(say("rung", between="\n")), overflow="fold")
    for heading in _HEADINGS:
        table.add_column(Text(spoken(*heading, between="\n")), justify="right")
    for row in standings.rows:
        style = "bold" if row is standings.pick else "dim" if not row.passed else ""
        table.add_row(Text(_name(row, standings)), *_cells(row, standings), style=style)
    screen.print(Text(f"{standings.of}, {row_counts(standings)}", "bold"), soft_wrap=True)
    screen.print(Fitted(table))
    screen.print(Text(str(standings.why()), "bold"), soft_wrap=True)
    for name, why in standings.failed.items():
        screen.print(Text(f"{say('failed')}: {name}: {why}", "red"), soft_wrap=True)


def row_counts(standings: Standings) -> str:
    """How many reviews quality and speed were measured on."""
    return say(
        "judged on {reviews:,} reviews, timed on {texts:,}",
        reviews=standings.model.pooled.reviews,
        texts=standings.texts,
    )


_HEADINGS = (
    term("shape"),
    term("MB"),
    term("reviews/s", sense="heading"),
    term("tuple F1"),
    term("change"),
    term("wide"),
    term("CPU minutes"),
)


def _name(row: RungStanding, standings: Standings) -> str:
    if row.name == MODEL:
        return f"{say('the model itself')}\n{row.precision}"
    verdict = term("proven") if row.proven else term("in doubt") if row.passed else term("lost")
    mark = " ←" if row is standings.pick else ""
    return f"{row.name}{mark}\n{row.precision}, {verdict}"


def _cells(row: RungStanding, standings: Standings) -> tuple[str, ...]:
    shape, model = row.shape, standings.model
    wide = row.row(WIDE)
    itself = row is model
    return (
        f"{shape.layers} × {shape.heads / shape.layers:.3g}/{shape.width:.0f}\n"
        f"{shape.vocabulary:,}",
        f"{row.megabytes:.1f}",
        f"{row.rate:,.0f}\n{row.rate / model.rate:.2f} ×",
        f"{100 * row.pooled.exported:.1f}",
        "" if itself else _change(row.pooled.change),
        "" if itself or wide is None else _change(wide.change),
        "" if itself else f"{row.cost.processor_minutes:,.1f}",
    )


def _change(change: Interval) -> str:
    return f"{signed(change.value)}\n{signed(change.low)} … {signed(change.high)}"
