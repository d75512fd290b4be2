"""Bags of words or characters, counted or weighted: one column a term."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

from guandian.errors import GuandianError
from guandian.text.segmentation import UserWord
from guandian.vectors.file_format import checked
from guandian.vectors.vectoriser import Matrix, Vectoriser, several
from guandian.vectors.vocabulary import Words, cleaned

Analyzer = Literal["words", "characters"]


class BagOfWords(Vectoriser):
    """How often each term stands in a text; scikit-learn counts, Guandian cuts the words.

    Args:
        analyzer: whether terms are `words` or `characters`; case makes no difference.
        ngram_range: the shortest and the longest run of them that is a term.
        min_df: leave out terms of fewer texts.
        max_features: keep only the most frequent terms, so many.
        clean: take out markup, invisible characters and so on first, as mining does.
        user_words: words that are kept together.
    """

    kind = "words"
    sparse = True

    def __init__(
        self,
        analyzer: Analyzer = "words",
        ngram_range: tuple[int, int] = (1, 1),
        min_df: int = 1,
        max_features: int | None = None,
        clean: bool = True,
        user_words: Sequence[UserWord] = (),
    ) -> None:
        self.analyzer = analyzer
        self.ngram_range = ngram_range
        self.min_df = min_df
        self.max_features = max_features
        self.clean = clean
        self.user_words = user_words

    def fit_transform(self, texts: Iterable[str], y: object = None) -> Matrix:
        """Counts [texts, terms] as CSR of int64; errors as `fit`."""
        counter, texts = self._counter(), several(texts)
        try:
            counts = counter.fit_transform(texts)
        except ValueError as error:
            raise GuandianError(
                f"no term is left to count with a min_df of {self.min_df}: {error}",
                "give more texts, or a lower min_df",
            ) from error
        counts.sort_indices()
        self.counter_ = counter
        return counts

    def transform(self, texts: Iterable[str]) -> Matrix:
        """Counts [texts, terms] as CSR of int64; terms that were not learned do not count."""
        self._check_fitted()
        return self.counter_.transform(several(texts))

    @property
    def width(self) -> int:
        """The number of terms."""
        return len(self.counter_.vocabulary_)

    def get_feature_names_out(self, input_features: object = None) -> NDArray[np.object_]:
        """The terms; the words of a longer one are joined by blanks."""
        self._check_fitted()
        names: NDArray[np.object_] = self.counter_.get_feature_names_out()
        return names

    def _counter(self, vocabulary: Sequence[str] | None = None) -> Any:
        settings: dict[str, Any] = {"ngram_range": self.ngram_range, "vocabulary": vocabulary}
        if vocabulary is None:
            settings |= {"min_df": self.min_df, "max_features": self.max_features}
        shortest, longest = self.ngram_range
        if not 1 <= shortest <= longest:
            raise GuandianError(
                f"ngram_range is {shortest} to {longest}, not a shortest and a longest run",
                "give for example 1 and 2",
            )
        if self.analyzer == "characters":
            lower = _cleaned_lower if self.clean else str.lower
            return CountVectorizer(analyzer="char", preprocessor=lower, **settings)
        if self.analyzer != "words":
            raise ValueError(f"analyzer must be words or characters, found {self.analyzer!r}")
        return CountVectorizer(
            tokenizer=Words(self.user_words),
            token_pattern=None,
            preprocessor=cleaned if self.clean else str,
            **settings,
        )

    def _learned(self) -> tuple[dict[str, list[str]], dict[str, NDArray[Any]]]:
        return {"terms": self.get_feature_names_out().tolist()}, {}

    def _relearn(
        self,
        lists: Mapping[str, list[str]],
        arrays: Mapping[str, NDArray[Any]],
    ) -> None:
        self.counter_ = self._counter(lists["terms"])
        self.counter_.transform([])  # takes up the vocabulary


class Tfidf(BagOfWords):
    """Counts by their logarithm, terms by how few texts have them (TF-IDF), rows of length 1.

    As scikit-learn's `TfidfVectorizer(sublinear_tf=True)`; the arguments are those of `BagOfWords`.
    """

    kind = "tfidf"

    def fit_transform(self, texts: Iterable[str], y: object = None) -> Matrix:
        """Weights [texts, terms] as CSR of float64; errors as `fit`."""
        counts = super().fit_transform(texts, y)
        self.weights_ = TfidfTransformer(sublinear_tf=True)
        return self.weights_.fit_transform(counts)

    def transform(self, texts: Iterable[str]) -> Matrix:
        """Weights [texts, terms] as CSR of float64; terms that were not learned do not count."""
        counts = super().transform(texts)
        return weighted(self.weights_, counts)

    def _learned(self) -> tuple[dict[str, list[str]], dict[str, NDArray[Any]]]:
        return super()._learned()[0], {"idf": self.weights_.idf_}

    def _relearn(self, lists: Mapping[str, list[str]], arrays: Mapping[str, NDArray[Any]]) -> None:
        super()._relearn(lists, arrays)
        self.weights_ = TfidfTransformer(sublinear_tf=True)
        self.weights_.idf_ = checked(arrays["idf"], (self.width,))


def weighted(weights: Any, counts: Matrix) -> Matrix:
    """`counts` by a fitted `TfidfTransformer`, which takes no matrix without rows."""
    return weights.transform(counts) if counts.shape[0] else counts.astype(np.float64)


def _cleaned_lower(text: str) -> str:
    return cleaned(text).lower()
