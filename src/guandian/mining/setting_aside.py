"""Reviews that nobody wrote, kept from a model that would guess anyhow."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from guandian.domain import Mined, Review
from guandian.domain.records import UNKNOWN_SENTIMENT
from guandian.mining.batching import Mines, stopped
from guandian.mining.boilerplate import SET_ASIDE, Boilerplate
from guandian.text.cleaning import clean
from guandian.text.language import language

UNANSWERED = "text: whoever read it ended or failed each time; set aside without an answer"
"""The warning of a review that takes its readers down: named, so that the others go on."""


@dataclass(frozen=True)
class SettingAside:
    """A miner that is asked about what people wrote alone.

    Attributes:
        miner: which is asked.
        filler: reviews that it is not asked about.
        model: what results name as their model.
    """

    miner: Mines
    filler: Boilerplate
    model: str

    def stopping(self) -> AbstractContextManager[object]:
        """Keep the miner from asking anything more while the block lasts."""
        return stopped(self.miner)

    def mine(self, reviews: Sequence[Review]) -> list[Mined]:
        """Mine each review, in their order."""
        cleaned = [clean(review.text)[0] for review in reviews]
        written = [
            review
            for review, text in zip(reviews, cleaned, strict=True)
            if not self.filler.holds(text)
        ]
        answers = iter(self.miner.mine(written))
        return [
            Mined(
                review.id, review.language or language(text), UNKNOWN_SENTIMENT, (), (),
                (SET_ASIDE,), self.model, fitted=False,
            )
            if self.filler.holds(text)
            else next(answers)
            for review, text in zip(reviews, cleaned, strict=True)
        ]  # fmt: skip
