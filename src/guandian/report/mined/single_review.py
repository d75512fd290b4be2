"""One review for a terminal, its spans coloured: what `guandian mine --text` shows.

It needs nothing of the report besides, so that one review is answered at once.
"""

from __future__ import annotations

import re

from rich.console import Group
from rich.table import Table
from rich.text import Text

from guandian.display.names import POLARITY_NAMES, Names, category_name
from guandian.display.tables import Fitted
from guandian.domain import Mined, Polarity, Review
from guandian.domain.linked import ReviewKnowledge
from guandian.wording import Name, explained, say

COLOURS = {Polarity.POSITIVE: "green", Polarity.NEGATIVE: "red", Polarity.NEUTRAL: "yellow"}
# What a terminal would obey or lose: controls, direction marks, separators, lone surrogates.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def one_review(review: Review, mined: Mined, names: Names) -> Group:
    """One review with its spans coloured, and its opinions below."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column()
    for _ in range(3):
        table.add_column(no_wrap=True)
    for opinion in mined.opinions:
        colour = COLOURS[opinion.polarity]
        table.add_row(
            Text(shown(opinion.tag), style=colour),
            Text(shown(both_names(category_name(opinion.category, names)))),
            Text(str(POLARITY_NAMES[opinion.polarity]), style=colour),
            Text(f"{opinion.confidence:.0%}", style="dim"),
        )
    label = mined.sentiment.label
    whole = Text(f"{say('whole review')}: ").append(
        str(POLARITY_NAMES[label]), style=COLOURS[label]
    )
    none = Text(say("no opinion found"), style="dim")
    warnings = [warning(words, 1) for words in mined.warnings]
    if mined.opinions and not mined.fitted:
        from guandian.report.evaluation.terms import UNFITTED

        warnings.append(warning(str(UNFITTED), 1))
    body = Fitted(table) if mined.opinions else none
    known = [] if mined.knowledge is None else known_lines(mined.knowledge)
    return Group(coloured(review, mined), Text(), body, whole, *warnings, *known)


def known_lines(knowledge: ReviewKnowledge) -> list[Text]:
    """What a catalogue and a lexicon say of a review, a line each."""
    lines = []
    for link in knowledge.links:
        names = [candidate.name for candidate in link.candidates if link.id in ("", candidate.id)]
        line = Text(shown(f"{link.words} → {' | '.join(names)}"), style="cyan")
        if link.source == "proposal":
            line.append(f" ({say('proposed by the catalogue, not mined')})", style="dim")
        elif not link.id:
            line.append(f" ({say('may be any of these')})", style="dim")
        lines.append(line)
    return [*lines, *(warning(note.words, 1) for note in knowledge.notes)]


def coloured(review: Review, mined: Mined) -> Text:
    """The review's text, aspects underlined and expressions bold, in their polarity's colour."""
    text = Text(shown(review.text, lines=True))
    for opinion in mined.opinions:
        colour = COLOURS[opinion.polarity]
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
    safe = _UNSAFE.sub(lambda match: _visible(ord(match.group())), text)
    return safe if lines else safe.replace("\n", " ").replace("\t", " ")


def _visible(code: int) -> str:
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else "\ufffd"


def warning(words: str, number: int) -> Text:
    """A line that warns, with how many reviews it holds for where they are several."""
    line = Text(f"{say('warning')}: ", style="yellow").append(
        shown(explained(words)), style="default"
    )
    return line.append(f" ({number:,})", style="dim") if number > 1 else line


def both_names(name: tuple[str, str]) -> str:
    """The Chinese and the English name as the reader's language shows them."""
    return str(Name(*name))
