"""Names of aspects as vectors: the shipped encoder's table of tokens, turned to synonyms."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from importlib.resources import as_file, files
from typing import Self

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open

from guandian.bundle import Bundle
from guandian.bundle.bundle import shipped
from guandian.bundle.weights import SCALE
from guandian.errors import GuandianError
from guandian.text.pieces import Pieces

Vectors = NDArray[np.float32]

TABLE = "encoder.embeddings.word_embeddings.weight"
PROJECTION = "name_projection.safetensors"
"""Beside this module; `bench/aspects.py --learn` writes it."""


class TokenMeans:
    """A name as the mean of the encoder's vectors of its tokens, before any layer reads them.

    Several layers up, names that stand alone lie no better (docs/experiments.md, 2026-11-30).

    Args:
        table: of all tokens [tokens, width].
        pieces: what cuts a name into tokens.
    """

    def __init__(self, table: Vectors, pieces: Pieces) -> None:
        centred = table - table.mean(axis=0)
        self._table = centred / _lengths(centred)
        self._pieces = pieces
        self.digest = hashlib.sha256(table.tobytes()).hexdigest()

    @classmethod
    def of_shipped(cls) -> Self:
        """Those of the bundle that ships with the package, whatever model mines."""
        bundle = Bundle.open(shipped())
        with safe_open(bundle.weights, framework="numpy") as file:
            whole, scale = file.get_tensor(TABLE), file.get_tensor(TABLE + SCALE)
        return cls(whole.astype(np.float32) * scale, Pieces.from_file(bundle.tokenizer))

    def __call__(self, names: Sequence[str]) -> Vectors:
        """Unit vectors [names, width]; zeros for a name with a token that the encoder lacks."""
        rows: Vectors = np.zeros((len(names), self._table.shape[1]), np.float32)
        for row, name in zip(rows, names, strict=True):
            ids = self._pieces.encode(name).ids
            if len(ids) and self._pieces.unk_id not in ids:
                row[:] = self._table[ids].mean(axis=0)
        return (rows / _lengths(rows)).astype(np.float32)

    def tokens(self, text: str) -> NDArray[np.int64]:
        """The numbers of a text's tokens `[tokens]`."""
        return np.asarray(self._pieces.encode(text).ids, dtype=np.int64)

    def rows(self, tokens: NDArray[np.int64]) -> Vectors:
        """The unit vectors of tokens `[tokens, width]`."""
        return np.asarray(self._table[tokens])


class NameVectors:
    """Names as vectors in which synonyms lie near each other, whatever their language.

    Args:
        means: of the tokens.
        projection: [width, dimensions], learned from the shipped synonyms.
    """

    def __init__(self, means: TokenMeans, projection: Vectors) -> None:
        self._means, self._projection = means, projection

    @classmethod
    @cache
    def shipped(cls) -> Self:
        """Those that ship with the package.

        Raises:
            GuandianError: the projection was learned from the table of another encoder.
        """
        means = TokenMeans.of_shipped()
        with (
            as_file(files("guandian.mining").joinpath(PROJECTION)) as path,
            safe_open(path, framework="numpy") as file,
        ):
            projection = file.get_tensor("projection").astype(np.float32)
            if (file.metadata() or {}).get("table") != means.digest:
                raise GuandianError(
                    "the shipped vectors of names are of another encoder than the shipped bundle",
                    "install guandian again; from a clone: python bench/aspects.py --learn",
                )
        return cls(means, projection)

    def __call__(self, names: Sequence[str]) -> Vectors:
        """Unit vectors [names, dimensions]; zeros for a name with a token that is not known."""
        rows: Vectors = self._means(names) @ self._projection
        unit: Vectors = rows / _lengths(rows)
        return unit


def _lengths(rows: Vectors) -> Vectors:
    """The lengths of rows [rows, 1], 1 for a row of zeros."""
    lengths: Vectors = np.sqrt(np.square(rows).sum(axis=1, keepdims=True, dtype=np.float32))
    lengths[lengths == 0] = 1
    return lengths
