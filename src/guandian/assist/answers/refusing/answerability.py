"""Whether what was found answers a question: a calibrated probability, and a threshold on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from guandian.assist.answers.refusing.met_words import met
from guandian.assist.answers.retriever import NEVER, Hit, Retriever, Signals
from guandian.assist.answers.search_words import READ, character_pairs, search_words
from guandian.assist.answers.sentence_choice import Asked, best_window, search_tokens
from guandian.assist.answers.word_index import K1

Floats = NDArray[np.float64]
WORD_SIGNS = (
    "window",
    "first window",
    "best passage",
    "met",
    "words",
    "words of five",
    "pairs",
    "kind",
)
VECTOR_SIGNS = ("cosine", "cosines", "cosines of ten", "gap", "lead")
_LOOKED_AT = 5
_MORE = 10
_CROWD = 50
_SATURATED = K1 + 1


@dataclass(frozen=True, slots=True)
class Answerability:
    """Logistic regression over signs that the answer is there.

    Attributes:
        signs: names of what it looks at.
        weights: of each.
        bias: what is added.
        threshold: a smaller probability is no answer.
        fitted_on: what it was calibrated on.
    """

    signs: tuple[str, ...]
    weights: tuple[float, ...]
    bias: float
    threshold: float
    fitted_on: str

    def probability(self, row: Mapping[str, float]) -> float:
        """That the answer is there."""
        signs = zip(self.signs, self.weights, strict=True)
        logit = self.bias + sum(weight * row[name] for name, weight in signs)
        return float(1 / (1 + np.exp(-np.clip(logit, -30, 30))))

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """What `to_json` gave.

        Raises:
            KeyError, TypeError, ValueError: it is something else.
        """
        signs = tuple(str(name) for name in values["signs"])
        weights = tuple(float(weight) for weight in values["weights"])
        if len(signs) != len(weights) or not {*signs} <= {*WORD_SIGNS, *VECTOR_SIGNS}:
            raise ValueError(f"unknown signs {signs}")
        numbers = float(values["bias"]), float(values["threshold"])
        if not np.isfinite([*weights, *numbers]).all():
            raise ValueError("a number is not finite")
        return cls(signs, weights, *numbers, str(values["fitted_on"]))


def asked_of(question: str, retriever: Retriever) -> Asked:
    """What a question asks for, weighed by what is rare among the passages."""
    return Asked.of(question, retriever.rarity, retriever.words.unseen)


def signs_of(
    question: str, query: Asked, retriever: Retriever, signals: Signals, hits: Sequence[Hit]
) -> dict[str, float]:
    """The signs, by name; all 0 where nothing was found.

    `window`, `first window`, `best passage`: shares of the question in two neighbouring sentences
    or a passage; `met`: the same of words, those met in part included; `words`, `words of five`,
    `pairs`: BM25 of the best or the best five; `kind`: a value of the kind that is asked for.
    `cosine`, `cosines`, `cosines of ten`: of the best, five and ten; `gap`, `lead`: how far the
    best is before the crowd, and before the fifth.
    """
    names = WORD_SIGNS if signals.cosine is None else (*WORD_SIGNS, *VECTOR_SIGNS)
    if not hits:
        return dict.fromkeys(names, 0.0)
    passages = [retriever.knowledge.passages[hit.index] for hit in hits[:_LOOKED_AT]]
    windows = [best_window(query, passage) for passage in passages]
    shares = [share for share, _ in windows]
    question = question[:READ]
    terms = search_words(question)
    rarity = retriever.words.rarity
    words = {word: rarity.get(word, retriever.words.unseen) for word in terms}
    row = {
        "window": max(shares),
        "first window": shares[0],
        "best passage": max(query.share(search_tokens(passage.searched)) for passage in passages),
        "met": max(met(words, passage) for passage in passages),
        "words": _of_most(signals.words, terms, rarity),
        "words of five": _of_most(signals.words, terms, rarity, _LOOKED_AT),
        "pairs": _of_most(signals.pairs, character_pairs(question), retriever.pairs.rarity),
        "kind": float(any(query.has_kind(text) for _, text in windows)),
    }
    if signals.cosine is not None:
        there = signals.cosine[signals.cosine > NEVER]
        best = np.sort(there)[::-1][: _CROWD + 1].astype(np.float64)
        row["cosine"] = float(best[0])
        row["cosines"] = float(best[:_LOOKED_AT].mean())
        row["cosines of ten"] = float(best[:_MORE].mean())
        row["lead"] = float(best[0] - best[:_LOOKED_AT][-1])
        row["gap"] = float(best[0] - best[1:].mean()) if len(best) > 1 else 0.0
    return row


def _of_most(
    scores: NDArray[np.float32],
    tokens: Sequence[str],
    rarity: Mapping[str, float],
    number: int = 1,
) -> float:
    """The mean of the best BM25 as a share of what a passage that repeats every word would have."""
    most = _SATURATED * sum(rarity.get(token, 0.0) for token in tokens)
    return float(np.sort(scores)[-number:].mean()) / most if most else 0.0


def threshold_for(there: Floats, refused: float = 0.05) -> float:
    """The threshold that refuses a share of the questions whose answer is there.

    Args:
        there: their probabilities, [questions].
        refused: the share.
    """
    ordered = np.sort(there)
    return float(ordered[min(int(refused * len(ordered)), len(ordered) - 1)])
