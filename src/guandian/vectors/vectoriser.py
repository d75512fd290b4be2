"""The one interface: texts in, a matrix with a row a text out, fitted state kept without pickle."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from guandian.text.segmentation import UserWord
from guandian.vectors.file_format import Stored, write

Matrix = Any
"""A `scipy.sparse` CSR matrix [texts, features], or a dense array of float32 of that shape."""


class Vectoriser(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Turns texts into vectors; a transformer of scikit-learn, also in a `Pipeline`.

    Texts may be any iterable of strings and are taken one by one; the rows keep their order. A
    text's row does not depend on the texts beside it. A text with nothing in it that was learned
    gets a row of zeros.

    Attributes:
        kind: the name of the kind, also on the command line.
        sparse: whether it gives a CSR matrix and not a dense one.
    """

    kind: ClassVar[str]
    sparse: ClassVar[bool]

    def fit(self, texts: Iterable[str], y: object = None) -> Self:
        """Learn from raw texts; `y` is not looked at.

        Raises:
            GuandianError: when there is nothing to learn, or a library is missing.
            ValueError: for one string in the place of several.
        """
        self.fit_transform(texts, y)
        return self

    @abstractmethod
    def fit_transform(self, texts: Iterable[str], y: object = None) -> Matrix:
        """Learn from the texts and give their vectors, reading them once; errors as `fit`."""

    @abstractmethod
    def transform(self, texts: Iterable[str]) -> Matrix:
        """The vectors of raw texts [texts, features].

        Raises:
            sklearn.exceptions.NotFittedError: before `fit`.
            ValueError: for one string in the place of several.
        """

    @property
    @abstractmethod
    def width(self) -> int:
        """The number of features."""

    def get_feature_names_out(self, input_features: object = None) -> NDArray[np.object_]:
        """A name a column; `input_features` is not looked at."""
        self._check_fitted()
        return np.array([f"{self.kind}{column}" for column in range(self.width)], dtype=object)

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write what was learned to a file that `load_vectoriser` reads.

        Raises:
            sklearn.exceptions.NotFittedError: before `fit`.
            GuandianError: when the file exists or cannot be written.
        """
        self._check_fitted()
        lists, arrays = self._learned()
        settings = self.get_params(deep=False)
        write(Path(path), Stored(self.kind, settings, lists, arrays), overwrite=overwrite)

    @classmethod
    def restored(cls, stored: Stored) -> Self:
        """The fitted vectoriser that was saved.

        Raises:
            KeyError, TypeError, ValueError: when `stored` is not what this kind saves.
        """
        settings = dict(stored.settings)
        if "user_words" in settings:
            settings["user_words"] = tuple(UserWord(*row) for row in settings["user_words"])
        if "ngram_range" in settings:
            settings["ngram_range"] = tuple(settings["ngram_range"])
        made = cls(**settings)
        made._relearn(stored.lists, stored.arrays)
        return made

    @abstractmethod
    def _learned(self) -> tuple[dict[str, list[str]], dict[str, NDArray[Any]]]:
        """The state that `fit` has learned, as lists of strings and as arrays."""

    @abstractmethod
    def _relearn(self, lists: Mapping[str, list[str]], arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take up what `_learned` gave."""

    def _check_fitted(self) -> None:
        check_is_fitted(self)


def several(texts: Iterable[str]) -> Iterable[str]:
    """`texts`, unless it is one string.

    Raises:
        ValueError: when it is.
    """
    if isinstance(texts, str):
        raise ValueError("texts must be several strings, found one: put it into a list")
    return texts
