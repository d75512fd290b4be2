"""BM25 over words or pairs of characters (Robertson and Zaragoza 2009), by bm25s."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from guandian.io.optional_libraries import needs

Floats = NDArray[np.float32]
Cut = Callable[[str], list[str]]
K1, B = 1.2, 0.5
"""Saturation of a word's count, and how far length counts: passages are short and alike."""


class WordIndex:
    """Scores passages for questions.

    Args:
        texts: of the passages, one or more.
        cut: makes words of a text.

    Raises:
        GuandianError: the extra `assist` is not installed.
    """

    def __init__(self, texts: Sequence[str], cut: Cut) -> None:
        bm25s = needs("bm25s", "assist", "finding answers")
        self._cut, self._size = cut, len(texts)
        tokens = [cut(text) for text in texts]
        self._index = None
        self.rarity: dict[str, float] = {}
        counts: dict[str, int] = {}
        for row in tokens:
            for token in set(row):
                counts[token] = counts.get(token, 0) + 1
        if counts:
            self._index = bm25s.BM25(k1=K1, b=B)
            self._index.index(tokens, show_progress=False)
        self.rarity = {
            token: float(np.log1p((self._size - count + 0.5) / (count + 0.5)))
            for token, count in counts.items()
        }
        self.unseen = float(np.log1p((self._size + 0.5) / 0.5))
        """The rarity of a word that no passage has."""

    def scores(self, question: str) -> Floats:
        """BM25 of every passage, [passages]; 0 where no word is shared."""
        known = [token for token in self._cut(question) if token in self.rarity]
        if self._index is None or not known:
            return np.zeros(self._size, dtype=np.float32)
        return np.asarray(self._index.get_scores(known), dtype=np.float32)
