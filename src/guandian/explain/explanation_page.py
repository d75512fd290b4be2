"""An explanation as a page: one HTML file that loads nothing and runs nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from guandian.display.html import render_html
from guandian.display.names import POLARITY_NAMES, Names, category_name
from guandian.display.spans import cut_at_spans
from guandian.explain.explained_text import read_times, strongest
from guandian.explain.explanation import ReviewExplanation, TurningEdit, UnitEffects
from guandian.report.mined.single_review import shown
from guandian.wording import explained, say

_FOLDER = Path(__file__).parent
_COLOURS = ("26,152,80", "217,69,59")
_DARKEST = 0.6


def explanation_page(explanations: Sequence[ReviewExplanation], names: Names) -> str:
    """The page of one review or several; their text is escaped wherever it stands.

    Args:
        explanations: in the order of the page.
        names: Chinese and English names of the categories.
    """
    view = {
        "title": say("Why these answers?"),
        "legend": say("green adds, red takes away; the darker, the more"),
        "entries": [_entry(explanation, names) for explanation in explanations],
    }
    return render_html("explanation.html.j2", view, [_FOLDER])


def _entry(explanation: ReviewExplanation, names: Names) -> dict[str, Any]:
    rows = [
        _row(
            explanation,
            say("whole review"),
            str(POLARITY_NAMES[explanation.mined.sentiment.label]),
            explanation.sentiment,
            explanation.edit,
        )
    ]
    for entry in explanation.opinions:
        opinion = entry.opinion
        name = f"{shown(opinion.tag)} · {shown(str(category_name(opinion.category, names)))}"
        polarity = str(POLARITY_NAMES[opinion.polarity])
        rows.append(_row(explanation, name, polarity, entry.polarity, entry.edit))
        sure = f"{say('confidence')} {opinion.confidence:.0%}"
        rows.append(_row(explanation, name, sure, entry.confidence, None))
    number = read_times(explanation)
    return {
        "id": shown(explanation.review.id),
        "about": f"{explanation.mined.model} · {explanation.method} · {number}",
        "rows": rows if explanation.units else [],
        "text": shown(explanation.review.text, lines=True),
        "warnings": [shown(explained(warning)) for warning in explanation.mined.warnings],
    }


def _row(
    explanation: ReviewExplanation,
    name: str,
    answer: str,
    effects: UnitEffects,
    edit: TurningEdit | None,
) -> dict[str, Any]:
    text = explanation.review.text
    most = max((abs(effect) for effect in effects.by_unit), default=0.0) or 1.0
    safe = shown(text, lines=True)
    pieces = []
    for start, end, over in cut_at_spans(explanation.units, 0, len(text)):
        effect = effects.by_unit[over[0]] if over else 0.0
        shade = f"rgba({_COLOURS[effect < 0]},{_DARKEST * abs(effect) / most:.2f})"
        pieces.append({"text": safe[start:end], "shade": shade, "effect": f"{effect:+.3f}"})
    words = ""
    if edit is not None:
        words = " … ".join(shown(word).strip() for word in explanation.words(edit.units))
        words = say("without {words}: {label}", words=words, label=POLARITY_NAMES[edit.label])
    return {
        "name": name,
        "answer": answer,
        "pieces": pieces,
        "edit": words,
        "words": [
            {"word": shown(explanation.units[unit].of(text)).strip(), "effect": f"{effect:+.2f}"}
            for unit, effect in strongest(effects)
        ],
    }
