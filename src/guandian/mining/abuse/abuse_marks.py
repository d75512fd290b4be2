"""A miner that marks reviews as abusive. A mark is a warning: no opinion is dropped or lowered."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

from guandian.domain import Language, Mined, Review
from guandian.mining.abuse.abuse_detector import THRESHOLD, AbuseDetector, shipped_detector
from guandian.mining.batching import LazyMiner, Mines, stopped

ABUSE = "abuse: words that insult people or groups; marked, nothing is left out"
_READ = (Language.CHINESE, Language.MIXED)
"""The languages that the detector has learned."""


class MarkingMiner:
    """A miner whose answers bear a warning where a review insults people or groups."""

    def __init__(self, miner: Mines, detector: AbuseDetector, threshold: float) -> None:
        self._miner, self._detector, self._threshold = miner, detector, threshold

    def stopping(self) -> AbstractContextManager[object]:
        """Keep the miner from asking anything more while the block lasts."""
        return stopped(self._miner)

    def mine(self, reviews: Sequence[Review]) -> list[Mined]:
        """Mine each review, in their order, and mark the abusive ones."""
        answers = self._miner.mine(reviews)
        scores = abuse_scores(reviews, answers, self._detector)
        return [
            marked(mined, score, self._threshold)
            for mined, score in zip(answers, scores, strict=True)
        ]


def abuse_scores(
    reviews: Sequence[Review], answers: Sequence[Mined], detector: AbuseDetector
) -> list[float | None]:
    """How likely each review is abusive; None in a language that the detector does not know."""
    read = [mined.language in _READ for mined in answers]
    texts = [review.text for review, known in zip(reviews, read, strict=True) if known]
    likely = iter(detector.probabilities(texts)) if texts else iter(())
    return [float(next(likely)) if known else None for known in read]


def marked(mined: Mined, score: float | None, threshold: float) -> Mined:
    """What was mined, with the warning where the score reaches the threshold; else as it is."""
    if score is None or score < threshold:
        return mined
    return replace(mined, warnings=(*mined.warnings, ABUSE))


def marking(model: LazyMiner, threshold: float = THRESHOLD) -> LazyMiner:
    """The same model, whose answers bear a warning where a review is abusive."""
    detector = shipped_detector()
    return replace(
        model,
        key=f"{model.key} abuse {threshold:g} {detector.digest[:16]}",
        open=lambda: MarkingMiner(model.miner, detector, threshold),
    )
