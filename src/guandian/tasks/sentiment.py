"""The task `sentiment`: how the whole review judges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from guandian.domain import LabelHead, Labelled, Sentiment
from guandian.tasks.head_spec import POLARITIES, HeadSpec
from guandian.tasks.labels.single import OneClass
from guandian.tasks.task import Task

if TYPE_CHECKING:
    from guandian.tasks.inference import Findings


class ReviewSentiment(OneClass):
    """One of three classes, which every model has a head for and every set may annotate."""

    @property
    def output(self) -> str:
        """Its array [B, 3]."""
        return self.name

    def targets(self, example: Labelled) -> tuple[float, ...] | None:
        """1 at the annotated sentiment; None where the review has none."""
        return None if example.sentiment is None else self.target(example.sentiment)


SENTIMENT = ReviewSentiment(LabelHead("sentiment", "single", tuple(map(str, POLARITIES))))


def review_tasks(spec: HeadSpec) -> tuple[Task, ...]:
    """The tasks whose answers are of the whole review: its sentiment and the declared labels."""
    return (SENTIMENT, *spec.tasks)


def overall_sentiment(
    probabilities: Sequence[float] | NDArray[np.float64], band: float
) -> Sentiment:
    """The sentiment that the probabilities [3] say: the likelier side if it reaches the band."""
    negative, neutral, positive = (round(float(p), 6) for p in probabilities)
    label = POLARITIES[side((negative, neutral, positive), band)]
    return Sentiment(label, negative, neutral, positive)


def side(probabilities: Sequence[float] | NDArray[np.float64], band: float) -> int:
    """The index in `POLARITIES` by probabilities [3]: the surer side if it reaches the band."""
    negative, neutral, positive = probabilities
    surer = max(negative, positive)
    if surer < band or neutral > surer:
        return 1
    return 2 if positive > negative else 0


def sentiment_scores(
    examples: Sequence[Labelled], findings: Sequence[Findings], _: HeadSpec
) -> Mapping[str, float]:
    """The accuracy on the reviews that are annotated, by which training chooses.

    As `evaluate` does, a set without neutral reviews asks for the surer side alone.
    """
    annotated = [
        (example.sentiment, answer.sentiment)
        for example, answer in zip(examples, findings, strict=True)
        if example.sentiment is not None
    ]
    if not annotated:
        return {}
    three = any(gold == POLARITIES[1] for gold, _ in annotated)
    open_classes = np.array([1.0, 1.0 if three else 0.0, 1.0])
    predicted = [POLARITIES[int((chances * open_classes).argmax())] for _, chances in annotated]
    gold = [label for label, _ in annotated]
    return {"sentiment": SENTIMENT.score(gold, predicted, resamples=1).main}
