"""How well stars are foretold, beside what habits alone foretell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from guandian.evaluation.intervals.bootstrap import Interval
from guandian.evaluation.rankings.ranked_lists import mean_interval
from guandian.io.optional_libraries import needs
from guandian.pipelines.recommending.fit_settings import FitSettings
from guandian.pipelines.recommending.held_out import HeldOut
from guandian.recommend.behaviour.actions import Behaviour
from guandian.recommend.ranking.ranker import open_booster
from guandian.recommend.ranking.star_features import StarHabits, star_features

Floats = NDArray[np.float64]
Ints = NDArray[np.integer]
_PARTS = 8
_SEEDS = 3
_TREES = 350
_FEWEST = 200
"""Ratings below which trees learn nothing."""


@dataclass(frozen=True, slots=True)
class StarErrors:
    """Mean squared errors of stars that are held out.

    Attributes:
        ratings: how many.
        mean, habits, blind, ours: by the mean of all, by habits of users and items, by trees
            without opinions, and by trees with them, each with an interval over users.
        gain: the error without opinions less that with them, paired.
    """

    ratings: int
    mean: Interval
    habits: Interval
    blind: Interval
    ours: Interval
    gain: Interval


def star_squares(
    split: HeldOut, settings: FitSettings, words: Any = None
) -> dict[str, Floats] | None:
    """Squared errors of held-out stars by system, [ratings]; None where there are too few stars.

    Args:
        split: the history and what is held out.
        settings: of the fit.
        words: sparse [items, words] of the items' texts as known in the history, or None.

    Raises:
        GuandianError: LightGBM is missing.
    """
    rated, later = rated_of(split.history), rated_of(split.later)
    if len(rated) < _FEWEST or not len(later):
        return None
    habits = StarHabits.of(rated)
    truth = later.value.astype(np.float64)
    guesses = {
        "mean": np.full(len(later), habits.mean),
        "habits": habits.stars(later.user, later.item),
        "blind": _by_trees(rated, later, replace(settings, opinions=False), words),
        "ours": _by_trees(rated, later, settings, words),
    }
    return {name: np.square(truth - guess) for name, guess in guesses.items()}


def pooled_stars(parts: Sequence[tuple[Ints, Mapping[str, Floats]]]) -> StarErrors | None:
    """The errors of all splits, with intervals over users; None where there are none.

    Args:
        parts: of each split the users of its held-out ratings, and `star_squares`.
    """
    if not parts:
        return None
    users = np.concatenate([user for user, _ in parts])
    errors = {name: np.concatenate([part[name] for _, part in parts]) for name in parts[0][1]}
    intervals = {name: mean_interval(values, users) for name, values in errors.items()}
    gain = mean_interval(errors["blind"] - errors["ours"], users)
    return StarErrors(len(users), **intervals, gain=gain)


def _by_trees(rated: Behaviour, later: Behaviour, settings: FitSettings, words: Any) -> Floats:
    """Trees over features of histories that do not hold what they foretell."""
    lightgbm = needs("lightgbm", "recommend", "building a recommender")
    opinions = settings.opinions and len(rated.marks) > 0
    part = np.random.default_rng(settings.seed + 7).integers(0, _PARTS, len(rated))
    rows = [
        star_features(
            rated.chosen(part != k),
            rated.user[part == k],
            rated.item[part == k],
            opinions=opinions,
            words=words,
        )
        for k in range(_PARTS)
    ]
    stars = np.concatenate([rated.value[part == k] for k in range(_PARTS)])
    shown = star_features(rated, later.user, later.item, opinions=opinions, words=words)
    total = np.zeros(len(later))
    for seed in range(_SEEDS):
        booster = lightgbm.train(
            {
                "objective": "regression", "num_leaves": 12, "learning_rate": 0.02,
                "min_data_in_leaf": 80, "feature_fraction": 0.4, "bagging_fraction": 0.7,
                "bagging_freq": 1, "lambda_l2": 10.0, "verbosity": -1, "num_threads": 1,
                "seed": settings.seed + seed, "deterministic": True, "force_row_wise": True,
            },
            lightgbm.Dataset(np.concatenate(rows), stars),
            num_boost_round=_TREES,
        )  # fmt: skip
        total += np.asarray(open_booster(booster.model_to_string()).predict(shown, num_threads=1))
    return np.clip(total / _SEEDS, 1, 5)


def rated_of(behaviour: Behaviour) -> Behaviour:
    """The actions that carry stars."""
    return behaviour.chosen(~np.isnan(behaviour.value))
