"""Systems side by side as one self-contained HTML page: no script, no network, any width."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from guandian.display.html import render_html
from guandian.display.names import ENTITY_NAMES, Names, label_name
from guandian.display.spans import cut_at_spans
from guandian.domain import Span
from guandian.evaluation.comparison import ErrorRow, SideBySide
from guandian.evaluation.error_analysis import ErrorKind
from guandian.evaluation.metrics.classification import LabelScores
from guandian.evaluation.metrics.tuples import QuadLike
from guandian.evaluation.results import Evaluation
from guandian.report.evaluation.page import (
    TEMPLATES,
    confusions_view,
    letter,
    matrix_view,
    measures_view,
    systems_view,
    verdict_view,
)
from guandian.report.evaluation.terms import ERROR_NAMES, measure_name
from guandian.wording import Name, term

_SHOWN = 24
"""Rows of a table and errors of a kind that stand open or are shown; the others are counted."""
_TASKS = {
    "category": term("by category"),
    "polarity": term("by polarity"),
    "sentiment": term("sentiment of the review"),
    "entities": term("entities by type"),
}


def render_side_by_side(
    comparisons: Sequence[SideBySide], names: Names | None = None, remarks: Sequence[Name] = ()
) -> str:
    """The whole page as text, a part for each set.

    Args:
        comparisons: one of each set.
        names: of the categories.
        remarks: on what the scores cannot tell.
    """
    view = {
        "remarks": remarks,
        "systems": systems_view(comparisons[0]),
        "sets": [set_view(comparison, names) for comparison in comparisons],
    }
    return render_html("side_by_side.html.j2", view, [TEMPLATES])


def task_name(task: str) -> Name:
    """The name of the rows of a table of classes."""
    known = _TASKS.get(task)
    return known or term("{label}", label=task.removeprefix("label."))


def set_view(comparison: SideBySide, names: Names | None) -> dict[str, Any]:
    """One set as a page shows it: figures, differences, classes, matrices and errors."""
    first = comparison.evaluations[0]
    return {
        "data": first.data,
        "reviews": first.reviews,
        "mode": first.mode,
        "seed": first.seed,
        "measures": measures_view(comparison),
        "tables": [
            {"name": task_name(task), **_table(comparison, task, names)}
            for task in comparison.classes
        ],
        "matrices": _matrices(comparison.evaluations),
        "confusions": [
            {"letter": letter(k), "rows": confusions_view(evaluation.opinions.category, names)}
            for k, evaluation in enumerate(comparison.evaluations)
            if evaluation.opinions and evaluation.opinions.category
        ],
        "kinds": _kinds(comparison, names),
    }


def _table(comparison: SideBySide, task: str, names: Names | None) -> dict[str, Any]:
    rows = [
        {
            "name": label_name(row.name, ENTITY_NAMES if task == "entities" else names),
            "gold": row.gold,
            "scores": row.scores,
            "verdicts": [verdict_view(gain) for gain in row.gains],
        }
        for row in comparison.classes[task]
    ]
    return {"open": rows[:_SHOWN], "folded": rows[_SHOWN:]}


def _matrices(evaluations: Sequence[Evaluation]) -> list[dict[str, Any]]:
    """Confusion matrices, the systems' beside each other."""
    titles: dict[str, Name] = {
        "polarity": term("polarity where the pair was found"),
        "sentiment": term("sentiment of the review"),
    }
    tables: dict[str, list[tuple[str, LabelScores]]] = {}
    for k, evaluation in enumerate(evaluations):
        scores: dict[str, LabelScores | None] = {
            "polarity": evaluation.opinions.polarity if evaluation.opinions else None,
            "sentiment": evaluation.sentiment.scores if evaluation.sentiment else None,
            **{f"label.{name}": result.classes for name, result in evaluation.labels.items()},
        }
        for key, classes in scores.items():
            if classes is not None and classes.labels:
                tables.setdefault(key, []).append((letter(k), classes))
    return [
        {
            "name": titles.get(key) or measure_name(key),
            "tables": [{"letter": who, "matrix": matrix_view(classes)} for who, classes in beside],
        }
        for key, beside in tables.items()
    ]


def _kinds(comparison: SideBySide, names: Names | None) -> list[dict[str, Any]]:
    """The errors by kind, and within a kind by the systems that make them."""
    kinds = []
    for kind in ErrorKind:
        rows = sorted(
            (row for row in comparison.errors if row.kind is kind), key=lambda row: row.by
        )
        if not rows:
            continue
        groups = []
        for by, alike in groupby(rows, key=lambda row: row.by):
            every = list(alike)
            groups.append(
                {
                    "who": [letter(k) for k, wrong in enumerate(by) if wrong],
                    "count": len(every),
                    "shown": [_error(row, names) for row in every[:_SHOWN]],
                }
            )
        kinds.append(
            {"name": ERROR_NAMES[kind], "counts": comparison.counts(kind), "groups": groups}
        )
    return kinds


def _error(row: ErrorRow, names: Names | None) -> dict[str, Any]:
    text = row.review.text
    return {
        "id": row.review.id,
        "pieces": error_pieces(text, row.gold, row.predicted),
        "gold": row.gold and _quad(row.gold, text, names),
        "predicted": row.predicted and _quad(row.predicted, text, names),
    }


def error_pieces(
    text: str, gold: QuadLike | None, predicted: QuadLike | None
) -> list[tuple[str, str]]:
    """A review cut where marked spans begin and end: each piece with its marks.

    Marks are words: `ga`, `ge` for the aspect and expression of the gold, `pa`, `pe` for those of
    the prediction.
    """
    spans: dict[str, Span] = {}
    for side, quad in (("g", gold), ("p", predicted)):
        for part, span in (("a", quad and quad.aspect), ("e", quad and quad.expression)):
            if span:
                spans[side + part] = span
    marks = list(spans)
    return [
        (text[start:end], " ".join(marks[k] for k in over))
        for start, end, over in cut_at_spans(list(spans.values()), 0, len(text))
    ]


def _quad(quad: QuadLike, text: str, names: Mapping[str, tuple[str, str]] | None) -> dict[str, Any]:
    return {
        "aspect": quad.aspect and quad.aspect.of(text),
        "expression": quad.expression and quad.expression.of(text),
        "category": label_name(quad.category, names) if quad.category else None,
        "polarity": label_name(quad.polarity.value),
    }
