"""Importance: found where it is there, and silent where scores say nothing."""

from __future__ import annotations

import numpy as np
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.trial import FrozenTrial, create_trial

from guandian.tuning.importance import CARRIED, importances

RATE = FloatDistribution(1e-5, 1e-2, log=True)
DECAY = FloatDistribution(0.0, 0.1)
METHOD = CategoricalDistribution(["unset", "lora😀"])
RANK = FloatDistribution(2, 8)


def trials(count: int, effect: float, seed: int) -> list[FrozenTrial]:
    """Random points; the score depends on the rate alone, by so many deviations of its noise."""
    random = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        power = random.uniform(-5, -2)
        parameters = {
            "rate": 10.0**power,
            "decay": random.uniform(0, 0.1),
            "method": str(random.choice(METHOD.choices)),
        }
        kinds = {"rate": RATE, "decay": DECAY, "method": METHOD}
        if parameters["method"] != "unset":
            parameters["method.lora.rank"] = random.uniform(2, 8)
            kinds["method.lora.rank"] = RANK
        score = float(-effect * abs(power + 3) + random.normal())
        found.append(create_trial(params=parameters, distributions=kinds, value=score))
    return found


def test_what_sets_the_good_trials_apart_is_named() -> None:
    for seed in range(2):
        found = importances(trials(60, 3, seed))
        assert list(found) == ["rate"]
        assert 0.5 < found["rate"] <= 1


def test_nothing_is_said_of_few_trials() -> None:
    assert importances(trials(CARRIED - 1, 9, 1)) == {}
    assert importances([]) == {}


@pytest.mark.slow
def test_nothing_is_said_where_scores_depend_on_nothing() -> None:
    named = [importances(trials(CARRIED + seed, 0, seed)) for seed in range(6)]
    assert sum(map(bool, named)) <= 1  # 5 %, and what luck adds
    same = [
        create_trial(
            params={"rate": 10.0**-k, "decay": 0.1},
            distributions={"rate": RATE, "decay": DECAY},
            value=0.5,
        )
        for k in (2, 3, 4, 5) * 6
    ]
    assert importances(same) == {}
