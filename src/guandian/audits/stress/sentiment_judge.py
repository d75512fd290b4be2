"""How sure a model is of the right sentiment of a text: what a stress test watches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from guandian.domain import Labelled, Polarity, Sentiment
from guandian.evaluation import QuadPredictor
from guandian.evaluation.metrics.classification import binary_label
from guandian.mining.miner import Miner

Floats = NDArray[np.float64]


class SentimentJudge:
    """Asks a model for the sentiment of texts alone, and compares it with what people said.

    Args:
        predictor: asked for the sentiment of the whole review.
        binary: whether the labels are negative and positive alone; then the surer of these two is
            the model's answer, as `evaluate` has it.

    Attributes:
        queries: texts that were read until now.
    """

    def __init__(self, predictor: QuadPredictor, *, binary: bool) -> None:
        self._predictor = sentiment_only(predictor)
        self.binary = binary
        self.queries = 0

    def belief(self, texts: Sequence[str], polarities: Sequence[Polarity]) -> Floats:
        """How sure the model is of each text's right polarity, [texts], less than 0 if it errs.

        The probability of the right polarity less that of the likeliest other, so that what is
        below 0 is answered wrongly; where the model answers neutral for want of sureness, a wrong
        answer still, at most -1e-9.
        """
        self.queries += len(texts)
        answers = self._predictor.predict(texts)
        margins = [
            self._margin(answer.sentiment, polarity)
            for answer, polarity in zip(answers, polarities, strict=True)
        ]
        return np.array(margins, dtype=np.float64)

    def _margin(self, sentiment: Sentiment | None, polarity: Polarity) -> float:
        if sentiment is None:
            return -1.0
        beliefs: dict[Polarity, float] = {k: getattr(sentiment, k.value) for k in Polarity}
        if self.binary:
            del beliefs[Polarity.NEUTRAL]
        label = binary_label(sentiment) if self.binary else sentiment.label
        own = beliefs.pop(polarity, 0.0)
        margin = (own - max(beliefs.values())) / max(own + sum(beliefs.values()), 1e-9)
        return max(margin, 0.0) if label is polarity else min(margin, -1e-9)


def sentiment_only(predictor: QuadPredictor) -> QuadPredictor:
    """The same model without its search for opinions, which costs most of a reading."""
    if not isinstance(predictor, Miner):
        return predictor
    reader = replace(predictor.reader, spans=False)
    return Miner(reader, predictor.labels, predictor.model, predictor.key, predictor.filler)


def with_sentiment(records: Sequence[Labelled]) -> list[Labelled]:
    """The records whose sentiment people labelled."""
    return [record for record in records if record.sentiment is not None]
