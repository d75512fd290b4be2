"""A miner that is quick: it finds what tests of sources plant, without a model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from guandian.domain import Language, Mined, Opinion, Polarity, Review, Sentiment, Span
from guandian.mining.batching import Answers, LazyMiner
from guandian.monitor.sources import Intake
from guandian.monitor.sources.dead_letters import DeadLetters
from guandian.store import Store

MODEL = "finder@1"


class Finder:
    """Finds 电池 and whether it is called bad; counts the texts that it was asked about."""

    def __init__(self) -> None:
        self.texts = 0

    def mine(self, reviews: Sequence[Review]) -> list[Mined]:
        self.texts += len(reviews)
        if any("毒" in review.text for review in reviews):
            raise ValueError("nobody can read this")
        return [self._mined(review) for review in reviews]

    def _mined(self, review: Review) -> Mined:
        start = review.text.find("电池")
        side = Polarity.NEGATIVE if "不" in review.text else Polarity.POSITIVE
        opinions = ()
        if start >= 0:
            span, whole = Span(start, start + 2), Span(0, len(review.text))
            opinions = (Opinion(span, None, whole, "battery", side, 0.9, "电池"),)
        mood = Sentiment(side, 0.2, 0.3, 0.5)
        return Mined(review.id, Language.CHINESE, mood, opinions, (), (), MODEL)


@contextmanager
def intake_of(folder: Path, finder: Finder) -> Iterator[Intake]:
    """An intake into a store in a folder."""
    miner = LazyMiner(MODEL, MODEL, lambda: finder)
    with Store.open(folder, write=True, threads=1) as store, Answers(miner) as answers:
        letters = DeadLetters(folder / "sources" / "dead_letters.jsonl")
        yield Intake(store, answers, miner, letters)
