"""A row for each capability: how often what was right is no more, once a text is changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from guandian.audits.stress.disturbances import disturbed
from guandian.audits.stress.judges import Judge
from guandian.data.augmentation import Change
from guandian.domain import Labelled
from guandian.evaluation import QuadPredictor
from guandian.evaluation.behaviour import Case, score_suite
from guandian.evaluation.intervals.clustered import IntervalEstimate, proportion

CASES = "cases"


@dataclass(frozen=True, slots=True)
class CapabilityRow:
    """How often a model fails at one capability.

    Attributes:
        capability: the name of a disturbance, or of a suite's ability.
        task: `sentiment` counts reviews answered rightly, `opinions` opinions that were found
            exactly, `cases` cases of a suite.
        cases: how many there were to fail at.
        failures: how many of them failed.
        rate: their share with its 95 % interval; None without cases.
    """

    capability: str
    task: str
    cases: int
    failures: int
    rate: IntervalEstimate | None


def disturbance_rows(
    judge: Judge, records: Sequence[Labelled], changes: Mapping[str, Change], seed: int
) -> list[CapabilityRow]:
    """A row for each disturbance: of what was answered rightly, what is not once it is changed.

    Args:
        judge: asks the model, and says what it answers rightly.
        records: labelled with the judge's task.
        changes: disturbances by name.
        seed: of what is drawn.
    """
    right = answered_rightly(judge, records)
    before = {record.id: strength for record, strength in right}
    rows = []
    for name, change in changes.items():
        pairs = disturbed([record for record, _ in right], name, change, seed)
        after = judge.strength([copy for _, copy in pairs])
        failures = sum(
            strength < judge.limit(before[record.id])
            for (record, _), strength in zip(pairs, after.tolist(), strict=True)
        )
        rate = proportion(failures, len(pairs))
        rows.append(CapabilityRow(name, judge.task, len(pairs), failures, rate))
    return rows


def answered_rightly(judge: Judge, records: Sequence[Labelled]) -> list[tuple[Labelled, float]]:
    """The records that a model answers rightly as they came, each with its strength."""
    strengths = judge.strength(records).tolist()
    return [
        (record, strength)
        for record, strength in zip(records, strengths, strict=True)
        if strength >= judge.limit(strength)
    ]


def suite_rows(predictor: QuadPredictor, cases: Sequence[Case]) -> list[CapabilityRow]:
    """A row for each ability that a behaviour suite asks for: its cases, and those not passed."""
    return [
        CapabilityRow(
            row.capability,
            CASES,
            row.cases,
            row.cases - row.passed,
            proportion(row.cases - row.passed, row.cases),
        )
        for row in score_suite(predictor, cases)
    ]
