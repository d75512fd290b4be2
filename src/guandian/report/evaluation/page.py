"""An evaluation as one self-contained HTML page: no script, no network, any width."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from guandian.display.html import render_html
from guandian.display.names import ENTITY_NAMES, Names, label_name
from guandian.display.shares import percent
from guandian.evaluation.calibration import Calibration
from guandian.evaluation.comparison import Report, SideBySide
from guandian.evaluation.intervals.bootstrap import Interval, PairedDifference
from guandian.evaluation.metrics.classification import LabelScores
from guandian.evaluation.metrics.review_labels import LabelResult
from guandian.evaluation.metrics.scores import PRF
from guandian.evaluation.results import Evaluation, OpinionResult
from guandian.report.evaluation.terms import (
    ERROR_NAMES,
    MEASURE_NAMES,
    NO_CATEGORIES,
    UNFITTED,
    difference_name,
    figures,
    measure_name,
    verdict,
)
from guandian.wording import Name, term

TEMPLATES = Path(__file__).parent
_SHOWN = 24
"""Categories and confusions that stand open; the others are one click away."""


def render_page(report: Report, names: Names | None = None, remarks: Sequence[Name] = ()) -> str:
    """The whole page as text.

    Args:
        report: what it shows.
        names: of the categories, where they have any.
        remarks: on what the scores cannot tell.
    """
    view = _view(report, names) | {"remarks": remarks}
    return render_html("page.html.j2", view, [TEMPLATES])


def _view(report: Report, names: Names | None) -> dict[str, Any]:
    evaluation = report.evaluation
    opinions, sentiment, entities = evaluation.opinions, evaluation.sentiment, evaluation.entities
    return {
        "it": evaluation,
        "cards": _cards(evaluation),
        "opinions": opinions and _opinions(opinions, names),
        "sentiment": sentiment
        and {
            "result": sentiment,
            "matrix": matrix_view(sentiment.scores),
            "bars": _bars(sentiment.scores.by_label),
            "calibration": _calibration(sentiment.calibration),
        },
        "entities": entities
        and {"result": entities, "bars": _bars(entities.scores.by_type, ENTITY_NAMES)},
        "labels": [_label(name, result) for name, result in evaluation.labels.items()],
        "unfitted": None if evaluation.fitted else UNFITTED,
        "beside": report.comparison
        and {
            "systems": systems_view(report.comparison),
            "measures": measures_view(report.comparison),
        },
        "spreads": [(measure_name(key), spread) for key, spread in report.over_seeds().items()],
    }


def _cards(evaluation: Evaluation) -> list[dict[str, Any]]:
    cards: list[dict[str, Any]] = []
    if evaluation.opinions:
        measure = evaluation.opinions.measures[0]
        zh, en = MEASURE_NAMES[measure]
        cards.append(_card(term("{en} F1", en=en, zh=zh), evaluation.opinions.intervals[measure]))
        calibration = evaluation.opinions.calibration
        if calibration and calibration.at_precision:
            best = calibration.at_precision[-1]
            at = percent(best.precision, 0)
            name = term("kept at {at} % precision", at=at)
            cards.append({"name": name, "value": best.share, "interval": None})
    if evaluation.sentiment:
        accuracy = evaluation.sentiment.intervals["accuracy"]
        cards.append(_card(term("sentiment accuracy"), accuracy))
    if evaluation.entities:
        cards.append(_card(term("entity F1"), evaluation.entities.interval))
    return cards


def _card(name: Name, interval: Interval) -> dict[str, Any]:
    return {"name": name, "value": interval.value, "interval": interval}


def _opinions(result: OpinionResult, names: Names | None) -> dict[str, Any]:
    total = sum(result.errors.values())
    return {
        "result": result,
        "measures": [
            {
                "name": MEASURE_NAMES[measure],
                "prf": getattr(result.scores, measure),
                "interval": result.intervals[measure],
            }
            for measure in result.measures
        ],
        "note": None if result.with_categories else NO_CATEGORIES,
        "categories": _bars(result.scores.by_category, names),
        "polarities": _bars(result.scores.by_polarity),
        "errors": [
            {"name": ERROR_NAMES[kind], "count": count, "share": count / total if total else 0.0}
            for kind, count in sorted(result.errors.items(), key=lambda item: -item[1])
        ],
        "matrix": matrix_view(result.polarity),
        "confusions": confusions_view(result.category, names) if result.category else [],
        "calibration": result.calibration and _calibration(result.calibration),
    }


def _label(name: str, result: LabelResult) -> dict[str, Any]:
    return {
        "name": name,
        "figures": figures(result),
        "matrix": result.classes and matrix_view(result.classes),
        "bars": _bars(result.by_class),
        "reviews": result.reviews,
    }


def _bars(scores: Mapping[str, PRF], names: Names | None = None) -> dict[str, Any]:
    ordered = sorted(scores.items(), key=lambda item: (-item[1].gold, item[0]))
    rows = [{"name": label_name(label, names), "prf": prf} for label, prf in ordered]
    return {"open": rows[:_SHOWN], "folded": rows[_SHOWN:]}


def matrix_view(scores: LabelScores) -> dict[str, Any]:
    """A confusion matrix as the macro `matrix` shows it."""
    rows = [
        {
            "name": label_name(label),
            "cells": [
                {"count": count, "share": count / max(1, sum(row)), "right": gold == predicted}
                for predicted, count in enumerate(row)
            ],
        }
        for gold, (label, row) in enumerate(zip(scores.labels, scores.confusion, strict=True))
    ]
    return {"labels": [label_name(label) for label in scores.labels], "rows": rows}


def confusions_view(scores: LabelScores, names: Names | None) -> list[dict[str, Any]]:
    """The labels that were mixed up most often, with how often."""
    wrong = [
        (count, scores.labels[row], scores.labels[column] or "–")
        for row, counts in enumerate(scores.confusion)
        for column, count in enumerate(counts)
        if row != column and count
    ]
    wrong.sort(key=lambda confusion: (-confusion[0], *confusion[1:]))
    return [
        {"count": n, "gold": label_name(gold, names), "found": label_name(predicted, names)}
        for n, gold, predicted in wrong[:_SHOWN]
    ]


def _calibration(calibration: Calibration) -> dict[str, Any]:
    """Reliability points on a 300 by 300 drawing, y downwards, area by the number of answers."""
    points = [
        {
            "x": round(300 * row.confidence, 1),
            "y": round(300 * (1 - row.right), 1),
            "r": round(3 + 12 * (row.count / calibration.count) ** 0.5, 1),
            "row": row,
        }
        for row in calibration.bins
    ]
    path = " ".join(f"{point['x']},{point['y']}" for point in points)
    return {"it": calibration, "points": points, "path": path, "verdict": verdict(calibration)}


def letter(index: int) -> str:
    """The letter of a system in tables: A, B, C, ..."""
    return chr(ord("A") + index) if index < 26 else str(index + 1)


def systems_view(comparison: SideBySide) -> list[dict[str, str]]:
    """The legend: the letter and the name of each system."""
    return [
        {"letter": letter(index), "name": evaluation.system}
        for index, evaluation in enumerate(comparison.evaluations)
    ]


def measures_view(comparison: SideBySide) -> list[dict[str, Any]]:
    """A row a measure: the figure of each system, and the verdict on each but the first."""
    return [
        {
            "name": measure_name(key),
            "values": values,
            "verdicts": [verdict_view(gains.get(key)) for gains in comparison.gains],
        }
        for key, values in comparison.figures.items()
    ]


def verdict_view(gain: PairedDifference | None) -> dict[str, Any] | None:
    """A difference in words, with its value and whether it is up, down or even."""
    if gain is None:
        return None
    ends = gain.difference
    way = "up" if ends.low > 0 else "down" if ends.high < 0 else "even"
    return {"name": difference_name(gain), "way": way, "value": ends.value}
