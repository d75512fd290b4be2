"""Finds reviews that share an id, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from guandian.domain import Review

REMEMBERED = 100_000
"""An id is found again for so many reviews at least; further apart it may be missed."""


class RepeatedIds:
    """Counts the reviews that have the id of an earlier one.

    It remembers ids by hashes of 64 bits: those of the last `most` reviews at least, those of
    twice as many at most.

    Args:
        most: reviews after which an id may be forgotten.

    Attributes:
        count: such reviews so far.
    """

    def __init__(self, most: int = REMEMBERED) -> None:
        self.count = 0
        self._most = most
        self._recent: set[int] = set()
        self._older: set[int] = set()

    def watch(self, reviews: Iterable[Review]) -> Iterator[Review]:
        """The same reviews, counted as they pass."""
        for review in reviews:
            self.add(review.id)
            yield review

    def add(self, id: str) -> None:
        """Take in the id of the next review."""
        self.count += self._again(hash(id))

    def _again(self, key: int) -> bool:
        repeated = key in self._recent or key in self._older
        self._recent.add(key)
        if len(self._recent) == self._most:
            self._older, self._recent = self._recent, set()
        return repeated
