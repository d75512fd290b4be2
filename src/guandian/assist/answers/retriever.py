"""Finds passages: words, pairs of characters and vectors, each a list, put together by places."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from guandian.assist.answers.knowledge import Knowledge
from guandian.assist.answers.search_words import READ, character_pairs, search_words
from guandian.assist.answers.text_models import PairScorer, RetrievalEncoder
from guandian.assist.answers.word_index import WordIndex

Floats = NDArray[np.float32]
Way = Literal["words", "pairs", "bm25", "dense", "fusion", "rerank"]
"""The lists: BM25 over words, over pairs of characters, both; vectors; all; read again together."""
DEPTH = 100
"""Places of a list that count when lists are put together."""
DAMPING = 60.0
"""What is added to a place before it is turned over (Cormack et al. 2009)."""
RERANKED = 10
"""Passages that are read again together with the question."""


VOICES: Mapping[str, float] = {"words": 1.0, "pairs": 1.0, "dense": 2.0, "before": 1.0, "read": 1.0}
"""What each list counts when they are put together: the letters half, the meaning half."""
NEVER = -1.0
"""The cosine of what is not there: nothing with so low a one is a hit."""


@dataclass(frozen=True, slots=True, eq=False)
class Signals:
    """The scores of all passages for one question, [passages] each.

    Attributes:
        words, pairs: BM25 over words and over pairs of characters.
        cosine: of the vectors; None where there is no encoder.
    """

    words: Floats
    pairs: Floats
    cosine: Floats | None

    def without(self, indexes: Collection[int]) -> Signals:
        """The scores as if some passages were not there."""
        hidden = [*indexes]

        def less(scores: Floats, lowest: float) -> Floats:
            lowered = scores.copy()
            lowered[hidden] = lowest
            return lowered

        cosine = None if self.cosine is None else less(self.cosine, NEVER)
        return Signals(less(self.words, 0.0), less(self.pairs, 0.0), cosine)


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found.

    Attributes:
        index: its place in the knowledge.
        score: of the list that it was taken from; higher is better.
    """

    index: int
    score: float


class Retriever:
    """Finds passages for questions; of passages that share nothing with it none is a hit.

    Args:
        knowledge: what is looked through.
        encoder: gives vectors; without it words alone count.
        vectors: of the passages, [passages, H]; made here where they are not given.
        scorer: reads the best ones again; None leaves their order.
    """

    def __init__(
        self,
        knowledge: Knowledge,
        encoder: RetrievalEncoder | None = None,
        vectors: Floats | None = None,
        scorer: PairScorer | None = None,
    ) -> None:
        self.knowledge, self.encoder, self.scorer = knowledge, encoder, scorer
        texts = [passage.searched for passage in knowledge.passages]
        self.words, self.pairs = WordIndex(texts, search_words), WordIndex(texts, character_pairs)
        if encoder is not None and vectors is None:
            vectors = encoder.passages(texts)
        self.vectors = vectors if encoder is not None else None
        self.rarity = {**self.pairs.rarity, **self.words.rarity}
        """How rare each word and pair of characters is, by itself."""

    def signals(self, question: str) -> Signals:
        """All scores for a question."""
        question = question[:READ]
        cosine = None
        if self.encoder is not None and self.vectors is not None:
            cosine = np.asarray(self.vectors @ self.encoder.questions([question])[0], np.float32)
        return Signals(self.words.scores(question), self.pairs.scores(question), cosine)

    def find(self, question: str, number: int = 5, way: Way | None = None) -> list[Hit]:
        """The best passages for a question, best first.

        Args:
            question: any text.
            number: of passages, at most.
            way: the list; None = the best that there is.
        """
        return self.ranked(question, self.signals(question), number, way)

    def ranked(
        self, question: str, signals: Signals, number: int = 5, way: Way | None = None
    ) -> list[Hit]:
        """As `find`, with the scores at hand."""
        way = way or ("fusion" if self.scorer is None else "rerank")
        if way == "rerank" and self.scorer is not None:
            return self._reread(question, _best(fused(_lists(signals)), max(number, RERANKED)))[
                :number
            ]
        return _best(scores_of(signals, way), number)

    def _reread(self, question: str, hits: Sequence[Hit]) -> list[Hit]:
        assert self.scorer is not None
        passages = [self.knowledge.passages[hit.index].searched for hit in hits]
        read = self.scorer.scores(question, passages)
        # The places of both lists count: a small network alone throws good passages away.
        scores = fused({"before": np.array([hit.score for hit in hits], np.float32), "read": read})
        order = np.argsort(-scores, kind="stable")
        return [Hit(hits[k].index, float(scores[k])) for k in order]


def scores_of(signals: Signals, way: Way) -> Floats:
    """The scores [passages] of one list.

    Raises:
        ValueError: vectors are asked for that are not there.
    """
    lists = _lists(signals)
    if way in ("fusion", "rerank"):
        return fused(lists)
    if way == "bm25":
        return fused({name: lists[name] for name in ("words", "pairs")})
    if way not in lists:
        raise ValueError("there is no encoder")
    return lists[way]


def fused(lists: Mapping[str, Floats]) -> Floats:
    """Reciprocal rank fusion [passages] of scores [passages]; what a list scores 0 it leaves out.

    Cormack, Clarke and Büttcher 2009: the sum of 1 / (60 + place) over the lists, weighed by
    `VOICES`.
    """
    total = np.zeros(len(next(iter(lists.values()))), dtype=np.float32)
    for name, scores in lists.items():
        hits = _best(scores, DEPTH)
        places = [hit.index for hit in hits]
        total[places] += VOICES[name] / (DAMPING + 1 + np.arange(len(hits), dtype=np.float32))
    return total


def _lists(signals: Signals) -> dict[str, Floats]:
    lists = {"words": signals.words, "pairs": signals.pairs}
    return lists if signals.cosine is None else {**lists, "dense": signals.cosine}


def _best(scores: Floats, number: int) -> list[Hit]:
    """The highest scores other than 0, of equal ones the earlier."""
    number = min(number, len(scores))
    if number < len(scores):
        border = np.partition(scores, -number)[-number] if number else np.inf
        candidates = np.flatnonzero(scores >= border)
    else:
        candidates = np.arange(len(scores))
    order = candidates[np.argsort(-scores[candidates], kind="stable")][:number]
    return [Hit(int(k), float(scores[k])) for k in order if scores[k] not in (0, NEVER)]
