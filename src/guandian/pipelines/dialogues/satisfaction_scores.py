"""How well satisfaction is known on dialogues that were held out, beside trivial controls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guandian.assist.satisfaction.dialogues import LEVELS, QUALITIES
from guandian.assist.satisfaction.satisfaction_model import SatisfactionModel
from guandian.assist.satisfaction.turn_features import Tone
from guandian.evaluation.metrics.rater_shares import (
    Shares,
    match_distance,
    ordered_divergence,
    ranked_above,
)
from guandian.pipelines.dialogues.satisfaction_fit import (
    UNHAPPY,
    RatedDialogues,
    SatisfactionFit,
    fit_satisfaction,
)

_LEVELS = np.array(LEVELS, dtype=np.float64)
_CLEAR = 0.5
"""Means this far from nought are clear."""


@dataclass(frozen=True, slots=True)
class SatisfactionScores:
    """Means over splits, each held out by a seed.

    Attributes:
        splits, held_out: their number, and dialogues of each.
        distance, divergence: NMD and RSNOD by system and quality.
        below_nought, unhappy, clear: area under the ROC curve of satisfaction by system, where
            unhappy is a mean below 0; of -0.5 or less; and of -0.5 or less among those with 0.5 or
            more besides.
        correlation: of expected and real means, by system.
        handed_over, right, caught: share of dialogues handed over, share of those that are
            unhappy, share of the unhappy that are handed over; by turns of the customer until then.
    """

    splits: int
    held_out: int
    distance: dict[str, dict[str, float]]
    divergence: dict[str, dict[str, float]]
    below_nought: dict[str, float]
    unhappy: dict[str, float]
    clear: dict[str, float]
    correlation: dict[str, float]
    handed_over: dict[str, float]
    right: dict[str, float]
    caught: dict[str, float]


def score_satisfaction(
    rated: RatedDialogues,
    miner: str,
    seeds: Sequence[int] = range(5),
    share: float = 0.15,
    settings: SatisfactionFit | None = None,
) -> SatisfactionScores:
    """Fit on a part and score on the rest, once a seed.

    Args:
        rated: dialogues with ratings.
        miner: id of the model that gave the tones.
        seeds: of the splits.
        share: of the dialogues that is held out.
        settings: of the fit.
    """
    held = max(1, round(len(rated) * share))
    rows = []
    for seed in seeds:
        order = np.random.default_rng(seed).permutation(len(rated))
        learned, test = rated.part(order[held:]), rated.part(order[:held])
        model = fit_satisfaction(learned, miner, settings)
        ours = model.predict(test.numbers)
        systems = {
            "ours": np.stack([ours[quality] for quality in QUALITIES], axis=1),
            "mean of raters": np.tile(learned.shares.mean(0), (len(test), 1, 1)),
            "tone of the last words": _by_last_tone(learned, test),
        }
        early = {
            name: _handover(_until(test, turns), model)
            for name, turns in (("1", 1), ("2", 2), ("all", 99))
        }
        rows.append((_figures(systems, test.shares), early))
    names = tuple(rows[0][0])
    return SatisfactionScores(
        len(rows),
        held,
        {name: _averaged([row[name][0] for row, _ in rows]) for name in names},
        {name: _averaged([row[name][1] for row, _ in rows]) for name in names},
        *(
            {name: float(np.mean([row[name][2][key] for row, _ in rows])) for name in names}
            for key in ("below nought", "unhappy", "clear", "correlation")
        ),
        *(
            {name: float(np.nanmean([early[name][k] for _, early in rows])) for name in rows[0][1]}
            for k in range(3)
        ),
    )


def _figures(
    systems: dict[str, Shares], real: Shares
) -> dict[str, tuple[dict[str, float], dict[str, float], dict[str, float]]]:
    truth = real[:, 0] @ _LEVELS
    clear = np.abs(truth) >= _CLEAR
    figures = {}
    for name, shares in systems.items():
        expected = shares[:, 0] @ _LEVELS
        pairs = [(shares[:, k], real[:, k]) for k in range(len(QUALITIES))]
        distance = [float(match_distance(*pair).mean()) for pair in pairs]
        divergence = [float(ordered_divergence(*pair).mean()) for pair in pairs]
        steady = float(expected.std()) == 0
        figures[name] = (
            {str(quality): value for quality, value in zip(QUALITIES, distance, strict=True)},
            {str(quality): value for quality, value in zip(QUALITIES, divergence, strict=True)},
            {
                "below nought": ranked_above(-expected, truth < 0),
                "unhappy": ranked_above(-expected, truth <= UNHAPPY),
                "clear": ranked_above(-expected[clear], truth[clear] < 0),
                "correlation": 0.0 if steady else float(np.corrcoef(expected, truth)[0, 1]),
            },
        )
    return figures


def _averaged(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


def _by_last_tone(learned: RatedDialogues, test: RatedDialogues) -> Shares:
    """Ridge regression on the tone of the customer's last words alone."""
    known, asked_for = (_last_tones(part) for part in (learned, test))
    design = np.hstack([known, np.ones((len(known), 1))])
    target = learned.shares.reshape(len(learned), -1)
    weights = np.linalg.solve(design.T @ design + 0.1 * np.eye(design.shape[1]), design.T @ target)
    predicted = np.hstack([asked_for, np.ones((len(asked_for), 1))]) @ weights
    shares = np.clip(predicted.reshape(test.shares.shape), 1e-3, None)
    return np.asarray(shares / shares.sum(2, keepdims=True))


def _last_tones(rated: RatedDialogues) -> NDArray[np.float64]:
    last: list[Tone] = []
    for turns, tones in zip(rated.turns, rated.tones, strict=True):
        said = [
            tone for spoken, tone in zip(turns, tones, strict=True) if spoken.sender == "customer"
        ]
        last.append(said[-1] if said else (1 / 3, 1 / 3, 1 / 3))
    return np.array(last)


def _until(rated: RatedDialogues, number: int) -> RatedDialogues:
    """The dialogues until the customer has spoken so often, those that go that far or all."""
    rows, turns, tones = [], [], []
    for k, dialogue in enumerate(rated.turns):
        ends = [at for at, spoken in enumerate(dialogue, start=1) if spoken.sender == "customer"]
        if number > len(dialogue):
            end = len(dialogue)
        elif len(ends) >= number:
            end = ends[number - 1]
        else:
            continue
        rows.append(k)
        turns.append(dialogue[:end])
        tones.append(rated.tones[k][:end])
    return RatedDialogues.of(turns, tones, rated.shares[rows])


def _handover(rated: RatedDialogues, model: SatisfactionModel) -> tuple[float, float, float]:
    """Share handed over by expected satisfaction alone, how many rightly, how many caught."""
    low = model.predict(rated.numbers)["satisfaction"] @ _LEVELS <= model.bar
    unhappy = rated.shares[:, 0] @ _LEVELS <= UNHAPPY
    right = float(unhappy[low].mean()) if low.any() else float("nan")
    caught = float(low[unhappy].mean()) if unhappy.any() else float("nan")
    return float(low.mean()), right, caught
