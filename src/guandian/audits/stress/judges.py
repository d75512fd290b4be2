"""How well a model still answers a text: what a stress test watches, and a search lowers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from guandian.domain import Labelled, Polarity, Quad, Sentiment
from guandian.evaluation import QuadPredictor
from guandian.evaluation.metrics.classification import binary_label
from guandian.evaluation.metrics.matching import spans_meet
from guandian.evaluation.metrics.tuples import QuadLike, judging_words
from guandian.mining.miner import Miner

Floats = NDArray[np.float64]


class Judge(Protocol):
    """Asks a model about labelled texts, and says how right it still is."""

    task: str
    queries: int

    def strength(self, records: Sequence[Labelled]) -> Floats:
        """How right the model is about each record, [records]; the more, the better."""

    def limit(self, before: float) -> float:
        """The strength from which on an answer holds, of a record that had `before` as it came."""

    def share_right(self, records: Sequence[Labelled]) -> float:
        """The share of what people marked that the model answers rightly, 0 to 1."""


class SentimentJudge:
    """Asks a model for the sentiment of texts alone, and compares it with what people said.

    Args:
        predictor: asked for the sentiment of the whole review.
        binary: whether the labels are negative and positive alone; then the surer of these two is
            the model's answer, as `evaluate` has it.

    Attributes:
        queries: texts that were read until now.
    """

    task = "sentiment"

    def __init__(self, predictor: QuadPredictor, *, binary: bool) -> None:
        self._predictor = sentiment_only(predictor)
        self.binary = binary
        self.queries = 0

    def strength(self, records: Sequence[Labelled]) -> Floats:
        """How sure the model is of each record's right sentiment, [records], -1 to 1.

        The probability of the right polarity less that of the likeliest other; below 0 the model
        errs, also where it says neutral for want of sureness.
        """
        self.queries += len(records)
        answers = self._predictor.predict([record.text for record in records])
        margins = [
            self._margin(answer.sentiment, record.sentiment)
            for answer, record in zip(answers, records, strict=True)
        ]
        return np.array(margins, dtype=np.float64)

    def limit(self, before: float) -> float:
        """The strength from which on a record counts as answered rightly, whatever it was before.

        Args:
            before: the strength on the record as it came.
        """
        return 0.0

    def share_right(self, records: Sequence[Labelled]) -> float:
        """The share of the reviews whose sentiment is answered rightly, 0 to 1."""
        return float(np.mean(self.strength(records) >= 0)) if records else 0.0

    def _margin(self, sentiment: Sentiment | None, polarity: Polarity | None) -> float:
        if sentiment is None or polarity is None:
            return -1.0
        beliefs: dict[Polarity, float] = {k: getattr(sentiment, k.value) for k in Polarity}
        if self.binary:
            del beliefs[Polarity.NEUTRAL]
        label = binary_label(sentiment) if self.binary else sentiment.label
        own = beliefs.pop(polarity, 0.0)
        margin = (own - max(beliefs.values())) / max(own + sum(beliefs.values()), 1e-9)
        return max(margin, 0.0) if label is polarity else min(margin, -1e-9)


class OpinionJudge:
    """Asks a model for opinions, and counts which of those that people marked it finds.

    One is found where the model names an opinion that judges by some of the same characters, with
    the same polarity and category (any category where people marked none).

    Args:
        predictor: asked for opinions over the raw text.

    Attributes:
        queries: texts that were read until now.
    """

    task = "opinions"

    def __init__(self, predictor: QuadPredictor) -> None:
        self._predictor = predictor
        self.queries = 0

    def strength(self, records: Sequence[Labelled]) -> Floats:
        """How many of each record's opinions are found, [records], and a little more.

        The little is their mean confidence, a hundredth of it, by which a search sees whether an
        edit leads anywhere.
        """
        self.queries += len(records)
        answers = self._predictor.predict([record.text for record in records])
        return np.array(
            [
                _strength(record.quads or (), answer.opinions or ())
                for record, answer in zip(records, answers, strict=True)
            ],
            dtype=np.float64,
        )

    def limit(self, before: float) -> float:
        """The strength from which on a record counts as held: over half of what was found.

        Args:
            before: the strength on the record as it came.
        """
        return before / 2 + 0.011 if before else np.inf

    def share_right(self, records: Sequence[Labelled]) -> float:
        """The share of the marked opinions that are found, 0 to 1."""
        marked = sum(len(record.quads or ()) for record in records)
        return float(np.floor(self.strength(records)).sum()) / marked if marked else 0.0


def _strength(gold: Sequence[Quad], opinions: Sequence[QuadLike]) -> float:
    """How many marked opinions are found, and a hundredth of their mean confidence."""
    confidences = []
    for quad in gold:
        meeting = [
            float(getattr(opinion, "confidence", 1.0))
            for opinion in opinions
            if opinion.polarity is quad.polarity
            and quad.category in (None, opinion.category)
            and spans_meet(judging_words(opinion), judging_words(quad))
        ]
        if meeting:
            confidences.append(max(meeting))
    return len(confidences) + sum(confidences) / len(confidences) / 100 if confidences else 0.0


def sentiment_only(predictor: QuadPredictor) -> QuadPredictor:
    """The same model without its search for opinions, which costs most of a reading."""
    if not isinstance(predictor, Miner):
        return predictor
    reader = replace(predictor.reader, spans=False)
    return Miner(reader, predictor.labels, predictor.model, predictor.key, predictor.filler)


def with_sentiment(records: Sequence[Labelled]) -> list[Labelled]:
    """The records whose sentiment people labelled."""
    return [record for record in records if record.sentiment is not None]
