"""The report for a terminal: the summary after mining, and one review with its spans coloured."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from guandian.domain import Mined, Polarity, Review
from guandian.report.aggregate import Aggregate
from guandian.report.cells import Cell
from guandian.report.fitting import Fitted
from guandian.report.intervals import Estimate
from guandian.report.payload import Names, display
from guandian.report.quotes import Quote
from guandian.wording import Name, explained, say

_COLOURS = {Polarity.POSITIVE: "green", Polarity.NEGATIVE: "red", Polarity.NEUTRAL: "yellow"}
_WORDS = {
    Polarity.POSITIVE: Name("正面", "positive"),
    Polarity.NEGATIVE: Name("负面", "negative"),
    Polarity.NEUTRAL: Name("中性", "neutral"),
}
# What a terminal would obey or lose: controls, direction marks, separators, lone surrogates.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


@dataclass(frozen=True, slots=True)
class Run:
    """How a mining run went.

    Args:
        seconds: wall-clock time.
        cores: processor cores that were used.
        reviews: reviews mined in this run (a resumed run reports more than it mines).
        rejected: rows that could not be read.
        rejects: where those rows are kept; empty when nowhere.
        duplicates: reviews whose text had been answered before.
        repeated_ids: reviews with the id of an earlier one.
    """

    seconds: float
    cores: int
    reviews: int
    rejected: int = 0
    rejects: str = ""
    duplicates: int = 0
    repeated_ids: int = 0


def summary_table(
    total: Aggregate, names: Names, run: Run | None = None, *, rows: int = 12, minimum: int = 10
) -> Group:
    """What was mined, in two tables with quotes; how it went, when `run` is given.

    Args:
        total: the counts.
        names: Chinese and English names of the categories.
        run: how mining went.
        rows: rows of a table at most.
        minimum: what rests on fewer reviews is dim.
    """
    parts: list[RenderableType] = [_headline(total)]
    if total.whole.tally.opinions:
        categories = [(_both(display(key, names)), cell) for key, cell in total.categories.ranked()]
        aspects = [(total.spelling(key), cell) for key, cell in total.aspects.ranked()]
        parts.append(_table(say("类别", "category", "\n"), categories, rows, minimum))
        if aspects:
            parts.append(_table(say("评价对象", "aspect", "\n"), aspects, rows, minimum))
    if run:
        parts.append(_speed(run))
        if run.repeated_ids:
            words = say("编号与前面的评论相同", "a review has the id of an earlier one")
            parts.append(_warning(words, run.repeated_ids))
    parts += [_warning(words, number) for words, number in total.warnings.most_common(5)]
    return Group(*parts)


def one_review(review: Review, mined: Mined, names: Names) -> Group:
    """One review with its spans coloured, and its opinions below."""
    found = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for opinion in mined.opinions:
        colour = _COLOURS[opinion.polarity]
        found.add_row(
            Text(shown(opinion.tag), style=colour),
            Text(shown(_both(display(opinion.category, names)))),
            Text(str(_WORDS[opinion.polarity]), style=colour),
            Text(f"{opinion.confidence:.0%}", style="dim"),
        )
    label = mined.sentiment.label
    whole = Text(f"{say('整体', 'whole review')}: ").append(
        str(_WORDS[label]), style=_COLOURS[label]
    )
    none = Text(say("没有观点", "no opinion found"), style="dim")
    warnings = [_warning(words, 1) for words in mined.warnings]
    body = found if mined.opinions else none
    return Group(coloured(review, mined), Text(), body, whole, *warnings)


def coloured(review: Review, mined: Mined) -> Text:
    """The review's text, aspects underlined and expressions bold, in their polarity's colour."""
    text = Text(shown(review.text, lines=True))
    for opinion in mined.opinions:
        colour = _COLOURS[opinion.polarity]
        if opinion.aspect is None and opinion.expression is None:
            text.stylize(f"italic {colour}", opinion.evidence.start, opinion.evidence.end)
        if opinion.aspect:
            text.stylize(f"underline {colour}", opinion.aspect.start, opinion.aspect.end)
        if opinion.expression:
            text.stylize(f"bold {colour}", opinion.expression.start, opinion.expression.end)
    return text


def shown(text: str, *, lines: bool = False) -> str:
    """The text with everything that a terminal would obey made visible, character for character.

    With `lines`, line breaks and tabs stay; otherwise they become spaces.
    """
    safe = _UNSAFE.sub(lambda found: _visible(ord(found.group())), text)
    return safe if lines else safe.replace("\n", " ").replace("\t", " ")


def _visible(code: int) -> str:
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else "\ufffd"


def _headline(total: Aggregate) -> Text:
    tally = total.whole.tally
    line = Text()
    line.append(f"{total.reviews:,}", style="bold").append(f" {say('条评论', 'reviews')} · ")
    line.append(f"{tally.opinions:,}", style="bold").append(f" {say('个观点', 'opinions')}")
    if net := tally.net():
        line.append(f" · {say('净情感', 'net sentiment')} ").append_text(_net(net))
        line.append(f" ({points(net.low)} … {points(net.high)})", style="dim")
    return line


def _table(name: str, ranked: Iterable[tuple[str, Cell]], rows: int, minimum: int) -> Fitted:
    ranked = list(ranked)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, expand=False)
    table.add_column(name, no_wrap=True, max_width=26, overflow="ellipsis")
    table.add_column(say("观点", "opinions", "\n"), justify="right", no_wrap=True)
    table.add_column(say("净情感", "net", "\n"), justify="right", no_wrap=True)
    table.add_column(say("95%区间", "interval", "\n"), justify="right", no_wrap=True, style="dim")
    table.add_column(say("原话", "quote", "\n"))  # alone in giving way to a narrow terminal
    for label, cell in ranked[:rows]:
        net = cell.tally.net()
        if net is None:
            continue
        table.add_row(
            Text(shown(label)),
            f"{cell.tally.opinions:,}",
            _net(net),
            f"{points(net.low)} … {points(net.high)}",
            _typical(cell),
            style="dim" if cell.tally.reviews < minimum else None,
        )
    if len(ranked) > rows:
        table.caption = f"{say('还有', 'more')} {len(ranked) - rows:,}"
    return Fitted(table)


def commonest_quote(cell: Cell) -> Quote | None:
    """A quote of the commonest polarity, None where none is kept."""
    number = {
        Polarity.POSITIVE: cell.tally.positive,
        Polarity.NEGATIVE: cell.tally.negative,
        Polarity.NEUTRAL: cell.tally.neutral,
    }
    quotes = cell.sample.quotes(max(number, key=lambda each: number[each]))
    return quotes[0] if quotes else None


def _typical(cell: Cell) -> Text:
    """That quote: the clause that the opinion stands in."""
    quote = commonest_quote(cell)
    clause, style = (_clause(quote), _COLOURS[quote.polarity]) if quote else ("", "")
    return Text(clause, style=style, no_wrap=True, overflow="ellipsis")


def _clause(quote: Quote) -> str:
    return shown("".join(piece.text for piece in quote.pieces if "e" in piece.kinds).strip())


def _speed(run: Run) -> Text:
    line = Text()
    if run.seconds > 0:
        fast = run.reviews / run.seconds
        line.append(rate(fast), style="bold").append(f" {say('条/秒', 'reviews/s')} · ")
        line.append(rate(fast / max(1, run.cores)), style="bold").append(
            f" {say('每核', 'a core')} · "
        )
    line.append(f"{run.seconds:,.1f} {say('秒', 's')} · {run.cores} {say('核', 'cores')} · ")
    if run.duplicates:
        line.append(f"{run.duplicates:,} {say('条重复', 'duplicates')} · ")
    style = "bold red" if run.rejected else ""
    line.append(f"{run.rejected:,} {say('行未读', 'rejects')}", style=style)
    return line.append(f" → {shown(run.rejects)}") if run.rejected and run.rejects else line


def _warning(words: str, number: int) -> Text:
    line = Text(f"{say('警告', 'warning')}: ", style="yellow").append(
        shown(explained(words)), style="default"
    )
    return line.append(f" ({number:,})", style="dim") if number > 1 else line


def _both(name: tuple[str, str]) -> str:
    return str(Name(*name))


def _net(net: Estimate) -> Text:
    style = "bold green" if net.low > 0 else "bold red" if net.high < 0 else "bold"
    return Text(points(net.value), style=style)


def rate(number: float) -> str:
    """A number of reviews a second: whole, or in two digits where it is small."""
    return f"{number:,.0f}" if number >= 10 or not number else f"{number:.2g}"


def points(value: float) -> str:
    """Net sentiment, -1 to 1, as points from -100 to +100, rounded as on the page."""
    number = math.copysign(math.floor(100 * abs(round(value, 4)) + 0.5), value)
    return f"{number:+.0f}".replace("-", "−") if number else "0"
