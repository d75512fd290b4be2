"""A miner whose answers tell what a catalogue and a lexicon know; nothing that it mined changes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

from guandian.domain import Mined, Review
from guandian.knowledge.known_reviews import KnownThings
from guandian.mining.batching import LazyMiner, Mines, stopped


class KnowingMiner:
    """A miner whose answers bear links, proposals and notes beside what was mined."""

    def __init__(self, miner: Mines, things: KnownThings) -> None:
        self._miner, self._things = miner, things

    def stopping(self) -> AbstractContextManager[object]:
        """Keep the miner from asking anything more while the block lasts."""
        return stopped(self._miner)

    def mine(self, reviews: Sequence[Review]) -> list[Mined]:
        """Mine each review, in their order, and look up what it names."""
        return [
            replace(mined, knowledge=self._things.of(review, mined))
            for review, mined in zip(reviews, self._miner.mine(reviews), strict=True)
        ]


def knowing(model: LazyMiner, things: KnownThings) -> LazyMiner:
    """The same model, whose answers tell what is known of what a review names."""
    return replace(
        model,
        key=f"{model.key} knows {things.key}",
        open=lambda: KnowingMiner(model.miner, things),
        by_columns=True,
    )
