"""What a stress test found, as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict

from guandian.audits.stress.certificate import SHORT, certified_share
from guandian.audits.stress.rounds import Round
from guandian.audits.stress.stress_test import StressResults
from guandian.evaluation.intervals.clustered import IntervalEstimate

EDITS = (0, 1, 2, 3)
"""Numbers of edits that a certificate is told for."""


def stress_json(results: StressResults) -> str:
    """Every figure, shares between 0 and 1; a share without cases is null."""
    plan = results.plan
    content: dict[str, object] = {
        "model": results.model,
        "data": results.data,
        "seed": plan.seed,
        "share": plan.share,
        "queries": plan.queries,
        "limit": plan.limit,
        "capabilities": [{**asdict(row), "rate": _interval(row.rate)} for row in results.rows],
        "rounds": [_round(step) for step in results.rounds],
        "aspects": [
            {
                "change": row.change,
                "targets": row.targets,
                "before": row.before,
                "after": _interval(row.after),
                "drop_points": row.drop,
            }
            for row in results.aspects
        ],
        "certificate": _certificate(results),
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _round(step: Round) -> dict[str, object]:
    attack = step.attack
    return {
        "round": step.number,
        "task": attack.task,
        "defences": [*step.defences],
        "reviews": attack.records,
        "right": attack.right,
        "turned": attack.turned,
        "success": _interval(attack.success),
        "accuracy": attack.accuracy,
        "accuracy_attacked": attack.robust_accuracy,
        "queries": attack.queries,
        "changed": attack.changed,
        "held_clean": step.held,
        "used": step.used,
    }


def _certificate(results: StressResults) -> dict[str, object] | None:
    smoothing, certified = results.plan.smoothing, results.certified
    if smoothing is None:
        return None
    return {
        **asdict(smoothing),
        "longest": SHORT,
        "reviews": len(certified),
        "right": sum(review.right for review in certified),
        "certified": {str(n): _interval(certified_share(certified, n)) for n in EDITS},
    }


def _interval(rate: IntervalEstimate | None) -> dict[str, float] | None:
    return None if rate is None else {"value": rate.value, "low": rate.low, "high": rate.high}
