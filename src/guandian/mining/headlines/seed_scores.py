"""How near headlines are to the seeds of topics, by the shipped encoder's vectors of tokens."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from guandian.mining.headlines.headline_text import clauses_of, said_of
from guandian.mining.headlines.topics import Topic
from guandian.mining.name_vectors import TokenMeans

Floats = NDArray[np.float64]

LATER = 0.9
"""What a clause counts, compared with the one before: headlines tell the news first."""


class SeedScores:
    """Scores of topics, without any training.

    A seed is as near to a clause as its tokens are, in the mean, to the tokens of the clause that
    are nearest to each; a topic as its nearest seed.

    Args:
        topics: with their seeds.
        means: vectors of tokens; those of the shipped bundle where none are given.
    """

    def __init__(self, topics: Sequence[Topic], means: TokenMeans | None = None) -> None:
        self.topics = tuple(topics)
        self.means = means or _shipped_means()
        seeds = [self.means.tokens(seed) for topic in topics for seed in topic.seeds]
        sizes = [len(topic.seeds) for topic in topics]
        self._starts = np.cumsum([0, *sizes[:-1]])
        known, places = np.unique(np.concatenate(seeds), return_inverse=True)
        self._vectors = self.means.rows(known)
        self._shares = np.zeros((len(known), len(seeds)))
        begin = 0
        for column, seed in enumerate(seeds):
            own = places[begin : begin + len(seed)]
            np.add.at(self._shares[:, column], own, 1 / max(len(seed), 1))
            begin += len(seed)

    def __call__(self, headlines: Sequence[str]) -> Floats:
        """Scores `[headlines, topics]`, 0 to 1."""
        scores = np.zeros((len(headlines), len(self.topics)))
        for row, headline in zip(scores, headlines, strict=True):
            for number, clause in enumerate(clauses_of(said_of(headline))):
                tokens = self.means.tokens(clause)
                if len(tokens):
                    near = (self.means.rows(tokens) @ self._vectors.T).max(0).clip(0, 1)
                    of_topics = np.maximum.reduceat(near @ self._shares, self._starts)
                    np.maximum(row, of_topics * LATER**number, out=row)
        return scores


@cache
def _shipped_means() -> TokenMeans:
    return TokenMeans.of_shipped()
