"""When to answer: probabilities fitted to questions whose answers are there, and taken away."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from guandian.assist.answers.answerer import COMPARED
from guandian.assist.answers.refusing.answerability import (
    VECTOR_SIGNS,
    WORD_SIGNS,
    Answerability,
    asked_of,
    signs_of,
    threshold_for,
)
from guandian.assist.answers.refusing.other_things import about_this
from guandian.assist.answers.retriever import Retriever

FOLDS = 5
REFUSED = 0.05
"""Share of the questions whose answer is there that may be refused."""
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class AnsweredQuestion:
    """A question, and the places in the knowledge of the passages that answer it."""

    question: str
    answers: frozenset[int]


@dataclass(frozen=True, slots=True, eq=False)
class Asking:
    """Signs of questions with their answers there and taken away.

    Attributes:
        names: of the signs.
        there, away: [questions, signs].
    """

    names: tuple[str, ...]
    there: Floats
    away: Floats


@dataclass(frozen=True, slots=True)
class RefusalRates:
    """How well answers that are not there are refused, at most 5 % of the others being.

    Attributes:
        away: share of questions whose answer was taken away that are refused.
        there: share of the others that are.
        auroc: chance that one with its answer scores above one without.
    """

    away: float
    there: float
    auroc: float


def asked_twice(
    retriever: Retriever,
    questions: Sequence[AnsweredQuestion],
    also_away: Sequence[Collection[int]] | None = None,
) -> Asking:
    """Ask each question twice: of all passages, and without those that answer it.

    Args:
        retriever: finds passages.
        questions: with their answers.
        also_away: of each question, what is taken away besides.
    """
    names = WORD_SIGNS if retriever.encoder is None else (*WORD_SIGNS, *VECTOR_SIGNS)
    rows: list[list[list[float]]] = [[], []]
    for number, entry in enumerate(questions):
        signals = retriever.signals(entry.question)
        query = asked_of(entry.question, retriever)
        hidden = entry.answers | frozenset(also_away[number] if also_away else ())
        for side, seen in enumerate((signals, signals.without(hidden))):
            left, hits = about_this(entry.question, retriever, seen, COMPARED)
            row = signs_of(entry.question, query, retriever, left, hits)
            rows[side].append([row[name] for name in names])
    there, away = (np.array(side, dtype=np.float64).reshape(-1, len(names)) for side in rows)
    return Asking(names, there, away)


def fit_answerability(asking: Asking, fitted_on: str, refused: float = REFUSED) -> Answerability:
    """Fit the probability and its threshold; the threshold comes from folds that were not fitted.

    Raises:
        ValueError: there are fewer than ten questions.
    """
    if len(asking.there) < 2 * FOLDS:
        raise ValueError("ten questions are needed")
    there, _ = crossed(asking)
    whole = _fitted(asking, fitted_on)
    return replace(whole, threshold=threshold_for(there, refused))


def crossed(asking: Asking, seed: int = 0) -> tuple[Floats, Floats]:
    """Probabilities of each question by a fit that has not seen it, there and away, [questions]."""
    size = len(asking.there)
    fold = np.random.default_rng(seed).permutation(size) % FOLDS
    there, away = np.zeros(size), np.zeros(size)
    for number in range(FOLDS):
        inside = fold != number
        model = _fitted(Asking(asking.names, asking.there[inside], asking.away[inside]), "")
        for rows, scores in ((asking.there, there), (asking.away, away)):
            scores[~inside] = [_probability(model, row) for row in rows[~inside]]
    return there, away


def refusal(there: Floats, away: Floats, refused: float = REFUSED) -> RefusalRates:
    """What a threshold that refuses 5 % of what is there refuses of what is not."""
    from sklearn.metrics import roc_auc_score

    threshold = threshold_for(there, refused)
    marks = np.concatenate([np.ones(len(there)), np.zeros(len(away))])
    auroc = float(roc_auc_score(marks, np.concatenate([there, away])))
    return RefusalRates(float((away < threshold).mean()), float((there < threshold).mean()), auroc)


def _fitted(asking: Asking, fitted_on: str) -> Answerability:
    from guandian.training.logistic import fit_logistic

    rows = np.concatenate([asking.there, asking.away])
    right = np.arange(len(rows)) < len(asking.there)
    weights, bias = fit_logistic(rows, right)
    return Answerability(asking.names, weights, bias, 0.5, fitted_on)


def _probability(model: Answerability, row: Floats) -> float:
    return model.probability(dict(zip(model.signs, row.tolist(), strict=True)))
