"""Texts of items as sparse vectors of their words; nothing of it needs scikit-learn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from guandian.text.segmentation import JiebaSegmenter

_REMEMBERED = 1 << 17
"""Texts whose words are remembered, as each part of a history is read anew."""
_FEWEST = 2
"""Items that must have a word for it to say that two are alike."""


@dataclass(frozen=True, slots=True, eq=False)
class WordVectors:
    """Words with how rare they are, and the items' vectors.

    Attributes:
        words: number of each word.
        rarity: [words].
        items: sparse [items, words], unit rows; a row of zeros where nothing is known.
    """

    words: dict[str, int]
    rarity: NDArray[np.float32]
    items: Any

    @classmethod
    def of(cls, texts: Sequence[Sequence[str]]) -> Self:
        """Read the texts of items, in order; an item may have several, or none."""
        split = [tuple(word for text in its for word in text_words(text)) for its in texts]
        often = Counter(word for words in split for word in set(words))
        shared = sorted(word for word, number in often.items() if number >= _FEWEST)
        words = {word: k for k, word in enumerate(shared)}
        rarity = np.log(
            (1 + len(texts)) / (1 + np.array([often[word] for word in words], dtype=np.float32))
        ).astype(np.float32)
        return cls(words, rarity, _rows(split, words, rarity))

    def rows(self, texts: Sequence[str]) -> Any:
        """The vectors of other texts, sparse [texts, words]."""
        return _rows([text_words(text) for text in texts], self.words, self.rarity)


@lru_cache(_REMEMBERED)
def text_words(text: str) -> tuple[str, ...]:
    """The words of a text, small letters, without marks."""
    spans = _segmenter().words(text)
    words = (span.of(text).casefold() for span in spans)
    return tuple(word for word in words if any(letter.isalnum() for letter in word))


@cache
def _segmenter() -> JiebaSegmenter:
    return JiebaSegmenter()


def _rows(split: list[tuple[str, ...]], words: dict[str, int], rarity: NDArray[np.float32]) -> Any:
    data, columns, sizes = [], [], [0]
    for text in split:
        counts = Counter(words[word] for word in text if word in words)
        keys = np.array(sorted(counts), dtype=np.int64)
        values = np.log1p([counts[int(key)] for key in keys]) * rarity[keys]
        columns.append(keys)
        data.append(values / (np.sqrt(np.square(values).sum()) or 1.0))
        sizes.append(len(keys))
    return sparse.csr_matrix(
        (
            np.concatenate(data).astype(np.float32) if data else np.zeros(0, np.float32),
            np.concatenate(columns) if columns else np.zeros(0, np.int64),
            np.cumsum(sizes),
        ),
        shape=(len(split), len(words)),
    )
