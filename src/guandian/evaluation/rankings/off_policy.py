"""What another way of choosing would have earned, from the log of the one that ran."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from guandian.evaluation.intervals.bootstrap import Interval

Floats = NDArray[np.float64]
Estimator = Literal["as logged", "ips", "snips", "direct", "doubly robust", "chosen"]
_NAMES: tuple[Estimator, ...] = ("as logged", "ips", "snips", "direct")
_SHRINKAGES = (np.inf, 1e4, 3e3, 1e3, 300.0, 100.0, 30.0, 10.0, 3.0, 1.0, 0.3, 0.0)
"""From the weights as they are (no bias, most variance) to none (the model alone)."""
_Z = 1.959964
_FOLDS = 5
_MOST_STANDING = 1e4


@dataclass(frozen=True, slots=True, eq=False)
class LoggedActions:
    """Impressions of one policy, and another policy that looks at nobody.

    Attributes:
        action: [n], what was shown.
        reward: [n], such as 1 for a click.
        propensity: [n], chance with which the logged action was taken, above 0.
        chances: [actions], chance with which the other policy takes each action.
    """

    action: NDArray[np.int64]
    reward: Floats
    propensity: Floats
    chances: Floats

    @property
    def weights(self) -> Floats:
        """How much more often the other policy takes each logged action, [n]."""
        return self.chances[self.action] / self.propensity


@dataclass(frozen=True, slots=True)
class PolicyEstimate:
    """What one estimator says.

    Attributes:
        estimator: its name.
        value: mean reward of the other policy, with an interval.
        sample: how many impressions of the other policy the weights are worth.
        shrinkage: of the weights; infinite where they are as they are, 0 for the model alone.
    """

    estimator: Estimator
    value: Interval
    sample: float
    shrinkage: float


def estimate_policy(log: LoggedActions, draws: int = 200, seed: int = 0) -> list[PolicyEstimate]:
    """Estimates of the mean reward that the other policy would have had.

    `as logged` is the reward of the policy that ran, a control. `ips` weighs rewards, `snips`
    divides by the sum of the weights, `direct` asks a model alone (the rate of each action, shrunk,
    counted on other impressions than those it is asked of), `doubly robust` corrects the model by
    weighted errors, and `chosen` does so with weights `k w / (w^2 + k)`: with the smallest `k`
    whose interval meets those of all larger ones (Lepski's rule), so that no bias has to be known.
    Intervals come from drawing impressions again, the model fitted anew each time.

    Args:
        log: the impressions.
        draws: of the bootstrap.
        seed: of the draws.

    Raises:
        ValueError: a propensity is not above 0, or there are too few impressions.
    """
    size = len(log.reward)
    if size < 2 * _FOLDS or not (log.propensity > 0).all():
        raise ValueError("propensities must lie above 0, of ten impressions or more")
    generator = np.random.default_rng(seed)
    values = _values(log, np.ones(size))
    drawn = np.stack(
        [
            _values(
                log, np.bincount(generator.integers(0, size, size), minlength=size).astype(float)
            )
            for _ in range(draws)
        ]
    )
    halves = _Z * drawn.std(axis=0, ddof=1)
    intervals = [
        Interval(float(value), float(value - half), float(value + half))
        for value, half in zip(values, halves, strict=True)
    ]
    sample = _sample(log.weights)
    samples = float(size), sample, sample, float(size)
    shrinkages = 0.0, np.inf, np.inf, 0.0
    estimates = [
        PolicyEstimate(*row) for row in zip(_NAMES, intervals, samples, shrinkages, strict=False)
    ]
    rows = intervals[len(_NAMES) :]
    chosen, low, high = 0, -np.inf, np.inf
    for k, ends in enumerate(rows):
        low, high = max(low, ends.low), min(high, ends.high)
        if low > high:
            break
        chosen = k
    last: tuple[tuple[Estimator, int], ...] = (("doubly robust", 0), ("chosen", chosen))
    for name, k in last:
        shrunk = _shrunk(log.weights, _SHRINKAGES[k])
        estimates.append(PolicyEstimate(name, rows[k], _sample(shrunk), _SHRINKAGES[k]))
    return estimates


def _values(log: LoggedActions, times: Floats) -> Floats:
    """All estimates where each impression stands so many times in the log."""
    total = times.sum()
    weights, reward = log.weights, log.reward
    fold = np.arange(len(reward)) % _FOLDS
    expected, ahead = np.zeros(len(reward)), np.zeros(len(reward))
    for k in range(_FOLDS):
        learnt, held = times * (fold != k), fold == k
        usual = float(learnt @ reward) / max(float(learnt.sum()), 1.0)
        gained = np.bincount(log.action, learnt * reward, len(log.chances)).astype(np.float64)
        often = np.bincount(log.action, learnt, len(log.chances)).astype(np.float64)
        standing = _standing(gained, often)
        rates = (gained + usual * standing) / (often + standing)
        expected[held] = rates[log.action[held]]
        ahead[held] = float(log.chances @ rates)
    errors = reward - expected
    direct = float(times @ ahead) / total
    return np.array(
        [
            float(times @ reward) / total,
            float(times @ (weights * reward)) / total,
            float(times @ (weights * reward)) / max(float(times @ weights), 1e-300),
            direct,
            *(direct + float(times @ (_shrunk(weights, k) * errors)) / total for k in _SHRINKAGES),
        ]
    )


def _standing(gained: Floats, often: Floats) -> float:
    """How many impressions of the usual reward stand behind each rate, by how the rates differ."""
    total = max(float(often.sum()), 1.0)
    usual = float(gained.sum()) / total
    rates = gained / np.maximum(often, 1)
    chance = usual * (1 - usual)
    spread = float((often * np.square(rates - usual)).sum()) - (len(often) - 1) * chance
    between = spread / max(total - float(np.square(often).sum()) / total, 1e-300)
    return min(_MOST_STANDING, chance / between) if between > 0 else _MOST_STANDING


def _shrunk(weights: Floats, shrinkage: float) -> Floats:
    if not np.isfinite(shrinkage):
        return weights
    return np.asarray(shrinkage * weights / (np.square(weights) + max(shrinkage, 1e-300)))


def _sample(weights: Floats) -> float:
    square = float(np.square(weights).sum())
    return float(weights.sum()) ** 2 / square if square else 0.0
