"""A summary of many reviews on a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from guandian.analyst.digests.digest import Digest
from guandian.cli.tables.store_tables import show_overview
from guandian.display.names import POLARITY_NAMES
from guandian.report.mined.single_review import shown
from guandian.wording import say


def show_digest(digest: Digest, screen: Console) -> None:
    """The whole in a line, then each point with its numbers and quotes."""
    show_overview(digest.overview, screen)
    side = None
    for point in digest.points:
        if point.polarity is not side:
            side = point.polarity
            screen.print(Text(f"\n{POLARITY_NAMES[side]}", "bold"))
        screen.print(Text(f"• {shown(str(point.sentence))}"), soft_wrap=True)
        if point.written:
            cited = ", ".join(shown(quote.review) for quote in point.cited)
            line = Text(f"    {shown(point.written)} ", "italic")
            screen.print(line.append(f"[{cited}]", "dim"), soft_wrap=True)
        for quote in point.quotes:
            line = Text(f"    “{shown(quote.text)}” ")
            line.append(f"[{shown(quote.review)} {quote.span.start}–{quote.span.end}]", "dim")
            screen.print(line, soft_wrap=True)
    if not digest.points:
        screen.print(Text(say("no point is shared by so many reviews"), "dim"))
    if digest.unnamed:
        words = say(
            "{number:,} opinions without an aspect are in no point (--by category holds them)",
            number=digest.unnamed,
        )
        screen.print(Text(f"\n{words}", "dim"), soft_wrap=True)
    if digest.writing is not None:
        writing = digest.writing
        dropped = ", ".join(f"{why} {number}" for why, number in writing.dropped.items()) or "0"
        words = say(
            "sentences kept: {kept}, dropped: {dropped}", kept=writing.passed, dropped=dropped
        )
        screen.print(Text(f"{shown(writing.model)}: {words}", "dim"), soft_wrap=True)
