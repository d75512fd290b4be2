"""Who cares for which aspects, and what items are praised for, shrunk towards what is usual."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from guandian.recommend.behaviour.actions import Behaviour

Floats = NDArray[np.float32]
MOST_ASPECTS = 400
"""Aspects that profiles are made of: those that most items have."""
SHRINKAGE = 3.0
"""Marks of a usual kind that stand behind each share: few marks say little."""


@dataclass(frozen=True, slots=True, eq=False)
class AspectProfiles:
    """What is said, by user and by item; rows of `aspects` columns.

    Attributes:
        aspects: keys of names.
        care: [users, aspects], which aspects a user speaks of, as a unit vector.
        complaint: [users, aspects], those that a user complains of, as shares.
        topic: [items, aspects], which aspects an item's reviews speak of, as a unit vector.
        surplus: [items, aspects], the share of praise less that of all items for the aspect,
            shrunk; 0 where nothing is said.
        praise, complaints: [items, aspects], numbers of marks.
        general: [items], share of praise over all aspects less the usual one, shrunk.
    """

    aspects: tuple[str, ...]
    care: Floats
    complaint: Floats
    topic: Floats
    surplus: Floats
    praise: Floats
    complaints: Floats
    general: Floats

    @classmethod
    def of(cls, behaviour: Behaviour) -> Self:
        """Count the marks of a history; of each review an aspect counts once a polarity.

        Args:
            behaviour: what is known at the time; marks of other actions are not looked at.
        """
        marks = behaviour.marks.distinct()
        often = np.bincount(marks.aspect, minlength=len(marks.aspects))
        columns = np.sort(np.argsort(-often, kind="stable")[:MOST_ASPECTS])
        columns = columns[often[columns] > 0]
        width = len(columns)
        number = np.full(len(marks.aspects), -1, dtype=np.int64)
        number[columns] = np.arange(width)
        aspect = number[marks.aspect]
        known = aspect >= 0
        user, item = behaviour.user[marks.action[known]], behaviour.item[marks.action[known]]
        aspect, sign = aspect[known], marks.sign[known]
        sizes = (len(behaviour.users), width), (len(behaviour.items), width)
        by_user = _counts(user, aspect, sizes[0])
        by_item = _counts(item, aspect, sizes[1])
        praise = _counts(item[sign > 0], aspect[sign > 0], sizes[1])
        complaints = _counts(item[sign < 0], aspect[sign < 0], sizes[1])
        complained = _counts(user[sign < 0], aspect[sign < 0], sizes[0])
        usual = praise.sum(0) / np.maximum(praise.sum(0) + complaints.sum(0), 1)
        judged = praise + complaints
        surplus = (praise - usual * judged) / (judged + SHRINKAGE)
        whole = float(praise.sum() / max(judged.sum(), 1))
        general = (praise.sum(1) - whole * judged.sum(1)) / (judged.sum(1) + 3 * SHRINKAGE)
        rarity = np.log((1 + len(behaviour.items)) / (1 + (by_item > 0).sum(0)))
        return cls(
            tuple(marks.aspects[k] for k in columns),
            _unit(np.log1p(by_user) * rarity),
            (complained / (complained.sum(1, keepdims=True) + SHRINKAGE)).astype(np.float32),
            _unit(np.log1p(by_item) * rarity),
            surplus.astype(np.float32),
            praise,
            complaints,
            general.astype(np.float32),
        )

    def shuffled(self, seed: int) -> AspectProfiles:
        """A control: what is said of each item goes to another one, users stay as they are."""
        order = np.random.default_rng(seed).permutation(len(self.topic))
        return AspectProfiles(
            self.aspects, self.care, self.complaint, self.topic[order], self.surplus[order],
            self.praise[order], self.complaints[order], self.general[order],
        )  # fmt: skip


def _counts(rows: NDArray[Any], columns: NDArray[Any], shape: tuple[int, int]) -> Floats:
    ones = np.ones(len(rows), dtype=np.float32)
    counts = sparse.coo_array((ones, (rows, columns)), shape=shape)
    return np.asarray(counts.toarray(), dtype=np.float32)


def _unit(rows: NDArray[Any]) -> Floats:
    lengths = np.sqrt(np.square(rows).sum(axis=1, keepdims=True))
    return np.asarray(rows / (lengths + 1.0), dtype=np.float32)
