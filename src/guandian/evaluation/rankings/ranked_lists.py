"""How good ranked lists are: numbers alone, whoever made the lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guandian.evaluation.intervals.bootstrap import Interval

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ListScores:
    """Figures of lists, one a user; a user without a held-out item stands nowhere.

    Attributes:
        ndcg, recall, reciprocal: [users], from 0 to 1.
        coverage: the share of all items that stand in some list.
        novelty: mean of -log2 of the share of users who chose a listed item.
    """

    ndcg: Floats
    recall: Floats
    reciprocal: Floats
    coverage: float
    novelty: float


def score_lists(
    lists: Sequence[Sequence[int]], wanted: Sequence[frozenset[int]], popularity: Floats, users: int
) -> ListScores:
    """Score lists against what users liked later.

    NDCG counts an item that is wanted 1 / log2(2 + its place, from 0); the best list has as many
    as there are, at most its length.

    Args:
        lists: items of each user, best first, all of one length.
        wanted: items that each user liked later, at least one.
        popularity: [items], users who chose an item before.
        users: how many there were before.

    Raises:
        ValueError: for another number of lists, or a user who wants nothing.
    """
    if len(lists) != len(wanted) or not all(wanted):
        raise ValueError("each list needs items that its user liked later")
    discounts = 1 / np.log2(np.arange(max(map(len, lists), default=0)) + 2.0)
    gains, recalls, reciprocals = [], [], []
    shown = set[int]()
    news = []
    rarity = -np.log2((popularity + 1) / (users + 1))
    for items, likes in zip(lists, wanted, strict=True):
        hits = np.array([item in likes for item in items], dtype=np.bool_)
        best = discounts[: min(len(items), len(likes))].sum()
        gains.append(float(discounts[: len(items)][hits].sum() / best) if len(items) else 0.0)
        recalls.append(float(hits.sum() / len(likes)))
        reciprocals.append(1.0 / (1 + int(hits.argmax())) if hits.any() else 0.0)
        shown.update(items)
        news.append(float(rarity[list(items)].mean()) if len(items) else 0.0)
    return ListScores(
        np.array(gains),
        np.array(recalls),
        np.array(reciprocals),
        len(shown) / max(len(popularity), 1),
        float(np.mean(news)) if news else 0.0,
    )


def mean_interval(
    values: Floats,
    groups: NDArray[np.integer] | None = None,
    *,
    resamples: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Interval:
    """The mean of figures, and its percentile bootstrap interval over users.

    Paired: of two systems on the same users hand in the differences.

    Args:
        values: [figures].
        groups: [figures], the user of each, who is drawn with all his figures; None where each
            figure is a user's only one.
        resamples: draws.
        seed: of the draws.
        level: probability that the interval holds.
    """
    if not len(values):
        return Interval(0.0, 0.0, 0.0, level)
    generator = np.random.default_rng(seed)
    sums: Floats = values
    counts: Floats = np.ones(len(values))
    if groups is not None:
        number = np.unique(groups, return_inverse=True)[1]
        sums = np.bincount(number, values).astype(np.float64)
        counts = np.bincount(number).astype(np.float64)
    size = len(sums)
    drawn = (generator.integers(0, size, size) for _ in range(resamples))
    means = np.array([sums[which].sum() / counts[which].sum() for which in drawn])
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(values.mean()), float(low), float(high), level)


def strata(popularity: Floats, items: NDArray[np.int64], parts: int = 3) -> NDArray[np.int64]:
    """The stratum of each item by popularity, 0 for the least popular ones.

    The bounds part the actions, not the items: each stratum has about as many of them.

    Args:
        popularity: [items], actions on each item.
        items: numbers of the items whose stratum is asked for.
        parts: strata.
    """
    order = np.argsort(popularity, kind="stable")
    share = np.cumsum(popularity[order]) / max(popularity.sum(), 1)
    stratum = np.empty(len(popularity), dtype=np.int64)
    stratum[order] = np.minimum((share * parts - 1e-9).astype(np.int64), parts - 1)
    return np.asarray(stratum[items])
