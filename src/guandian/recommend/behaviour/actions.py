"""What people did with things: views, clicks, purchases and ratings, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from guandian.recommend.opinions.aspect_marks import AspectMarks

Bools = NDArray[np.bool_]
Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

KINDS = ("view", "click", "share", "cart", "buy", "rating", "review")
"""What a person can do with an item; a rating and a review carry stars."""
STARS = frozenset({KINDS.index("rating"), KINDS.index("review")})
_WEIGHTS = np.array([0.2, 0.5, 1.0, 1.0, 1.5, 1.0, 1.0], dtype=np.float32)
LIKED = 4.0
"""Stars from which on a rating says that somebody likes a thing."""
DISLIKED = 2.0
"""Stars down to which a rating says that somebody dislikes it."""
_LEANING = frozenset(KINDS.index(kind) for kind in ("share", "cart", "buy"))


@dataclass(frozen=True, slots=True, eq=False)
class Behaviour:
    """Actions of users on items; all arrays have one entry an action.

    Attributes:
        users, items: pseudonyms; arrays hold their numbers.
        user, item: of each action.
        kind: number in `KINDS`.
        value: stars from 1 to 5 of a rating or review, else NaN.
        time: seconds since 1970, NaN where it is not known.
        marks: what users said of which aspects; each belongs to an action.
        texts: what each action says in words, empty where it says nothing; None where none does.
    """

    users: tuple[str, ...]
    items: tuple[str, ...]
    user: Ints
    item: Ints
    kind: NDArray[np.int8]
    value: Floats
    time: NDArray[np.float64]
    marks: AspectMarks
    texts: NDArray[np.object_] | None = None

    @classmethod
    def none(cls) -> Self:
        """Nobody did anything."""
        floats = np.zeros(0, np.float32), np.zeros(0, np.float64)
        whole = np.zeros(0, np.int32)
        return cls((), (), whole, whole, np.zeros(0, np.int8), *floats, AspectMarks.none())

    def __len__(self) -> int:
        return len(self.user)

    @property
    def liked(self) -> Bools:
        """Which actions say that a user likes an item.

        Stars from 4 on do, and that it was bought, put into the cart or shared. Where all that is
        known are views and clicks, these do.
        """
        stars = np.isin(self.kind, list(STARS))
        leaning = np.isin(self.kind, list(_LEANING))
        if not stars.any() and not leaning.any():
            return np.ones(len(self), dtype=np.bool_)
        return np.where(stars & ~np.isnan(self.value), self.value >= LIKED, leaning)

    @property
    def disliked(self) -> Bools:
        """Which actions say that a user dislikes an item: one or two stars."""
        return np.nan_to_num(self.value, nan=5.0) <= DISLIKED

    @property
    def weights(self) -> Floats:
        """How much an action says of interest, above nought."""
        return _WEIGHTS[self.kind]

    def chosen(self, which: Bools) -> Behaviour:
        """Some of the actions, and with them what was said in these; users and items stay."""
        return replace(
            self,
            user=self.user[which],
            item=self.item[which],
            kind=self.kind[which],
            value=self.value[which],
            time=self.time[which],
            marks=self.marks.of_actions(which),
            texts=None if self.texts is None else self.texts[which],
        )

    def without_users(self, names: Sequence[str]) -> Behaviour:
        """All but what some users did and said; nothing of them is left, their names included."""
        gone = set(names)
        stays = np.array([name not in gone for name in self.users], dtype=np.bool_)
        rest = self.chosen(stays[self.user])
        numbers = np.cumsum(stays, dtype=np.int32) - 1
        return replace(
            rest,
            users=tuple(name for name in self.users if name not in gone),
            user=numbers[rest.user].astype(np.int32),
        )


def without_repeats(behaviour: Behaviour) -> Behaviour:
    """Each action once: of those of the same user, item, kind and time the last one stands.

    It was given twice, or its stars and opinions were corrected since. Actions without a time
    cannot be told apart from others of their kind, and all stay.
    """
    timed = ~np.isnan(behaviour.time)
    cells = np.stack(
        [
            behaviour.user.astype(np.float64),
            behaviour.item.astype(np.float64),
            behaviour.kind.astype(np.float64),
            behaviour.time,
        ],
        axis=1,
    )
    stands = ~timed
    backward = np.nonzero(timed)[0][::-1]
    if len(backward):
        stands[backward[np.unique(cells[backward], axis=0, return_index=True)[1]]] = True
    return behaviour.chosen(stands)


def joined_behaviour(first: Behaviour, second: Behaviour) -> Behaviour:
    """Actions of two files behind one another; numbers of the first stay."""
    users = {name: k for k, name in enumerate(first.users)}
    items = {name: k for k, name in enumerate(first.items)}
    its_users = np.array([users.setdefault(name, len(users)) for name in second.users], np.int32)
    its_items = np.array([items.setdefault(name, len(items)) for name in second.items], np.int32)

    def both(name: str) -> NDArray[np.generic]:
        return np.concatenate([getattr(first, name), getattr(second, name)])

    return Behaviour(
        tuple(users),
        tuple(items),
        np.concatenate([first.user, its_users[second.user]]).astype(np.int32),
        np.concatenate([first.item, its_items[second.item]]).astype(np.int32),
        both("kind").astype(np.int8),
        both("value").astype(np.float32),
        both("time").astype(np.float64),
        first.marks.followed_by(second.marks, len(first)),
        _texts(first, second),
    )


def _texts(first: Behaviour, second: Behaviour) -> NDArray[np.object_] | None:
    if first.texts is None and second.texts is None:
        return None
    parts = [
        np.full(len(part), "", dtype=object) if part.texts is None else part.texts
        for part in (first, second)
    ]
    return np.concatenate(parts)
