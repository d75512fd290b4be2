"""Reviews taken in: mined, stored by their id, and then acknowledged to where they came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from guandian.domain import Review
from guandian.mining.batching import Answers, LazyMiner
from guandian.monitor.sources.dead_letters import DeadLetters
from guandian.monitor.sources.review_source import MOST, DeadLetter, Delivery, ReviewSource
from guandian.store import Store
from guandian.store.parts.store_rows import Pair, stored_record

_UNREADABLE = (ValueError, RuntimeError, ArithmeticError)
"""What a model raises of a review that it cannot read."""


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What a round came to: reviews that are new, those there just so, and dead letters."""

    reviews: int = 0
    known: int = 0
    dead: int = 0

    def __bool__(self) -> bool:
        return bool(self.reviews or self.known or self.dead)

    def __add__(self, other: TakenIn) -> TakenIn:
        return TakenIn(
            self.reviews + other.reviews, self.known + other.known, self.dead + other.dead
        )


@dataclass(frozen=True, slots=True)
class Intake:
    """Takes reviews in.

    Killed before a source is told that its reviews are stored, the next process gets them again,
    finds them in the store, and mines none twice.

    Attributes:
        store: opened for writing.
        answers: of the model.
        model: that answers.
        letters: keeps what is no review.
        tenant: whose reviews they are.
    """

    store: Store
    answers: Answers
    model: LazyMiner
    letters: DeadLetters
    tenant: str = "main"

    def take(self, source: ReviewSource, seconds: float = 0.0) -> TakenIn:
        """Take in what a source has now, at most `MOST` reviews.

        Args:
            source: of the reviews.
            seconds: to wait for the first one.

        Raises:
            SourceFailure: as `ReviewSource.take`.
            GuandianError: the store cannot be written.
        """
        delivery = source.take(MOST, seconds)
        number = self.put(source.name, delivery)
        delivery.stored()
        return number

    def put(self, name: str, delivery: Delivery) -> TakenIn:
        """Keep what a source of that name delivered, dead letters too."""
        fresh = self._fresh(delivery.reviews)
        pairs, dead = self._mined(fresh)
        if pairs:
            self.store.load(pairs, self.tenant)
        number = self.letters.keep(name, [*delivery.dead, *dead])
        return TakenIn(len(pairs), len(delivery.reviews) - len(fresh), number)

    def _fresh(self, reviews: Sequence[Review]) -> list[Review]:
        """Those that are not stored just so, by this model; of one id the last."""
        latest = {review.id: review for review in reviews}
        if not latest:
            return []
        there = self.store.reader(self.tenant).mined(list(latest))
        return [r for r in latest.values() if not self._is_there(r, there.get(r.id))]

    def _is_there(self, review: Review, pair: Pair | None) -> bool:
        if pair is None or pair[1].model != self.model.id:
            return False
        return stored_record(review, pair[1]) == stored_record(*pair)

    def _mined(self, reviews: list[Review]) -> tuple[list[Pair], list[DeadLetter]]:
        """The reviews with their opinions; what no model can read is a dead letter."""
        if not reviews:
            return [], []
        try:
            return list(zip(reviews, self.answers.ask(reviews).wait(), strict=True)), []
        except _UNREADABLE:
            return self._mined_apart(reviews)

    def _mined_apart(self, reviews: list[Review]) -> tuple[list[Pair], list[DeadLetter]]:
        """The same in halves, so that a review that cannot be mined holds no other up."""
        try:
            return list(zip(reviews, self.model.miner.mine(reviews), strict=True)), []
        except _UNREADABLE as error:
            if len(reviews) == 1:
                return [], [DeadLetter(f"cannot be mined: {error!r}", reviews[0].text)]
        half = len(reviews) // 2
        first, second = self._mined_apart(reviews[:half]), self._mined_apart(reviews[half:])
        return first[0] + second[0], first[1] + second[1]
