"""Scores of a bundle by the main measures of a recipe's dev sets, review by review."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from guandian.domain import Labelled
from guandian.evaluation import Evaluation, Options, QuadPredictor, evaluate
from guandian.evaluation.intervals.bootstrap import f1

Counts = NDArray[np.int64]
_ONE_DRAW = 1
"""The intervals of a single evaluation are not shown."""


def count_main(system: QuadPredictor, dev: Mapping[str, Sequence[Labelled]]) -> Counts:
    """Count a system's right answers by the main measure of each dev set.

    That is the exact quads of a set with opinions (triplets where it has no categories), else the
    sentiment, else the entities: those that choose the weights in a training.

    Args:
        system: a miner, for example.
        dev: labelled reviews by set, in the categories of the system.

    Returns:
        Int64 [reviews of all sets, 3 x sets]: true positives, predicted and gold of each set,
        zeros in the columns of the other sets.
    """
    parts = []
    for rows in dev.values():
        evaluation = evaluate(system, rows, Options(resamples=_ONE_DRAW))
        parts.append(_counts(evaluation, rows))
    whole = np.zeros((sum(map(len, parts)), 3 * len(parts)), dtype=np.int64)
    row = 0
    for number, part in enumerate(parts):
        whole[row : row + len(part), 3 * number : 3 * number + 3] = part
        row += len(part)
    return whole


def mean_f1(totals: Counts) -> NDArray[np.float64]:
    """The mean `[...]` over sets of micro F1, of totals `[..., 3 x sets]`."""
    sets = totals.reshape(*totals.shape[:-1], -1, 3)
    return np.asarray(f1(sets).mean(-1), dtype=np.float64)


def measures(dev: Mapping[str, Sequence[Labelled]]) -> dict[str, str]:
    """The name of each set's main measure."""
    return {name: _measure(rows) for name, rows in dev.items()}


def _measure(rows: Sequence[Labelled]) -> str:
    quads = [quad for row in rows for quad in row.quads or ()]
    if any(row.quads is not None for row in rows):
        plain = all(quad.category is None for quad in quads)
        return "triplet" if plain else "quad"
    return "sentiment" if any(row.sentiment for row in rows) else "entities"


def _counts(evaluation: Evaluation, rows: Sequence[Labelled]) -> Counts:
    """Int64 [reviews, 3]; a choice of one label counts as one predicted and one gold."""
    measure = _measure(rows)
    if evaluation.opinions and measure in evaluation.opinions.counts:
        return evaluation.opinions.counts[measure]
    if evaluation.sentiment and measure == "sentiment":
        return evaluation.sentiment.right[:, [0, 1, 1]]
    if evaluation.entities:
        return evaluation.entities.counts
    raise ValueError(f"nothing was scored by {measure}")
