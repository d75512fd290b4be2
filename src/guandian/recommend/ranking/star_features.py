"""What foretells the stars that a user gives an item: habits of both, and what reviews say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags
from scipy.sparse.linalg import lsqr

from guandian.recommend.behaviour.actions import Behaviour
from guandian.recommend.opinions.aspect_profiles import AspectProfiles

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
_USER, _ITEM = 5.0, 8.0
"""Ratings of the usual height that stand behind the habit of a user, and of an item."""
_ROUNDS = 8
_TOPICS = 20
_HALF = 4.0
"""Ratings from which on an item counts half of what it could in learning words."""
_DAMPS = (1.7, 3.2)
_STEPS = 30


@dataclass(frozen=True, slots=True, eq=False)
class StarHabits:
    """How users and items stand above and below the mean.

    Attributes:
        mean: of all ratings.
        user, item: [users], [items], what each adds.
        ratings_of_user, ratings_of_item: how many there are.
    """

    mean: float
    user: Floats
    item: Floats
    ratings_of_user: Floats
    ratings_of_item: Floats

    @classmethod
    def of(cls, rated: Behaviour) -> Self:
        """Fit both in turn, shrunk; every action has stars."""
        value = rated.value.astype(np.float64)
        mean = float(value.mean())
        users = np.bincount(rated.user, minlength=len(rated.users)).astype(np.float64)
        items = np.bincount(rated.item, minlength=len(rated.items)).astype(np.float64)
        user, item = np.zeros(len(users)), np.zeros(len(items))
        for _ in range(_ROUNDS):
            rest = value - mean - user[rated.user]
            item = np.bincount(rated.item, rest, len(items)) / (items + _ITEM)
            rest = value - mean - item[rated.item]
            user = np.bincount(rated.user, rest, len(users)) / (users + _USER)
        return cls(mean, user, item, users, items)

    def stars(self, user: Ints, item: Ints) -> Floats:
        """The stars of pairs by habit alone, from 1 to 5."""
        return np.clip(self.mean + self.user[user] + self.item[item], 1, 5)


def star_features(
    rated: Behaviour, user: Ints, item: Ints, *, opinions: bool, words: Any = None
) -> Floats:
    """Features of pairs, [pairs, features], by a history that does not hold them.

    Args:
        rated: the history; every action has stars.
        user: number of each pair's user.
        item: number of each pair's item.
        opinions: whether what reviews say is looked at.
        words: sparse [items, words], what the items' texts say; None where nothing is known.
    """
    habits = StarHabits.of(rated)
    columns = [
        habits.mean + habits.user[user] + habits.item[item],
        habits.user[user],
        habits.item[item],
        habits.ratings_of_user[user],
        habits.ratings_of_item[item],
    ]
    for share in (rated.value <= 2, rated.value >= 5):
        of_user = np.bincount(rated.user, share, len(rated.users)) / (habits.ratings_of_user + 2)
        of_item = np.bincount(rated.item, share, len(rated.items)) / (habits.ratings_of_item + 2)
        columns += [of_user[user], of_item[item]]
    if words is not None:
        columns += _leanings(rated, habits, words, (user, item))
    if opinions:
        columns += _of_opinions(rated, user, item)
    return np.stack(columns, axis=1)


def _leanings(
    rated: Behaviour, habits: StarHabits, words: Any, pairs: tuple[Ints, Ints]
) -> list[Floats]:
    """How items of such words stand with everybody (ridge), and with this user."""
    user, item = pairs
    rest = rated.value - habits.mean - habits.user[rated.user]
    number = habits.ratings_of_item
    height = np.bincount(rated.item, rest, len(number)) / np.maximum(number, 1)
    weight = np.sqrt(number / (number + _HALF))
    columns: list[Floats] = []
    for damp in _DAMPS:
        leaning = lsqr(diags(weight) @ words, weight * height, damp=damp, iter_lim=_STEPS)[0]
        columns.append(np.asarray(words @ leaning)[item])
    own = rest - habits.item[rated.item]
    shape = len(habits.user), len(number)
    by_user = csr_matrix((own, (rated.user, rated.item)), shape=shape) @ words
    columns.append(np.asarray(by_user[user].multiply(words[item]).sum(axis=1)).ravel())
    return columns


def _of_opinions(rated: Behaviour, user: Ints, item: Ints) -> list[Floats]:
    profiles, marks = AspectProfiles.of(rated), rated.marks
    speaker = rated.user[marks.action]
    praise = np.bincount(speaker, marks.sign > 0, len(rated.users))
    complaints = np.bincount(speaker, marks.sign < 0, len(rated.users))
    blame = profiles.complaints / (profiles.praise + profiles.complaints + 3)
    most = np.argsort(-profiles.topic.sum(axis=0), kind="stable")[:_TOPICS]
    return [
        profiles.general[item],
        (praise / (praise + complaints + 3))[user],
        profiles.praise.sum(axis=1)[item],
        profiles.complaints.sum(axis=1)[item],
        np.einsum("pa,pa->p", profiles.care[user], profiles.surplus[item]),
        np.einsum("pa,pa->p", profiles.complaint[user], blame[item]),
        np.einsum("pa,pa->p", profiles.care[user], profiles.topic[item]),
        *profiles.topic[item][:, most].T,
    ]
