"""A model of dialogues from ratings: ridge regression on shares of raters, solved sparsely."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from guandian.assist.satisfaction.dialogues import LEVELS, QUALITIES, Dialogue, Utterance
from guandian.assist.satisfaction.satisfaction_model import SatisfactionModel, run_weights
from guandian.assist.satisfaction.turn_features import (
    BUCKETS,
    DialogueNumbers,
    Tone,
    dialogue_numbers,
)
from guandian.errors import GuandianError

FEWEST = 50
"""Rated dialogues that a model needs."""
UNHAPPY = -0.5
"""Mean satisfaction at or below which a customer counts as unhappy."""
_RIGHT = 0.7
"""The share of hand-overs that shall be of unhappy customers."""
_FOLDS = 3


@dataclass(frozen=True, slots=True)
class SatisfactionFit:
    """How a model of dialogues is fitted.

    Attributes:
        strength: of the penalty on weights.
        form_weight: of form and tone beside words.
        fewest: dialogues that a run has to stand in.
    """

    strength: float = 3.0
    form_weight: float = 0.15
    fewest: int = 3


@dataclass(frozen=True, slots=True)
class RatedDialogues:
    """Dialogues with ratings, their tones, and the shares of their raters.

    Attributes:
        turns: of each dialogue.
        tones: of each turn.
        numbers: of each dialogue.
        shares: [dialogues, qualities, levels].
    """

    turns: Sequence[Sequence[Utterance]]
    tones: Sequence[Sequence[Tone]]
    numbers: Sequence[DialogueNumbers]
    shares: NDArray[np.float64]

    @classmethod
    def of(
        cls,
        turns: Sequence[Sequence[Utterance]],
        tones: Sequence[Sequence[Tone]],
        shares: NDArray[np.float64],
    ) -> Self:
        """Read dialogues as numbers."""
        numbers = [dialogue_numbers(*pair) for pair in zip(turns, tones, strict=True)]
        return cls(turns, tones, numbers, shares)

    def __len__(self) -> int:
        return len(self.turns)

    def part(self, numbers: Sequence[int] | NDArray[np.int64]) -> RatedDialogues:
        """Some of the dialogues, by number."""
        rows = [int(number) for number in numbers]
        return RatedDialogues(
            [self.turns[k] for k in rows],
            [self.tones[k] for k in rows],
            [self.numbers[k] for k in rows],
            self.shares[rows],
        )


def rated_shares(dialogues: Sequence[Dialogue]) -> NDArray[np.float64]:
    """The shares of raters [dialogues, qualities, levels].

    Raises:
        GuandianError: a dialogue lacks the ratings of a quality, or there are too few.
    """
    if len(dialogues) < FEWEST:
        raise GuandianError(
            f"{len(dialogues)} dialogues are too few to learn from", f"give {FEWEST} or more"
        )
    shares = np.zeros((len(dialogues), len(QUALITIES), len(LEVELS)))
    for row, dialogue in zip(shares, dialogues, strict=True):
        for number, quality in enumerate(QUALITIES):
            levels = dialogue.ratings.get(quality)
            if not levels:
                raise GuandianError(
                    f"the dialogue {dialogue.id} has no ratings of {quality}",
                    f'give it "ratings": {{"{quality}": [0, 1, -2]}}',
                )
            row[number] = np.bincount(np.array(levels) - LEVELS[0], minlength=len(LEVELS))
            row[number] /= len(levels)
    return shares


def fit_satisfaction(
    rated: RatedDialogues, miner: str, settings: SatisfactionFit | None = None
) -> SatisfactionModel:
    """Fit a model of dialogues.

    Args:
        rated: what to learn from.
        miner: id of the model that gave the tones.
        settings: of the fit.
    """
    chosen = settings or SatisfactionFit()
    folds = np.arange(len(rated)) % _FOLDS
    means = np.zeros(len(rated))
    for fold in range(_FOLDS):
        model = _fitted(rated.part(np.flatnonzero(folds != fold)), miner, chosen, alone=True)
        held = np.flatnonzero(folds == fold)
        part = rated.part(held)
        means[held] = model.predict(part.numbers)["satisfaction"] @ np.array(LEVELS)
    unhappy = rated.shares[:, 0] @ np.array(LEVELS) <= UNHAPPY
    return replace(_fitted(rated, miner, chosen), bar=handover_bar(means, unhappy))


def handover_bar(means: NDArray[np.float64], unhappy: NDArray[np.bool_]) -> float:
    """The highest expected satisfaction at which enough of those handed over are unhappy.

    Args:
        means: expected satisfaction of dialogues that were held out.
        unhappy: whether their raters said so.
    """
    order = np.argsort(means, kind="stable")
    right = np.cumsum(unhappy[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(right >= _RIGHT)
    return float(means[order][enough[-1]]) if len(enough) else float(LEVELS[0])


def _fitted(
    rated: RatedDialogues, miner: str, settings: SatisfactionFit, *, alone: bool = False
) -> SatisfactionModel:
    from scipy import sparse
    from sklearn.linear_model import Ridge

    rarity = _rarity(rated.numbers, settings.fewest)
    words = _word_matrix(rated.numbers, rarity)
    rows = np.array([numbers.form for numbers in rated.numbers])
    mean, deviation = rows.mean(0), rows.std(0) + 1e-6
    outputs = len(QUALITIES) * len(LEVELS)
    empty: Any = np.zeros
    model = SatisfactionModel(
        rarity, empty((BUCKETS, outputs)), empty((rows.shape[1], outputs)), empty(outputs),
        mean.astype(np.float32), deviation.astype(np.float32), float(LEVELS[0]), miner, {},
    )  # fmt: skip
    form = sparse.csr_matrix(model.scaled(rows) * settings.form_weight)
    ridge = Ridge(alpha=settings.strength, solver="sparse_cg", tol=1e-4)
    # Of a fold satisfaction alone is wanted, the first of the qualities.
    learned = len(LEVELS) if alone else outputs
    targets = rated.shares.reshape(len(rated), outputs)[:, :learned]
    ridge.fit(sparse.hstack([words, form]).tocsr(), targets)
    weights = np.zeros((BUCKETS + rows.shape[1], outputs))
    weights[:, :learned] = ridge.coef_.T
    intercept = np.zeros(outputs)
    intercept[:learned] = ridge.intercept_
    about = {"dialogues": len(rated), "unhappy at or below": UNHAPPY}
    return replace(
        model,
        words=weights[:BUCKETS].astype(np.float16).astype(np.float32),
        form=(weights[BUCKETS:] * settings.form_weight).astype(np.float32),
        intercept=intercept.astype(np.float32),
        about=about,
    )


def _rarity(dialogues: Sequence[DialogueNumbers], fewest: int) -> NDArray[np.float32]:
    number = np.zeros(BUCKETS)
    for dialogue in dialogues:
        number[list(set().union(*dialogue.runs))] += 1
    rarity = np.log((1 + len(dialogues)) / (1 + number)) + 1
    return np.where(number >= fewest, rarity, 0).astype(np.float32)


def _word_matrix(dialogues: Sequence[DialogueNumbers], rarity: NDArray[np.float32]) -> Any:
    from scipy import sparse

    pairs = [run_weights(dialogue.runs, rarity) for dialogue in dialogues]
    starts = np.cumsum([0, *(len(buckets) for buckets, _ in pairs)])
    buckets = np.concatenate([buckets for buckets, _ in pairs])
    weights = np.concatenate([weights for _, weights in pairs])
    return sparse.csr_matrix((weights, buckets, starts), shape=(len(dialogues), BUCKETS))
