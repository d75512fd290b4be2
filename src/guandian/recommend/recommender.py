"""Recommend items to users, each with its reason; nothing is learnt here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from guandian.errors import GuandianError
from guandian.recommend.behaviour.catalogue import Catalogue
from guandian.recommend.candidates.sources import Sources, candidate_pairs
from guandian.recommend.candidates.word_vectors import WordVectors
from guandian.recommend.ranking.pair_features import features, log_places
from guandian.recommend.ranking.ranker import Ranker
from guandian.recommend.reasons import Quotes, Reason, reason_for

Ints = NDArray[np.int64]
Scores = NDArray[np.float64]
_LIKE = {"neighbours": 1.0, "topics": 0.7, "words": 0.7, "encoder": 0.5}
"""How much each likeness says of two items being alike."""
_BESIDE = {"words": 1.0, "like-minded": 0.5}
"""What counts beside being popular lately where no ranker was taught, each by its share of the
user's highest score; chosen on musical instruments before the last fifth of their time."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants of recommendations.

    Attributes:
        most: items of a list.
        only: by column of the items, the values of which one must stand there.
        less_of: items and aspects of which less is wanted: such items, and those like them, and
            items much of whose reviews is about such an aspect, go down.
        without: items that are left out.
        diversity: from 0 to 1, how much an item that is like one above it goes down.
        about: words of what is looked for; they stand in for actions that are not known.
    """

    most: int = 10
    only: Mapping[str, Sequence[str]] = field(default_factory=dict)
    less_of: Sequence[str] = ()
    without: Sequence[str] = ()
    diversity: float = 0.0
    about: str = ""


@dataclass(frozen=True, slots=True)
class Recommendation:
    """An item in a list.

    Attributes:
        item: its id.
        title: its text, empty where it is not known.
        score: higher stands first; scores of one list alone can be compared.
        reason: why.
    """

    item: str
    title: str
    score: float
    reason: Reason


class Recommender:
    """Lists of items for users.

    Args:
        sources: what scores items.
        ranker: what orders candidates; None orders them by how popular they are lately, and how
            near to the user (see `near_popular`).
        catalogue: texts and columns of items.
        quotes: words of reviews.
        most: candidates of each source.
        words: the items' texts as vectors, None where none are known.
        fit: how it was fitted, for whoever fits it anew.
    """

    def __init__(
        self,
        sources: Sources,
        ranker: Ranker | None,
        catalogue: Catalogue,
        quotes: Quotes,
        most: Mapping[str, int],
        words: WordVectors | None = None,
        fit: Mapping[str, Any] | None = None,
    ) -> None:
        self.sources, self.ranker, self.catalogue = sources, ranker, catalogue
        self.quotes, self.most, self.words = quotes, most, words
        self.fit = fit or {}
        behaviour = sources.history.behaviour
        self.users = {name: k for k, name in enumerate(behaviour.users)}
        self.items = {name: k for k, name in enumerate(behaviour.items)}

    def recommend(self, user: str, wish: Wish | None = None) -> list[Recommendation]:
        """A list for one user, best first; somebody unknown gets what is popular, or `about`.

        Raises:
            GuandianError: the wish names what is not there.
        """
        wish = wish or Wish()
        number = self.users.get(user)
        if number is None or wish.about:
            items, scores = self._of_nobody(wish)
            number = None if wish.about else number
        else:
            ((items, scores),) = self.ranked(np.array([number], dtype=np.int64))
        return self._list(number, items, scores, wish)

    def ranked(self, users: Ints) -> list[tuple[Ints, Scores]]:
        """Candidates of users by number, best first, with their scores; without reasons.

        Args:
            users: numbers of users.
        """
        scores = self.sources.scores(users)
        seen = self.sources.history.seen[users]
        rows, items = candidate_pairs(scores, seen, self.most)
        if self.ranker is not None:
            shown = features(
                self.sources, scores, users, (rows, items), opinions=self.ranker.opinions
            )
            values = self.ranker.scores(shown)
        else:
            values = near_popular(self.sources.history.recent, scores, rows, items)
        order = np.lexsort((items, -values, rows))
        rows, items, values = rows[order], items[order], values[order]
        bounds = np.searchsorted(rows, np.arange(len(users) + 1))
        return [(items[low:high], values[low:high]) for low, high in pairwise(bounds)]

    def like(self, item: str, wish: Wish | None = None) -> list[Recommendation]:
        """Items like one: chosen by the same people, judged alike, described alike.

        Raises:
            GuandianError: the item is not known.
        """
        number = self._number(item)
        total = np.zeros(len(self.sources.history.popularity))
        for name, table in self.sources.neighbours.items():
            row = np.asarray(table.likeness[[number]].toarray()).ravel()
            total += _LIKE.get(name, 0.5) * row
        total[number] = -1
        order = np.argsort(-total, kind="stable")[:500].astype(np.int64)
        order = order[total[order] > 0]
        wish = wish or Wish()
        return self._list(None, order, total[order], wish, chosen=np.array([number], np.int32))

    def _of_nobody(self, wish: Wish) -> tuple[Ints, Scores]:
        """What suits words, or everybody."""
        history = self.sources.history
        popular = np.log1p(history.recent.astype(np.float64))
        if wish.about and self.words is not None:
            near = self.words.rows([wish.about]) @ self.words.items.T
            total = np.asarray(near.toarray(), dtype=np.float64).ravel()
            total = np.where(total > 0, total + 0.02 * popular + 0.05 * history.stars, -1)
        else:
            total = popular + 0.01 * history.stars
        order = np.argsort(-total, kind="stable")[:1000].astype(np.int64)
        order = order[total[order] >= 0]
        return order, total[order]

    def _list(
        self,
        user: int | None,
        items: Ints,
        scores: Scores,
        wish: Wish,
        chosen: NDArray[np.int32] | None = None,
    ) -> list[Recommendation]:
        names = self.sources.history.behaviour.items
        stays = np.ones(len(items), dtype=np.bool_)
        if wish.only:
            stays &= self.catalogue.matching([names[k] for k in items], wish.only)
        if wish.without:
            gone = {self._number(name) for name in wish.without}
            stays &= ~np.isin(items, list(gone))
        items, scores = items[stays], scores[stays].astype(np.float64)
        if len(items) and (wish.less_of or wish.diversity):
            spread = float(scores.max() - scores.min()) or 1.0
            scores = (scores - scores.min()) / spread
            for name in wish.less_of:
                scores = scores - self._less(name, items)
            order = np.argsort(-scores, kind="stable")
            items, scores = items[order], scores[order]
            if wish.diversity:
                items, scores = self._spread(items, scores, wish)
        care = None
        profiles = self.sources.profiles
        if user is not None:
            chosen = self.sources.history.liked[[user]].indices
            care = profiles.care[user] if profiles is not None else None
        mine = chosen if chosen is not None else np.zeros(0, np.int32)
        return [
            Recommendation(
                names[item],
                self.catalogue.text(names[item]),
                float(score),
                reason_for(self.sources, self.quotes, int(item), care, mine),
            )
            for item, score in zip(items[: wish.most], scores[: wish.most], strict=True)
        ]

    def _less(self, name: str, items: Ints) -> Scores:
        """How much items go down of which less is wanted, by an item or an aspect."""
        names, profiles = self.sources.history.behaviour.items, self.sources.profiles
        if profiles is not None and name in profiles.aspects:
            about = profiles.topic[items][:, profiles.aspects.index(name)]
            return np.asarray(2 * about / max(float(about.max()), 1e-9), dtype=np.float64)
        number = self._number(name, or_aspect=True)
        near = np.zeros(len(names))
        for table in self.sources.neighbours.values():
            row = np.asarray(table.likeness[[number]].toarray()).ravel()
            near = np.maximum(near, row / max(float(row.max()), 1e-9))
        near[number] = 2
        return np.asarray(near[items], dtype=np.float64)

    def _spread(self, items: Ints, scores: Scores, wish: Wish) -> tuple[Ints, Scores]:
        """Take the best item again and again, those like what was taken going down."""
        picked: list[int] = []
        left, value = items[: 20 * wish.most], scores[: 20 * wish.most].copy()
        open_ = np.ones(len(left), dtype=np.bool_)
        final = []
        while open_.any() and len(picked) < wish.most:
            best = int(np.argmax(np.where(open_, value, -np.inf)))
            picked.append(best)
            final.append(value[best])
            open_[best] = False
            for table in self.sources.neighbours.values():
                row = np.asarray(table.likeness[[left[best]]].toarray()).ravel()
                value -= wish.diversity * row[left] / max(float(row.max()), 1e-9)
        return left[picked], np.array(final)

    def _number(self, item: str, *, or_aspect: bool = False) -> int:
        number = self.items.get(item)
        if number is None:
            problem = f"there is no item {item!r}"
            if or_aspect:
                problem = f"there is no item and no aspect {item!r}"
            near = get_close_matches(item, [*self.items][:20_000], 3)
            repair = f"near it: {', '.join(near)}" if near else "see the file of items"
            raise GuandianError(problem, repair)
        return number


def near_popular(
    recent: NDArray[np.float32], scores: Mapping[str, NDArray[np.float32]], rows: Ints, items: Ints
) -> Scores:
    """Popularity of late, moved by likeness, [pairs]: what is safe where a ranker has few lessons.

    Args:
        recent: [items].
        scores: of each source, [users, items].
        rows: of `scores`, one a pair.
        items: of the pairs.
    """
    total = recent[items].astype(np.float64) / max(float(recent.max(initial=0.0)), 1e-9)
    for name, weight in _BESIDE.items():
        if name in scores:
            values = scores[name][rows, items]
            highest = np.zeros(scores[name].shape[0], dtype=np.float32)
            np.maximum.at(highest, rows, values)
            total += weight * values / np.maximum(highest[rows], 1e-9)
    return total


def mean_places(
    scores: Mapping[str, NDArray[np.float32]], rows: Ints, items: Ints, names: Sequence[str]
) -> Scores:
    """The plain hybrid: reciprocal places of candidates by several sources, added up, [pairs]."""
    total = np.zeros(len(rows))
    for name in names:
        if name in scores:
            total += 1 / (60 + np.expm1(log_places(rows, scores[name][rows, items])))
    return total
