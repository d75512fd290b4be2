"""An explanation in a terminal: the words shaded by what they add, and the strongest of them."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from guandian.display.names import POLARITY_NAMES, Names, category_name
from guandian.display.tables import Fitted
from guandian.domain import Polarity
from guandian.explain.explanation import ReviewExplanation, TurningEdit, UnitEffects
from guandian.report.mined.single_review import shown
from guandian.wording import explained, say

_COLOURS = {Polarity.POSITIVE: "green", Polarity.NEGATIVE: "red", Polarity.NEUTRAL: "yellow"}
_STRONG, _SLIGHT = 0.5, 0.15
"""Shares of the strongest effect from which a word is bold, and from which it is coloured."""
MOST_WORDS = 4


def explanation_view(explanation: ReviewExplanation, names: Names) -> Group:
    """The review's text shaded for its sentiment, then what made each opinion.

    Args:
        explanation: to be shown.
        names: Chinese and English names of the categories.
    """
    parts: list[RenderableType] = [shaded(explanation), Text(), _whole(explanation)]
    if explanation.opinions:
        parts += [Text(), _opinions(explanation, names)]
    elif explanation.units:
        parts.append(Text(say("no opinion found"), style="dim"))
    for warning in explanation.mined.warnings:
        line = Text(f"{say('warning')}: ", style="yellow")
        parts.append(line.append(shown(explained(warning)), style="default"))
    number = read_times(explanation)
    parts.append(Text(f"{explanation.mined.model} · {explanation.method} · {number}", style="dim"))
    return Group(*parts)


def read_times(explanation: ReviewExplanation) -> str:
    """How often the text was read, and by how much the effects miss the answers, if they do."""
    number = say("read {passes} times", passes=explanation.passes)
    if explanation.method != "gradients":
        return number
    missing = say("effects add up to within {gap}", gap=f"{max(explanation.gap, 0.0001):.4f}")
    return f"{number} · {missing}"


def shaded(explanation: ReviewExplanation) -> Text:
    """The review's text; green words praise, red ones complain, bold ones most of all."""
    text = Text(shown(explanation.review.text, lines=True))
    effects = explanation.sentiment.by_unit
    most = max((abs(effect) for effect in effects), default=0.0)
    for span, effect in zip(explanation.units, effects, strict=True):
        if most and abs(effect) >= _SLIGHT * most:
            colour = "green" if effect > 0 else "red"
            strong = "bold " if abs(effect) >= _STRONG * most else ""
            text.stylize(f"{strong}{colour}", span.start, span.end)
    return text


def strongest(effects: UnitEffects, most: int = MOST_WORDS) -> list[tuple[int, float]]:
    """The units that add or take most, each with its effect, the strongest first."""
    order = sorted(range(len(effects.by_unit)), key=lambda unit: -abs(effects.by_unit[unit]))
    top = abs(effects.by_unit[order[0]]) if order else 0.0
    return [
        (unit, effects.by_unit[unit])
        for unit in order[:most]
        if abs(effects.by_unit[unit]) >= _SLIGHT * top > 0
    ]


def _whole(explanation: ReviewExplanation) -> Text:
    label = explanation.mined.sentiment.label
    line = Text(f"{say('whole review')}: ")
    line.append(str(POLARITY_NAMES[label]), style=_COLOURS[label])
    if explanation.units:
        line.append(" · ").append(_words(explanation, explanation.sentiment))
        line.append_text(_edited(explanation, explanation.edit))
    return line


def _opinions(explanation: ReviewExplanation, names: Names) -> Fitted:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(say("opinions"))
    table.add_column(say("polarity"), no_wrap=True)
    table.add_column(say("words behind its polarity"), overflow="fold")
    table.add_column(say("words behind its confidence"), overflow="fold")
    for entry in explanation.opinions:
        opinion = entry.opinion
        colour = _COLOURS[opinion.polarity]
        name = str(category_name(opinion.category, names))
        table.add_row(
            Text(shown(opinion.tag), style=colour).append(f" {shown(name)}", style="dim"),
            Text(str(POLARITY_NAMES[opinion.polarity]), style=colour),
            _words(explanation, entry.polarity).append_text(_edited(explanation, entry.edit)),
            _words(explanation, entry.confidence),
        )
    return Fitted(table)


def _words(explanation: ReviewExplanation, effects: UnitEffects) -> Text:
    text = explanation.review.text
    line = Text()
    for unit, effect in strongest(effects):
        word = shown(explanation.units[unit].of(text)).strip()
        line.append(f"{word} ").append(f"{effect:+.2f}  ", style="green" if effect > 0 else "red")
    return line


def _edited(explanation: ReviewExplanation, edit: TurningEdit | None) -> Text:
    if edit is None:
        return Text()
    words = " … ".join(shown(word).strip() for word in explanation.words(edit.units))
    edited = say("without {words}: {label}", words=words, label=POLARITY_NAMES[edit.label])
    return Text(f"[{edited}]", style="dim")
