"""What is known of users and items at one time, as matrices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from guandian.recommend.behaviour.actions import Behaviour

Floats = NDArray[np.float32]
_STANDING = 3.0
"""Stars of the usual height that stand behind the mean of each item."""
_HALF_LIFE = 180 * 86_400.0
"""Seconds after which a liking counts half in what is popular lately."""


@dataclass(frozen=True, slots=True, eq=False)
class KnownHistory:
    """The actions that are known.

    Attributes:
        behaviour: the actions.
        chosen: sparse [users, items], weights of what users did and did not dislike.
        seen: sparse [users, items], above nought for all that a user has to do with.
        liked: sparse [users, items], what users like.
        popularity: [items], users who like it.
        recent: [items], users who like it, each by half for every half year that passed until the
            last action; as `popularity` where no time is known.
        stars: [items], the mean rating less that of all items, shrunk.
    """

    behaviour: Behaviour
    chosen: Any
    seen: Any
    liked: Any
    popularity: Floats
    recent: Floats
    stars: Floats

    @classmethod
    def of(cls, behaviour: Behaviour, disliked_weight: float = 0.3) -> Self:
        """Count actions.

        Args:
            behaviour: what is known.
            disliked_weight: how much having to do with an item says of interest in it and its kind
                where it is disliked, beside 1 where it is liked.
        """
        likes, shape = behaviour.liked, (len(behaviour.users), len(behaviour.items))
        weights = np.where(behaviour.disliked, disliked_weight, behaviour.weights)
        chosen = _largest(behaviour.user, behaviour.item, weights.astype(np.float32), shape)
        ones = np.ones(len(behaviour), dtype=np.float32)
        seen = _largest(behaviour.user, behaviour.item, ones, shape)
        liked = _largest(behaviour.user[likes], behaviour.item[likes], ones[likes], shape)
        popularity = np.asarray(liked.sum(axis=0), dtype=np.float32).ravel()
        recent = popularity
        if not np.isnan(behaviour.time).any() and len(behaviour):
            age = behaviour.time.max() - behaviour.time[likes]
            fresh = np.maximum(0.5 ** (age / _HALF_LIFE), 1e-6).astype(np.float32)
            lately = _largest(behaviour.user[likes], behaviour.item[likes], fresh, shape)
            recent = np.asarray(lately.sum(axis=0), dtype=np.float32).ravel()
        return cls(behaviour, chosen, seen, liked, popularity, recent, _standing(behaviour))


def _standing(behaviour: Behaviour) -> Floats:
    rated = ~np.isnan(behaviour.value)
    if not rated.any():
        return np.zeros(len(behaviour.items), dtype=np.float32)
    item, value = behaviour.item[rated], behaviour.value[rated].astype(np.float64)
    above = np.bincount(item, value - value.mean(), len(behaviour.items))
    number = np.bincount(item, minlength=len(behaviour.items))
    return np.asarray(above / (number + _STANDING), dtype=np.float32)


def _largest(
    user: NDArray[np.int32], item: NDArray[np.int32], weights: Floats, shape: tuple[int, int]
) -> Any:
    """A sparse matrix that holds the largest weight where a user did several things."""
    order = np.argsort(weights, kind="stable")
    rows, columns, data = user[order], item[order], weights[order]
    cells = rows.astype(np.int64) * shape[1] + columns
    _, last = np.unique(cells[::-1], return_index=True)
    which = len(cells) - 1 - last
    return sparse.csr_matrix((data[which], (rows[which], columns[which])), shape=shape)
