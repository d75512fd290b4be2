"""A row for each capability: how often what was right is no more, once a text is changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from guandian.audits.stress.disturbances import disturbed
from guandian.audits.stress.sentiment_judge import SentimentJudge, with_sentiment
from guandian.data.augmentation import Change
from guandian.domain import Labelled
from guandian.evaluation.intervals.clustered import IntervalEstimate, proportion

SENTIMENT, OPINIONS, CASES = "sentiment", "opinions", "cases"


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


def sentiment_rows(
    judge: SentimentJudge, records: Sequence[Labelled], changes: Mapping[str, Change], seed: int
) -> list[CapabilityRow]:
    """A row for each disturbance: of reviews answered rightly, those whose copy is not.

    Args:
        judge: asks the model.
        records: those without a sentiment are passed over.
        changes: disturbances by name.
        seed: of what is drawn.
    """
    labelled = with_sentiment(records)
    right = _right(judge, labelled)
    rows = []
    for name, change in changes.items():
        copies = [copy for _, copy in disturbed(right, name, change, seed)]
        failures = len(copies) - len(_right(judge, copies))
        rows.append(
            CapabilityRow(name, SENTIMENT, len(copies), failures, proportion(failures, len(copies)))
        )
    return rows


def _right(judge: SentimentJudge, records: Sequence[Labelled]) -> list[Labelled]:
    polarities = [record.sentiment for record in records if record.sentiment is not None]
    beliefs = judge.belief([record.text for record in records], polarities)
    return [record for record, belief in zip(records, beliefs, strict=True) if belief >= 0]
