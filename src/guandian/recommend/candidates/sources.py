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
from guandian.recommend.candidates.text_tower import TextTower
from guandian.recommend.opinions.aspect_profiles import AspectProfiles

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

OPINION_SOURCES = frozenset({"topics", "match", "opinion factors"})
"""Sources that know what reviews say; without opinions there are none."""
_UNSEEN = np.float32(-1e30)
_LEAST = np.float32(1e-9)
"""The score from which on an item is a candidate: nought says that nothing is known."""
_BLOCKS = 8
"""Blocks of items for each candidate that is wanted: with more the bound is nearer."""


@dataclass(frozen=True, slots=True, eq=False)
class Sources:
    """All that scores items for a user.

    Attributes:
        history: what is known.
        neighbours: likeness of items, by the name of what makes them alike.
        factors: vectors of items, by the name of what they were learnt from.
        people: who chose the same.
        profiles: what is said of items and by users; None where nothing is known.
        tower: vectors of texts that behaviour has taught; None where none was.
    """

    history: KnownHistory
    neighbours: Mapping[str, Neighbours]
    factors: Mapping[str, Factors]
    people: LikeMinded
    profiles: AspectProfiles | None
    tower: TextTower | None = None

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
        if self.tower is not None:
            scores["tower"] = self.tower.scores(chosen)
        if self.profiles is not None:
            scores["match"] = self.profiles.care[users] @ self.profiles.topic.T
        return scores


def best_cells(scores: Floats, seen: Any, most: int) -> tuple[Ints, Ints]:
    """The best items of each user that he has not seen and that have a score above nought.

    The largest of each of many blocks of items give a bound that at least `most` items reach; what
    lies below it is not sorted, which is most of all.

    Args:
        scores: [users, items].
        seen: sparse [users, items], what is left out.
        most: items of each user.

    Returns:
        Rows of users and items, ordered by row, the best first.
    """
    values = np.array(scores, dtype=np.float32)
    users, items = values.shape
    values[np.repeat(np.arange(users), np.diff(seen.indptr)), seen.indices] = _UNSEEN
    bound = np.full(users, _LEAST, dtype=np.float32)
    size = items // (_BLOCKS * most)
    if size > 1:
        width = items // size
        largest = values[:, : size * width].reshape(users, size, width).max(axis=1)
        reached = np.partition(largest, width - most, axis=1)[:, width - most]
        bound = np.maximum(bound, reached)
    cells = np.flatnonzero(values >= bound[:, None])
    cells = cells[np.lexsort((-values.ravel()[cells], cells // items))]
    rows, columns = np.divmod(cells, items)
    rank = np.arange(len(rows)) - np.searchsorted(rows, rows)
    best = rank < most
    return rows[best], columns[best]


def best_items(scores: Floats, seen: Any, most: int) -> list[Ints]:
    """As `best_cells`: the items of each user, best first; there may be fewer than `most`."""
    rows, items = best_cells(scores, seen, most)
    return np.split(items, np.searchsorted(rows, np.arange(1, scores.shape[0])))


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
    items = scores["popularity"].shape[1]
    cells = [
        rows * items + best
        for name, number in most.items()
        if name in scores and number
        for rows, best in (best_cells(scores[name], seen, number),)
    ]
    pairs = np.unique(np.concatenate(cells))
    return pairs // items, pairs % items
