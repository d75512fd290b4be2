"""An evaluation as one self-contained HTML page: no script, no network, any width."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from guandian.evaluation.calibration import Calibration
from guandian.evaluation.intervals.bootstrap import Interval
from guandian.evaluation.metrics.classification import LabelScores
from guandian.evaluation.metrics.review_labels import LabelResult
from guandian.evaluation.metrics.scores import PRF
from guandian.evaluation.results import Evaluation, OpinionResult, Report, compare, headline
from guandian.report.evaluation.terms import (
    ENTITY_NAMES,
    ERROR_NAMES,
    MEASURE_NAMES,
    NO_CATEGORIES,
    UNFITTED,
    Names,
    figures,
    label_name,
    measure_name,
    verdict,
)
from guandian.wording import Name

_SHOWN = 24
"""Categories and confusions that stand open; the others are one click away."""


def render_page(report: Report, names: Names | None = None) -> str:
    """The whole page as text; `names` are those of the categories, where they have any."""
    return render("page.html.j2", _view(report, names))


def render(template: str, view: Mapping[str, Any]) -> str:
    """A page of this room: every text of the view is escaped."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["pct"] = _percent
    environment.filters["gain"] = _signed
    return environment.get_template(template).render(view)


def _view(report: Report, names: Names | None) -> dict[str, Any]:
    found = report.evaluation
    opinions, sentiment, entities = found.opinions, found.sentiment, found.entities
    return {
        "it": found,
        "cards": _cards(found),
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
        "labels": [_label(name, each) for name, each in found.labels.items()],
        "unfitted": None if found.fitted else UNFITTED,
        "against": _against(report),
        "spreads": [(measure_name(key), each) for key, each in report.over_seeds().items()],
    }


def _cards(found: Evaluation) -> list[dict[str, Any]]:
    cards: list[dict[str, Any]] = []
    if found.opinions:
        measure = found.opinions.measures[0]
        zh, en = MEASURE_NAMES[measure]
        cards.append(_card(Name(f"{zh} F1", f"{en} F1"), found.opinions.intervals[measure]))
        calibration = found.opinions.calibration
        if calibration and calibration.at_precision:
            best = calibration.at_precision[-1]
            at = _percent(best.precision, 0)
            name = Name(f"精确率 {at} % 时保留", f"kept at {at} % precision")
            cards.append({"name": name, "value": best.kept, "interval": None})
    if found.sentiment:
        accuracy = found.sentiment.intervals["accuracy"]
        cards.append(_card(Name("情感准确率", "sentiment accuracy"), accuracy))
    if found.entities:
        cards.append(_card(Name("实体 F1", "entity F1"), found.entities.interval))
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
                {"count": count, "share": count / max(1, sum(row)), "right": here == place}
                for place, count in enumerate(row)
            ],
        }
        for here, (label, row) in enumerate(zip(scores.labels, scores.confusion, strict=True))
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
    wrong.sort(key=lambda each: (-each[0], *each[1:]))
    return [
        {"count": n, "gold": label_name(gold, names), "found": label_name(found, names)}
        for n, gold, found in wrong[:_SHOWN]
    ]


def _calibration(found: Calibration) -> dict[str, Any]:
    """Reliability points on a 300 by 300 drawing, y downwards, area by the number of answers."""
    points = [
        {
            "x": round(300 * row.confidence, 1),
            "y": round(300 * (1 - row.right), 1),
            "r": round(3 + 12 * (row.count / found.count) ** 0.5, 1),
            "row": row,
        }
        for row in found.bins
    ]
    path = " ".join(f"{point['x']},{point['y']}" for point in points)
    return {"it": found, "points": points, "path": path, "verdict": verdict(found)}


def _against(report: Report) -> dict[str, Any] | None:
    """A row a measure, a column a system; a cell is empty where the system does not do that."""
    if not report.baselines:
        return None
    ours = headline(report.evaluation)
    others = [(headline(each), compare(report.evaluation, each)) for each in report.baselines]
    mined = any(each.opinions for each in report.baselines)
    declared = [f"label.{name}" for name in report.evaluation.labels]
    rows = [
        {
            "name": measure_name(key),
            "ours": ours[key],
            "cells": [
                {"value": values[key], "gain": gains[key].difference} if key in gains else None
                for values, gains in others
            ],
        }
        for key in ("quad", "triplet", "expression", "sentiment", "entities", *declared)
        if any(key in gains for _, gains in others) or (mined and key == "quad" and key in ours)
    ]
    return {"systems": [each.system for each in report.baselines], "rows": rows}


def _percent(share: float, digits: int = 1) -> str:
    return f"{100 * share:.{digits}f}"


def _signed(share: float) -> str:
    return f"{100 * share:+.1f}".replace("-", "\u2212")
