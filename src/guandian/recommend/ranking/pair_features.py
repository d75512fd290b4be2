"""What the ranker looks at: one row of numbers for a user and a candidate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from guandian.recommend.candidates.sources import OPINION_SOURCES, Sources

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

OPINION_FEATURES = (
    "praised for what he speaks of",
    "blamed for what he complains of",
    "praised more than usual",
    "marks",
)
"""Features that come from opinions, beside the scores of sources that do."""


def feature_names(sources: Sequence[str], *, opinions: bool) -> list[str]:
    """The columns of `features`, in order.

    Args:
        sources: names of sources.
        opinions: whether what reviews say is looked at.
    """
    shown = [name for name in sources if opinions or name not in OPINION_SOURCES]
    plain = ["actions of the user", "popular lately", "stars"]
    ranks = [f"rank by {name}" for name in shown if name != "popularity"]
    return [*shown, *ranks, *plain, *(OPINION_FEATURES if opinions else ())]


def features(
    sources: Sources,
    scores: Mapping[str, Floats],
    users: Ints,
    pairs: tuple[Ints, Ints],
    *,
    opinions: bool,
) -> Floats:
    """The features of pairs, [pairs, features]; columns as `feature_names` gives them.

    Args:
        sources: what is known.
        scores: of each source for `users`, [users, items].
        users: numbers of users.
        pairs: rows of `users` and numbers of items, ordered by row.
        opinions: whether what reviews say is looked at.
    """
    rows, items = pairs
    shown = [name for name in scores if opinions or name not in OPINION_SOURCES]
    columns = [scores[name][rows, items] for name in shown]
    columns += [
        log_places(rows, scores[name][rows, items]) for name in shown if name != "popularity"
    ]
    history = sources.history
    columns += [
        np.diff(history.seen.indptr)[users][rows],
        history.recent[items],
        history.stars[items],
    ]
    if opinions:
        columns += _of_opinions(sources, users[rows], items)
    return np.stack(columns, axis=1).astype(np.float32)


def _of_opinions(sources: Sources, users: Ints, items: Ints) -> list[Floats]:
    profiles = sources.profiles
    if profiles is None:
        return [np.zeros(len(users), dtype=np.float32)] * len(OPINION_FEATURES)
    blame = profiles.complaints[items] / (profiles.praise[items] + profiles.complaints[items] + 3)
    return [
        np.einsum("pa,pa->p", profiles.care[users], profiles.surplus[items]),
        np.einsum("pa,pa->p", profiles.complaint[users], blame),
        profiles.general[items],
        np.log1p(profiles.praise[items].sum(1) + profiles.complaints[items].sum(1)),
    ]


def log_places(rows: Ints, values: Floats) -> Floats:
    """The place of each value among those of its row, as log(1 + place), from 0 for the first.

    Args:
        rows: [pairs], in order.
        values: [pairs].
    """
    order = np.lexsort((-values, rows))
    starts = np.searchsorted(rows, rows[order])
    ranks = np.empty(len(rows), dtype=np.float32)
    ranks[order] = np.log1p(np.arange(len(rows)) - starts)
    return ranks
