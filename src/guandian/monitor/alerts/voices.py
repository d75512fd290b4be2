"""Copies, near copies and one user's floods: they count once where an alert is decided."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from guandian.domain import Review
from guandian.monitor.series.series_key import SeriesKey
from guandian.store import StoreReader
from guandian.text.letters import letters

NEAR = 0.7
"""Two texts are near copies where they share so much of their runs of three letters."""
LEAST_LETTERS = 16
"""Letters, digits aside, that a text has at least: what is shorter many people may write."""
_RUN, _PLACES = 3, 1 << 16
_MOST = 2000
"""Complaints that are compared with each other; of more, what is found counts as a sample."""
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Repeats:
    """Reviews of some days that are not voices of their own.

    Attributes:
        reviews: all of them.
        copies: that are near copies of another one.
        floods: others by a user who wrote more than one.
        number: how many count too much, where a user counts once.
    """

    reviews: int = 0
    copies: int = 0
    floods: int = 0
    number: int = 0

    def times(self, factor: float) -> Repeats:
        """As many as there are of so many times as many reviews."""
        counts = self.reviews, self.copies, self.floods, self.number
        return Repeats(*(round(count * factor) for count in counts))


@dataclass(frozen=True, slots=True)
class Burst:
    """What would have fired had each review counted as a voice of its own.

    Attributes:
        key: of the series.
        day: the last one of the bucket.
        repeats: what does not count.
    """

    key: SeriesKey
    day: date
    repeats: Repeats


@dataclass(slots=True)
class Voices:
    """Finds repeats in a store; remembers what it found.

    Attributes:
        reader: of the store.
        bursts: that fired nothing because of them.
    """

    reader: StoreReader
    bursts: list[Burst] = field(default_factory=list)
    _known: dict[tuple[Any, ...], Repeats] = field(default_factory=dict)

    def of(self, key: SeriesKey, since: date, until: date) -> Repeats:
        """The repeats among the complaints of a series, of some days."""
        named = key, since, until
        if named not in self._known:
            page = self.reader.opinions(key.selection(since, until), limit=_MOST)
            reviews = {its.review.id: its.review for its in page.items}
            repeats = repeats_among(list(reviews.values()))
            if page.total > len(page.items) > 0:
                repeats = repeats.times(page.total / len(page.items))
            self._known[named] = repeats
        return self._known[named]


def repeats_among(reviews: Sequence[Review]) -> Repeats:
    """Count near copies, and what one user wrote besides a first review.

    Args:
        reviews: complaints about one thing.
    """
    groups = _near_groups([review.text for review in reviews]).tolist()
    firsts = {group: k for k, group in reversed(list(enumerate(groups)))}
    users = Counter(reviews[k].user for k in firsts.values() if reviews[k].user)
    copies, floods = len(reviews) - len(firsts), sum(users.values()) - len(users)
    names = [review.user or f"\0{k}" for k, review in enumerate(reviews)]
    voices = _joined(groups, names)
    return Repeats(len(reviews), copies, floods, len(set(names)) - voices)


def _joined(groups: Sequence[int], names: Sequence[str]) -> int:
    """How many voices there are, where a group and a name are one voice each."""
    owner: dict[object, object] = {}

    def root(its: object) -> object:
        while owner.setdefault(its, its) != its:
            its = owner[its]
        return its

    for group, name in zip(groups, names, strict=True):
        owner[root(group)] = root(name)
    return len({root(group) for group in groups})


def _near_groups(texts: Sequence[str]) -> NDArray[np.int64]:
    """The group of near copies that each text belongs to, `[texts]`."""
    from scipy import sparse
    from scipy.sparse.csgraph import connected_components

    rows, columns = list[int](), list[int]()
    sizes = np.zeros(len(texts))
    for row, text in enumerate(texts):
        said = _DIGITS.sub("", letters(text))
        if len(said) < LEAST_LETTERS:
            continue
        runs = {said[k : k + _RUN] for k in range(len(said) - _RUN + 1)}
        places = {crc32(run.encode("utf-8", "surrogatepass")) % _PLACES for run in runs}
        rows += [row] * len(places)
        columns += places
        sizes[row] = len(places)
    runs_of = sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(texts), _PLACES))
    shared = (runs_of @ runs_of.T).tocoo()
    union = sizes[shared.row] + sizes[shared.col] - shared.data
    near = shared.data >= NEAR * union
    links = sparse.coo_matrix(
        (np.ones(int(near.sum())), (shared.row[near], shared.col[near])), shape=shared.shape
    )
    _, groups = connected_components(links, directed=False)
    return np.asarray(groups, dtype=np.int64)
