"""A text as the mean of its words' vectors: learned from the texts, or read from a file."""

from __future__ import annotations

import sys
from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

from guandian.errors import GuandianError
from guandian.text.segmentation import UserWord
from guandian.text.vector_files import read_word_vectors
from guandian.vectors.counts import weighted
from guandian.vectors.file_format import checked
from guandian.vectors.vectoriser import Matrix, Vectoriser, several
from guandian.vectors.vocabulary import Words, cleaned

Weighting = Literal["mean", "tfidf"]
_LONGEST = 10_000  # gensim leaves out what stands behind so many words of a text


class WordAverages(Vectoriser):
    """Means of word vectors: what `Word2Vec` and `Glove` share.

    Attributes:
        weighting: `mean` counts every place of a word alike; `tfidf` lets words of few texts
            count for more.
        user_words: words that are kept together.
        terms_: the words that have a vector.
        vectors_: their vectors, float32 [terms, width].
    """

    sparse = False
    weighting: Weighting
    user_words: Sequence[UserWord]

    def fit_transform(self, texts: Iterable[str], y: object = None) -> Matrix:
        """Means [texts, width] as float32; errors as `fit`."""
        if self.weighting not in ("mean", "tfidf"):
            raise ValueError(f"weighting must be mean or tfidf, found {self.weighting!r}")
        # One string a word and not one a place: the words are held until the end.
        reviews = [[sys.intern(word) for word in words] for words in self._words(texts)]
        terms, vectors = self._learn(reviews)
        self._place(terms, vectors)
        counts = self.counter_.transform(reviews)
        self.weights_ = TfidfTransformer(norm="l1").fit(counts)
        if self.weighting == "mean":
            self.weights_.idf_ = np.ones(len(terms))
        return self._mean(counts)

    def transform(self, texts: Iterable[str]) -> Matrix:
        """Means [texts, width] as float32, of the words that have a vector."""
        self._check_fitted()
        return self._mean(self.counter_.transform(self._words(texts)))

    @property
    def width(self) -> int:
        """The length of a vector."""
        return int(self.vectors_.shape[1])

    @abstractmethod
    def _learn(self, reviews: Sequence[list[str]]) -> tuple[list[str], NDArray[np.float32]]:
        """Words and their vectors [words, width] for texts that were cut into words."""

    def _words(self, texts: Iterable[str]) -> Iterable[list[str]]:
        words = Words(self.user_words)
        return (words(cleaned(text)) for text in several(texts))

    def _place(self, terms: list[str], vectors: NDArray[np.float32]) -> None:
        self.terms_, self.vectors_ = terms, vectors
        self.counter_ = CountVectorizer(analyzer=list, vocabulary=terms)

    def _mean(self, counts: Matrix) -> Matrix:
        # Weights of a row add up to 1, so that their product with the vectors is the mean.
        return (weighted(self.weights_, counts) @ self.vectors_).astype(np.float32)

    def _learned(self) -> tuple[dict[str, list[str]], dict[str, NDArray[Any]]]:
        return {"terms": self.terms_}, {"vectors": self.vectors_, "idf": self.weights_.idf_}

    def _relearn(self, lists: Mapping[str, list[str]], arrays: Mapping[str, NDArray[Any]]) -> None:
        terms, vectors = lists["terms"], arrays["vectors"]
        self._place(terms, checked(vectors, (len(terms), *vectors.shape[-1:])))
        self.weights_ = TfidfTransformer(norm="l1")
        self.weights_.idf_ = checked(arrays["idf"], (len(terms),))


class Word2Vec(WordAverages):
    """Word vectors learned from the texts themselves: skip-gram with negative sampling.

    Mikolov et al. 2013 (arXiv:1310.4546), as gensim computes it, in one thread, so that equal
    texts, settings and seeds give equal vectors. Needs gensim (the extra `vectors`).

    Args:
        vector_size: numbers in a vector.
        window: how many words before and behind a word are learned with it.
        min_count: leave out words that stand in fewer places.
        epochs: passes over the texts.
        seed: of the first vectors and of the samples.
        weighting: as for `WordAverages`.
        user_words: words that are kept together.
    """

    kind = "word2vec"

    def __init__(
        self,
        vector_size: int = 100,
        window: int = 5,
        min_count: int = 2,
        epochs: int = 10,
        seed: int = 1,
        weighting: Weighting = "mean",
        user_words: Sequence[UserWord] = (),
    ) -> None:
        self.vector_size = vector_size
        self.window = window
        self.min_count = min_count
        self.epochs = epochs
        self.seed = seed
        self.weighting = weighting
        self.user_words = user_words

    def _learn(self, reviews: Sequence[list[str]]) -> tuple[list[str], NDArray[np.float32]]:
        model = _gensim().Word2Vec(
            vector_size=self.vector_size, window=self.window, min_count=self.min_count,
            epochs=self.epochs, seed=self.seed, sg=1, workers=1,
        )  # fmt: skip
        parts = [
            review[start : start + _LONGEST]
            for review in reviews
            for start in range(0, len(review), _LONGEST)
        ]
        model.build_vocab(parts)
        if not len(model.wv):
            raise GuandianError(
                f"no word stands in {self.min_count} places of these {len(reviews)} texts",
                "give more texts, or a lower min_count",
            )
        model.train(parts, total_examples=model.corpus_count, epochs=model.epochs)
        return list(model.wv.index_to_key), model.wv.vectors


class Glove(WordAverages):
    """Word vectors from a text file, in the form of GloVe or of word2vec.

    Pennington et al. 2014 (doi:10.3115/v1/D14-1162). Only the words of the texts that `fit` is
    given are kept, and so only they are known later.

    Args:
        vectors: the file: UTF-8, a word and its numbers a line, with or without a first line
            that counts words and numbers. Of words that differ in case the first is taken.
        weighting: as for `WordAverages`.
        user_words: words that are kept together.
    """

    kind = "glove"

    def __init__(
        self,
        vectors: str,
        weighting: Weighting = "mean",
        user_words: Sequence[UserWord] = (),
    ) -> None:
        self.vectors = vectors
        self.weighting = weighting
        self.user_words = user_words

    def _learn(self, reviews: Sequence[list[str]]) -> tuple[list[str], NDArray[np.float32]]:
        wanted = {word for review in reviews for word in review}
        return read_word_vectors(self.vectors, wanted)


def _gensim() -> Any:
    try:
        return import_module("gensim.models")
    except ImportError as error:
        raise GuandianError(
            "vectors of the kind word2vec need gensim, which is not installed",
            "pip install 'guandian[vectors]'",
        ) from error
