"""The report for a terminal: the summary after mining."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from guandian.display.names import Names
from guandian.display.tables import Fitted
from guandian.domain import Polarity
from guandian.evaluation.correction import Correction, net_of
from guandian.evaluation.intervals.clustered import IntervalEstimate
from guandian.report.mined.aggregate import Aggregate
from guandian.report.mined.figures import net_points, percent_ends, point_ends
from guandian.report.mined.payload import display
from guandian.report.mined.quotes import Quote
from guandian.report.mined.remarks import ASIDE, aggregate_remarks
from guandian.report.mined.single_review import COLOURS, both_names, shown, warning
from guandian.report.mined.standing_out import disagreements
from guandian.report.mined.tallies import OpinionTally
from guandian.wording import counted, say, spoken, term
from guandian.wording.wrapping import Whole

_SIDES = {
    "opinions": term("opinions"),
    "reviews": term("whole reviews"),
    "stars": term("stars"),
}
_DISAGREE = term("their intervals do not meet, read quotes")


@dataclass(frozen=True, slots=True)
class MiningRun:
    """The time and the counts of a mining run.

    Args:
        seconds: wall-clock time.
        cores: processor cores that were used.
        reviews: reviews mined in this run (a resumed run reports more than it mines).
        rejected: rows that could not be read.
        rejects: where those rows are kept; empty when nowhere.
        repeated_ids: reviews with the id of an earlier one.
    """

    seconds: float
    cores: int
    reviews: int
    rejected: int = 0
    rejects: str = ""
    repeated_ids: int = 0


def summary_table(
    total: Aggregate,
    names: Names,
    run: MiningRun | None = None,
    *,
    rows: int = 12,
    minimum: int = 10,
    correction: Correction | None = None,
) -> Group:
    """Two tables of what was mined, with quotes, and how it went when `run` is given.

    Args:
        total: the counts.
        names: Chinese and English names of the categories.
        run: how mining went.
        rows: rows of a table at most.
        minimum: what rests on fewer reviews is dim.
        correction: of every net for what the model misses; None shows them as found.
    """
    parts: list[RenderableType] = [_headline(total), *_sides(total, correction), _rest(total)]
    parts += [warning(str(words), 1) for words in aggregate_remarks(total, correction)]
    if total.whole.tally.opinions:
        categories = [
            (both_names(display(key, names)), cell) for key, cell in total.categories.ranked()
        ]
        aspects = [(total.spelling(key), cell) for key, cell in total.aspects.ranked()]
        shape = (rows, minimum, correction)
        parts.append(_table(say("category", between="\n"), categories, *shape))
        if aspects:
            parts.append(_table(say("aspect", between="\n"), aspects, *shape))
    if run:
        parts.append(_speed(run))
        if run.repeated_ids:
            words = say("a review has the id of an earlier one")
            parts.append(warning(words, run.repeated_ids))
    parts += [warning(words, number) for words, number in total.warnings.most_common(5)]
    return Group(*parts)


def _headline(total: Aggregate) -> Text:
    line = Text(counted(total.reviews, "reviews"))
    line.append(" · ").append(counted(total.whole.tally.opinions, "opinions", sense="counted"))
    line.highlight_regex(r"[\d,]+", "bold")
    return line


def _sides(total: Aggregate, correction: Correction | None) -> list[RenderableType]:
    """The net of the opinions, of whole reviews and of stars, and where they disagree."""
    stars, mean = total.stars, total.stars.mean()
    heading = say("net of the opinions")
    heading += f" {say('corrected')}" if correction else ""
    lines = [_side(heading, net_of(total.whole.tally, correction))]
    net = total.whole.tally.net()
    if correction and net:
        lines[0].append(Text(f" · {say('as found')} {net_points(net.value)}", "dim"))
    lines.append(_side(say("of whole reviews"), total.of_reviews(correction)))
    if correction and (plain := total.of_reviews()) and correction.of_reviews(total.sentiment):
        lines[-1].append(Text(f" · {say('as found')} {net_points(plain.value)}", "dim"))
    if mean:
        lines.append(_side(say("of the stars"), stars.net()))
        lines[-1].append(Text(f" · {mean.value:.1f} / {stars.scale:g} ★", "dim"))
    shown = [Whole(*line) for line in lines if line]
    for name, other in disagreements(total, correction):
        words = f"{_SIDES[name]} {say('and')} {_SIDES[other]}: {_DISAGREE}"
        shown.append(Whole(warning(words, 1)))
    return [*shown]


def _side(name: str, net: IntervalEstimate | None) -> list[Text]:
    if net is None:
        return []
    return [Text(f"{name} "), _net(net).append(f" ({point_ends(net)})", "dim not bold")]


def _rest(total: Aggregate) -> Whole:
    """Reviews that say nothing, that nobody wrote, and that are copies."""
    parts, share = list[str](), total.without_opinion()
    if share:
        parts.append(f"{total.silent:,} {say('without an opinion')} ")
        parts.append(f"({percent_ends(share)} %) · ")
    if aside := total.aside.total():
        whys = ", ".join(f"{number:,} {ASIDE[why]}" for why, number in total.aside.most_common())
        parts += [f"{aside:,} {say('set aside')} ", f"({whys}) · "]
    if copies := total.copies.repeated:
        parts.append(counted(copies, "copies", sense="pasted"))
    return Whole(*parts)


def _table(
    name: str,
    ranked: Iterable[tuple[str, OpinionTally]],
    rows: int,
    minimum: int,
    correction: Correction | None,
) -> Fitted:
    ranked = list(ranked)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, expand=False)
    table.add_column(name, no_wrap=True, max_width=26, overflow="ellipsis")
    table.add_column(say("opinions", between="\n"), justify="right", no_wrap=True)
    heading = term("corrected net") if correction else term("net")
    table.add_column(spoken(*heading, "\n"), justify="right", no_wrap=True)
    table.add_column(say("interval", between="\n"), justify="right", no_wrap=True, style="dim")
    table.add_column(say("quote", between="\n"))  # alone in giving way to a narrow terminal
    for label, cell in ranked[:rows]:
        net = net_of(cell.tally, correction)
        if net is None:
            continue
        table.add_row(
            Text(shown(label)),
            f"{cell.tally.opinions:,}",
            _net(net),
            point_ends(net),
            _typical(cell),
            style="dim" if cell.tally.reviews < minimum else None,
        )
    if len(ranked) > rows:
        table.caption = f"{say('more')} {len(ranked) - rows:,}"
    return Fitted(table)


def typical_quote(cell: OpinionTally) -> Quote | None:
    """The most typical quote of the commonest polarity, None where none is kept."""
    number = {
        Polarity.POSITIVE: cell.tally.positive,
        Polarity.NEGATIVE: cell.tally.negative,
        Polarity.NEUTRAL: cell.tally.neutral,
    }
    quotes = cell.sample.typical(max(number, key=lambda polarity: number[polarity]))
    return quotes[0] if quotes else None


def _typical(cell: OpinionTally) -> Text:
    """The clause of the most typical quote."""
    quote = typical_quote(cell)
    clause, style = (shown(quote.clause), COLOURS[quote.polarity]) if quote else ("", "")
    return Text(clause, style=style, no_wrap=True, overflow="ellipsis")


def _speed(run: MiningRun) -> Whole:
    parts: list[Text] = []
    if run.seconds > 0:
        fast = run.reviews / run.seconds
        for number, unit in (
            (fast, say("reviews/s")),
            (fast / max(1, run.cores), say("a core")),
        ):
            parts.append(Text(rate(number), "bold").append(f" {unit} · ", "not bold"))
    cores = counted(run.cores, "cores")
    parts += [Text(f"{run.seconds:,.1f} {say('s')} · "), Text(f"{cores} · ")]
    style = "bold red" if run.rejected else ""
    parts.append(Text(counted(run.rejected, "rejects"), style))
    if run.rejected and run.rejects:
        parts.append(Text(f" → {shown(run.rejects)}"))
    return Whole(*parts)


def _net(net: IntervalEstimate) -> Text:
    style = "bold green" if net.low > 0 else "bold red" if net.high < 0 else "bold"
    return Text(net_points(net.value), style=style)


def rate(number: float) -> str:
    """A number of reviews a second: whole, or in two digits where it is small."""
    return f"{number:,.0f}" if number >= 10 or not number else f"{number:.2g}"
