"""What swaps moved, and errors by group, in a terminal."""

from __future__ import annotations

from rich.console import Group
from rich.table import Table
from rich.text import Text

from guandian.audits.fairness.group_rates import GroupTable
from guandian.audits.fairness.swap_table import Shift, SwapBounds, SwapRow, SwapTable
from guandian.display.tables import Fitted
from guandian.evaluation.intervals.clustered import IntervalEstimate
from guandian.report.mined.single_review import shown
from guandian.wording import Name, say, term


def swap_view(table: SwapTable, bounds: SwapBounds) -> Group:
    """A line for the sentiment and one for the opinions of each row, and which bounds hold."""
    lines = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    lines.add_column(say("swapped"))
    lines.add_column(say("answer"))
    headings = (
        say("pairs"), say("mean"), say("95 %"), say("largest"), say("flips"), say("come or go"),
    )  # fmt: skip
    for heading in headings:
        lines.add_column(heading, justify="right")
    lines.add_column(say("beyond"))
    for row in table.rows:
        lines.add_row(*_line(row, row.sentiment, bounds, str(term("sentiment")), ""))
        if row.opinions is not None:
            gone = f"{100 * row.gone:.2f} %"
            lines.add_row(*_line(row, row.opinions, bounds, str(term("opinions")), gone))
    return Group(Fitted(lines), Text(), *_verdicts(table.rows[-1], bounds))


def group_view(table: GroupTable) -> Group:
    """The rates of each group, and the difference of its odds."""
    lines = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    lines.add_column(say("group"))
    lines.add_column(say("sentiment"))
    for heading in (say("reviews"), say("found"), say("wrongly called so")):
        lines.add_column(heading, justify="right")
    for row in table.rows:
        few = f" ({say('few')})" if row.few else ""
        name = Text(f"{shown(row.group[:60])}{few}")
        rates = (_share(row.recall), _share(row.false_alarms))
        lines.add_row(name, str(_POLARITY[str(row.sentiment)]), f"{row.reviews:,}", *rates)
    odds = [
        Text(
            say(
                "Equalised odds difference of {sentiment}: {value:.3f}",
                sentiment=str(_POLARITY[str(sentiment)]),
                value=value,
            )
        )
        for sentiment, value in table.odds.items()
    ]
    return Group(Fitted(lines), Text(), *odds)


_POLARITY = {"negative": term("negative"), "neutral": term("neutral"), "positive": term("positive")}
_BOUNDS: dict[str, Name] = {
    "mean": term("mean"),
    "largest": term("largest"),
    "flips": term("flips"),
}


def _line(row: SwapRow, shift: Shift, bounds: SwapBounds, answer: str, gone: str) -> list[str]:
    ends = f"{max(shift.mean.low, 0):.4f} – {shift.mean.high:.4f}"
    return [
        " ".join(dict.fromkeys((row.origin, row.kind, row.language))),
        answer,
        f"{shift.number:,}",
        f"{shift.mean.value:.4f}",
        ends,
        f"{shift.largest:.3f}",
        f"{100 * shift.flips.value:.2f} %",
        gone,
        ", ".join(str(_BOUNDS[name]) for name in shift.beyond(bounds)),
    ]


def _verdicts(row: SwapRow, bounds: SwapBounds) -> list[Text]:
    """Which bounds all swaps together hold."""
    allowed = {
        "mean": f"{bounds.mean:g}",
        "largest": f"{bounds.largest:g}",
        "flips": f"{100 * bounds.flips:g} %",
    }
    beyond = row.beyond(bounds)
    verdicts = []
    for answer, shift in (("sentiment", row.sentiment), ("opinions", row.opinions)):
        if shift is None:
            continue
        for name, bound in allowed.items():
            holds = f"{answer}.{name}" not in beyond
            words = say("holds") if holds else say("does not hold")
            verdicts.append(Text(f"{_ANSWERS[answer]}, {_BOUNDS[name]} ≤ {bound}: {words}"))
    return verdicts


_ANSWERS = {"sentiment": term("sentiment"), "opinions": term("opinions")}


def _share(rate: IntervalEstimate | None) -> str:
    if rate is None:
        return "–"
    return f"{100 * rate.value:.1f} % ({100 * rate.low:.1f} – {100 * rate.high:.1f})"
