"""Which searched parameters set the good trials apart, said only where that is more than chance."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence

import numpy as np
import optuna
from numpy.typing import NDArray
from optuna.exceptions import ExperimentalWarning
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances
from optuna.trial import FrozenTrial, create_trial

CARRIED = 20
"""Complete trials below which nothing is said: fewer than six of them would be good ones."""
_GOOD = 0.3
"""Share of the trials that count as good ones."""
_SHUFFLES, _LEVEL = 99, 0.05


def importances(complete: Sequence[FrozenTrial]) -> dict[str, float]:
    """The share that each parameter has in what sets the good trials apart, greatest first.

    PED-ANOVA (Watanabe et al. 2023, arXiv:2304.10255), a parameter of one alternative within the
    trials that have it. Its shares make 1 whatever the scores are, so a parameter is named only
    where it says more than under shuffled scores: one that says nothing is named in at most one
    search of twenty, all parameters together.

    Args:
        complete: trials with their scores, higher is better.

    Returns:
        The share of each such parameter, in (0, 1]; empty below `CARRIED` trials.
    """
    if len(complete) < CARRIED:
        return {}
    scores = np.array([trial.value for trial in complete], dtype=np.float64)
    divergences = _divergences(complete, scores)
    names = list(divergences)
    shares = np.array([divergences[name] for name in names])
    if not shares.any():
        return {}
    random = np.random.default_rng(0)
    chance = np.array(
        [
            [shuffled.get(name, 0.0) for name in names]
            for shuffled in (
                _divergences(complete, random.permutation(scores)) for _ in range(_SHUFFLES)
            )
        ]
    )
    mean, deviation = chance.mean(axis=0), chance.std(axis=0) + 1e-12
    highest = ((chance - mean) / deviation).max(axis=1)
    beyond = [int((highest >= excess).sum()) for excess in (shares - mean) / deviation]
    return {
        name: float(share)
        for name, share, more in zip(names, shares / shares.sum(), beyond, strict=True)
        if share > 0 and (1 + more) / (1 + _SHUFFLES) <= _LEVEL
    }


def _divergences(trials: Sequence[FrozenTrial], scores: NDArray[np.float64]) -> Mapping[str, float]:
    """By parameter how far the good trials' distribution lies from that of all, by these scores."""
    study = optuna.create_study(direction="maximize")
    study.add_trials(
        [
            create_trial(params=trial.params, distributions=trial.distributions, value=float(score))
            for trial, score in zip(trials, scores, strict=True)
        ]
    )
    evaluator = PedAnovaImportanceEvaluator(
        target_quantile=_GOOD, region_quantile=1.0, evaluate_on_local=True
    )
    with warnings.catch_warnings():
        # Few trials have a parameter of an alternative, which the shuffled ones have too; and
        # that shares may be left as they are is new in Optuna.
        warnings.simplefilter("ignore", UserWarning)
        warnings.simplefilter("ignore", ExperimentalWarning)
        return get_param_importances(study, evaluator=evaluator, normalize=False)
