"""Review sentiment from a bag of words or characters and logistic regression."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from guandian.domain import Polarity, Sentiment
from guandian.errors import GuandianError
from guandian.evaluation import PlainAnswer

if TYPE_CHECKING:
    from guandian.vectors import Vectoriser

Features = Literal["bag-of-words", "tfidf-words", "tfidf-characters"]
FEATURES: tuple[Features, ...] = ("bag-of-words", "tfidf-words", "tfidf-characters")
"""Counts of words; words and pairs of them by TF-IDF; one to three characters by TF-IDF."""


class SentimentBaseline:
    """A linear classifier of whole reviews; needs scikit-learn (the extra `train`).

    Args:
        features: one of `FEATURES`.
        weight: the inverse strength of regularisation (scikit-learn's `C`).

    Raises:
        GuandianError: when scikit-learn is not installed.
    """

    def __init__(self, features: Features = "tfidf-characters", *, weight: float = 8.0) -> None:
        linear = _linear_models()
        self._features = _vectoriser(features)
        self._classifier: Any = linear.LogisticRegression(C=weight, max_iter=1000, random_state=0)
        self.labels: tuple[Polarity, ...] = ()

    def fit(self, texts: Sequence[str], labels: Sequence[Polarity]) -> Self:
        """Learn from raw texts and their labels, of which there must be two kinds at least.

        Raises:
            GuandianError: when there is one kind of label, or no word at all.
            ValueError: when the lengths differ.
        """
        if len(texts) != len(labels):
            raise ValueError(f"{len(texts)} texts, {len(labels)} labels")
        if len(set(labels)) < 2:
            raise GuandianError("one kind of label teaches nothing", "give reviews of two kinds")
        try:
            vectors = self._features.fit_transform(texts)
        except GuandianError as error:
            raise GuandianError(
                f"nothing can be learnt from these {len(texts)} texts: {error.problem}",
                "give more reviews to learn from, or leave the baselines out",
            ) from error
        self._classifier.fit(vectors, [str(label) for label in labels])
        self.labels = tuple(Polarity(label) for label in self._classifier.classes_)
        return self

    def predict_proba(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Probabilities `[texts, 3]`: negative, neutral, positive; an unlearnt label has none.

        Raises:
            GuandianError: before `fit`.
        """
        if not self.labels:
            raise GuandianError("the baseline has learnt nothing yet", "call fit first")
        probabilities = np.zeros((len(texts), len(Polarity)))
        if texts:
            columns = [list(Polarity).index(label) for label in self.labels]
            probabilities[:, columns] = self._classifier.predict_proba(
                self._features.transform(texts)
            )
        return probabilities

    def predict(self, texts: Sequence[str]) -> list[PlainAnswer]:
        """Answers for `guandian.evaluation.evaluate`: sentiment alone."""
        return [
            PlainAnswer(sentiment=Sentiment(list(Polarity)[int(row.argmax())], *row.tolist()))
            for row in self.predict_proba(texts)
        ]


def _vectoriser(features: Features) -> Vectoriser:
    from guandian.vectors import BagOfWords, Tfidf

    if features == "tfidf-characters":
        return Tfidf("characters", (1, 3), min_df=2, clean=False)
    if features == "tfidf-words":
        return Tfidf("words", (1, 2), min_df=2, clean=False)
    if features == "bag-of-words":
        return BagOfWords(clean=False)
    raise ValueError(f"features must be one of {FEATURES}, found {features!r}")


def _linear_models() -> Any:
    try:
        return import_module("sklearn.linear_model")
    except ImportError as error:
        raise GuandianError(
            "the sentiment baselines need scikit-learn, which is not installed",
            "install the extra 'train': pip install 'guandian[train]'",
        ) from error
