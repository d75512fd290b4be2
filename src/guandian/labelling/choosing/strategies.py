"""How much a review is worth labelling, and which of many go together: plain numpy.

A model's confidences in the opinions that it found and vectors of the reviews are all that is
needed, so that one pass of a small model serves every batch (selection by a proxy: Coleman et al.
2020, arXiv:1906.11829).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from itertools import combinations
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

Strategy = Literal["entropy", "margin", "badge", "core-set", "committee", "random"]
STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)
UNCERTAIN: tuple[Strategy, ...] = ("entropy", "margin", "committee")
"""Those that give each review a worth of its own."""

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def entropy(confidences: Sequence[float]) -> float:
    """Bits that are open in a review: over its opinions, whether each is right; summed."""
    p = np.clip(np.asarray(confidences, np.float64), 1e-9, 1 - 1e-9)
    return float(-(p * np.log2(p) + (1 - p) * np.log2(1 - p)).sum())


def margin(confidences: Sequence[float]) -> float:
    """One less the distance of the most doubtful opinion's right and wrong, 0 to 1."""
    return 1 - min((abs(2 * p - 1) for p in confidences), default=1.0)


def disagreement(answers: Sequence[Iterable[Hashable]]) -> float:
    """One less the mean F1 of tuples over pairs of a committee's members, 0 to 1.

    Args:
        answers: each member's tuples of one review; two members at least.

    Raises:
        ValueError: fewer than two.
    """
    if len(answers) < 2:
        raise ValueError("a committee has two members at least")
    sets = [set(answer) for answer in answers]
    shared = [
        2 * len(first & other) / (len(first) + len(other)) if first or other else 1.0
        for first, other in combinations(sets, 2)
    ]
    return 1 - float(np.mean(shared))


def gradients(
    vectors: Floats, confidences: Sequence[Sequence[float]], classes: Sequence[Sequence[int]]
) -> Floats:
    """What each review would teach if its opinions were as the model says, as BADGE has it.

    The gradient of the last layer for a label that is guessed is what the guess lacks of 1 times
    the vector (Ash et al. 2020, arXiv:1906.03671); here once for each class that a tuple may have,
    summed over the tuples.

    Args:
        vectors: [N, H] of the reviews.
        confidences: of each review's opinions.
        classes: of each opinion, 0 to K - 1.

    Returns:
        [N, K * H].
    """
    total = 1 + max((k for own in classes for k in own), default=0)
    lacking = np.zeros((len(vectors), total))
    for row, (own, sure) in enumerate(zip(classes, confidences, strict=True)):
        for k, p in zip(own, sure, strict=True):
            lacking[row, k] += 1 - p
    return (lacking[:, :, None] * vectors[:, None, :]).reshape(len(vectors), -1)


def spread_out(
    points: Floats, seconds: Floats, budget: float, most: int, rng: np.random.Generator
) -> list[int]:
    """Rows drawn by the seeding of k-means++: far from all that were drawn, and long themselves.

    Args:
        points: [N, D].
        seconds: [N], that each would cost.
        budget: seconds in all.
        most: rows at most.
        rng: draws them.
    """
    norms = (points**2).sum(1)
    near = norms.copy()
    drawn: list[int] = []
    open_rows = np.ones(len(points), bool)
    while len(drawn) < most:
        open_rows &= seconds <= budget
        if not open_rows.any():
            break
        weight = np.where(open_rows, near, 0.0)
        if weight.sum() <= 0:  # all that is left equals what was drawn
            weight = open_rows.astype(np.float64)
        row = int(rng.choice(len(points), p=weight / weight.sum()))
        budget -= seconds[row]
        drawn.append(row)
        open_rows[row] = False
        apart = np.maximum(norms + norms[row] - 2 * points @ points[row], 0)
        near = apart if len(drawn) == 1 else np.minimum(near, apart)
    return drawn


def farthest_first(
    points: Floats, known: Floats, seconds: Floats, budget: float, most: int
) -> list[int]:
    """Rows that cover the others: each the farthest from those labelled and those rows before.

    The greedy k-centre of core-set selection (Sener and Savarese 2018, arXiv:1708.00489).

    Args:
        points: [N, D].
        known: [M, D] of what is labelled already; without any the first row is the midmost.
        seconds: [N], that each would cost.
        budget: seconds in all.
        most: rows at most.
    """
    norms = (points**2).sum(1)
    if len(known):
        apart = norms[:, None] + (known**2).sum(1) - 2 * points @ known.T
        near = np.maximum(apart.min(1), 0)
    else:
        centre = points.mean(0)
        near = -(norms - 2 * points @ centre)
    rows: list[int] = []
    open_rows = np.ones(len(points), bool)
    while len(rows) < most:
        open_rows &= seconds <= budget
        if not open_rows.any():
            break
        row = int(np.argmax(np.where(open_rows, near, -np.inf)))
        budget -= seconds[row]
        rows.append(row)
        open_rows[row] = False
        apart = np.maximum(norms + norms[row] - 2 * points @ points[row], 0)
        first = len(rows) == 1 and not len(known)
        near = apart if first else np.minimum(near, apart)
    return rows


def best_first(worth: Floats, seconds: Floats, budget: float, most: int) -> list[int]:
    """Rows by what they are worth, the highest first, while the budget holds them.

    Args:
        worth: [N].
        seconds: [N], that each would cost.
        budget: seconds in all; a row beyond what is left is passed over.
        most: rows at most.
    """
    rows: list[int] = []
    for row in np.argsort(-worth, kind="stable").tolist():
        if len(rows) == most:
            break
        if seconds[row] <= budget:
            budget -= float(seconds[row])
            rows.append(row)
    return rows
