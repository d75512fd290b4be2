"""Where candidates come from: each source scores all items for users, and gives its best ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from guandian.recommend.behaviour.known_history import KnownHistory
from guandian.recommend.candidates.factors import Factors
from guandian.recommend.candidates.like_minded import LikeMinded
from guandian.recommend.candidates.neighbours import Neighbours
from guandian.recommend.opinions.aspect_profiles import AspectProfiles

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

OPINION_SOURCES = frozenset({"topics", "match", "opinion factors"})
"""Sources that know what reviews say; without opinions there are none."""
_UNSEEN = np.float32(-1e30)


@dataclass(frozen=True, slots=True, eq=False)
class Sources:
    """All that scores items for a user.

    Attributes:
        history: what is known.
        neighbours: likeness of items, by the name of what makes them alike.
        factors: vectors of items, by the name of what they were learnt from.
        people: who chose the same.
        profiles: what is said of items and by users; None where nothing is known.
    """

    history: KnownHistory
    neighbours: Mapping[str, Neighbours]
    factors: Mapping[str, Factors]
    people: LikeMinded
    profiles: AspectProfiles | None

    def scores(self, users: Ints) -> dict[str, Floats]:
        """What each source gives all items, [users, items] each; higher is better.

        Args:
            users: numbers of users.
        """
        chosen = self.history.chosen[users]
        shape = len(users), len(self.history.popularity)
        scores = {"popularity": np.broadcast_to(self.history.popularity, shape)}
        scores["like-minded"] = self.people.scores(chosen)
        scores |= {name: table.scores(chosen) for name, table in self.neighbours.items()}
        scores |= {name: table.scores(chosen) for name, table in self.factors.items()}
        if self.profiles is not None:
            scores["match"] = self.profiles.care[users] @ self.profiles.topic.T
        return scores


def best_items(scores: Floats, seen: Any, most: int) -> Ints:
    """The best items of each user that he has not seen, [users, most], best first.

    Args:
        scores: [users, items].
        seen: sparse [users, items], what is left out.
        most: items of each user; no more than there are.
    """
    values = np.array(scores, dtype=np.float32)
    rows = np.repeat(np.arange(values.shape[0]), np.diff(seen.indptr))
    values[rows, seen.indices] = _UNSEEN
    most = min(most, values.shape[1])
    top = np.argpartition(-values, most - 1, axis=1)[:, :most]
    order = np.argsort(-np.take_along_axis(values, top, axis=1), axis=1, kind="stable")
    return np.asarray(np.take_along_axis(top, order, axis=1), dtype=np.int64)


def candidate_pairs(
    scores: Mapping[str, Floats], seen: Any, most: Mapping[str, int]
) -> tuple[Ints, Ints]:
    """The candidates of users: the best of each source, without what they have seen.

    Args:
        scores: of each source, [users, items].
        seen: sparse [users, items].
        most: how many each source gives; a source that is left out gives none.

    Returns:
        Rows of users and items of the pairs, ordered by row and item.
    """
    rows, items = scores["popularity"].shape
    cells = []
    for name, number in most.items():
        if name in scores and number:
            best = best_items(scores[name], seen, number)
            cells.append((np.arange(rows)[:, None] * items + best).ravel())
    pairs = np.unique(np.concatenate(cells))
    known = np.repeat(np.arange(rows), np.diff(seen.indptr)) * items + seen.indices
    pairs = pairs[~np.isin(pairs, known)]
    return pairs // items, pairs % items
