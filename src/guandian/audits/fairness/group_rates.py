"""Equalised odds: whether a sentiment is found, and wrongly found, as often in every group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from guandian.domain import Polarity
from guandian.errors import GuandianError
from guandian.evaluation.intervals.clustered import IntervalEstimate, wilson
from guandian.io.optional_libraries import needs

FEW_IN_GROUP = 30
"""Reviews of a group: with fewer its rates say little, and the table marks it."""


@dataclass(frozen=True, slots=True)
class GroupRate:
    """How a sentiment is found in one group.

    Attributes:
        group: its name.
        reviews: of the group.
        sentiment: that is looked for.
        recall: share of the reviews with it that are found; None without any.
        false_alarms: share of the others that are called so; None without any.
    """

    group: str
    reviews: int
    sentiment: Polarity
    recall: IntervalEstimate | None
    false_alarms: IntervalEstimate | None

    @property
    def few(self) -> bool:
        """Tell whether the group is too small to say much."""
        return self.reviews < FEW_IN_GROUP


@dataclass(frozen=True, slots=True)
class GroupTable:
    """The rates of all groups.

    Attributes:
        rows: by sentiment, then group.
        odds: by sentiment the equalised odds difference: the larger of the largest differences of
            recall and of false alarms between two groups (Hardt et al. 2016, arXiv:1610.02413).
    """

    rows: tuple[GroupRate, ...]
    odds: dict[Polarity, float]

    def to_json(self) -> dict[str, Any]:
        """The rates and differences."""
        return {
            "rates": [
                {
                    "group": row.group,
                    "reviews": row.reviews,
                    "sentiment": str(row.sentiment),
                    "recall": _json(row.recall),
                    "false_alarms": _json(row.false_alarms),
                }
                for row in self.rows
            ],
            "equalised_odds_difference": {str(key): value for key, value in self.odds.items()},
        }


def group_table(
    groups: Sequence[str], gold: Sequence[Polarity], labels: Sequence[Polarity]
) -> GroupTable:
    """Compare errors by group, each sentiment against the others.

    Args:
        groups: of each review.
        gold: what people said of it.
        labels: what the model said.

    Raises:
        GuandianError: fewer than two groups, or fairlearn is not installed.
    """
    metrics = require_groups(groups)
    sizes = Counter(groups)
    rows: list[GroupRate] = []
    odds: dict[Polarity, float] = {}
    for sentiment in (Polarity.NEGATIVE, Polarity.POSITIVE):
        truth = np.array([polarity is sentiment for polarity in gold])
        said = np.array([label is sentiment for label in labels])
        if not truth.any() or truth.all():
            continue
        odds[sentiment] = float(
            metrics.equalized_odds_difference(truth, said, sensitive_features=list(groups))
        )
        frame = metrics.MetricFrame(
            metrics={
                "recall": metrics.true_positive_rate,
                "false_alarms": metrics.false_positive_rate,
            },
            y_true=truth,
            y_pred=said,
            sensitive_features=list(groups),
        ).by_group
        names = np.array(groups)
        for name in sorted(sizes):
            within = names == name
            with_it = int(truth[within].sum())
            rates = frame.loc[name]
            rows.append(
                GroupRate(
                    name,
                    sizes[name],
                    sentiment,
                    _rate(rates["recall"], with_it),
                    _rate(rates["false_alarms"], sizes[name] - with_it),
                )
            )
    return GroupTable(tuple(rows), odds)


def require_groups(groups: Sequence[str]) -> ModuleType:
    """What compares groups, fairlearn's metrics, where there is something to compare.

    Raises:
        GuandianError: fewer than two groups, or fairlearn is not installed.
    """
    if (number := len({*groups})) < 2:
        raise GuandianError(
            f"{number} groups of reviews with a sentiment",
            "name with --group a column in which reviews differ, with --gold that of the sentiment",
        )
    metrics: ModuleType = needs("fairlearn.metrics", "audit", "comparing groups")
    return metrics


def _rate(share: float, number: int) -> IntervalEstimate | None:
    return wilson(min(max(float(share), 0.0), 1.0), number) if number else None


def _json(rate: IntervalEstimate | None) -> dict[str, float] | None:
    return None if rate is None else {"value": rate.value, "low": rate.low, "high": rate.high}
