"""Two published ways to locate a cause, to compare with: RiskLoc and Adtributor, in own words.

RiskLoc: M. Kalander, "RiskLoc: Localization of Multi-dimensional Root Causes by Weighted Risk",
arXiv 2205.10004 (2022), with the thresholds of its author's code (risk 0.5, explanatory power 0.02,
five extreme leaves left out of the cut). Adtributor: R. Bhagwan et al., NSDI 2014 (one dimension;
thresholds 0.1 and 0.67).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Found = tuple[tuple[str, str], ...]
"""Names of dimensions with a value each; empty where nothing is told."""

RISK, POWER, LEFT_OUT = 0.5, 0.02, 5


class Leaves:
    """The finest cells: what came and what was forecast.

    Args:
        names: of the dimensions.
        values: of each leaf.
        came, forecast: `[leaves]`.
    """

    def __init__(
        self,
        names: Sequence[str],
        values: Sequence[tuple[str, ...]],
        came: Floats,
        forecast: Floats,
    ) -> None:
        seen = (came > 0) | (forecast > 0)
        self.names = tuple(names)
        self.values = [value for value, there in zip(values, seen, strict=True) if there]
        self.came, self.forecast = came[seen], forecast[seen]

    def deviations(self) -> Floats:
        """Between -2 and 2, negative where more came than was forecast."""
        return 2 * (self.forecast - self.came) / (self.forecast + self.came)

    def elements(self, axes: tuple[int, ...]) -> tuple[list[tuple[str, ...]], NDArray[np.int64]]:
        """What leaves hold at some dimensions, and which of it each leaf holds."""
        keys: dict[tuple[str, ...], int] = {}
        own = [keys.setdefault(tuple(v[a] for a in axes), len(keys)) for v in self.values]
        return list(keys), np.array(own, dtype=np.int64)

    def named(self, axes: tuple[int, ...], value: tuple[str, ...]) -> Found:
        """An element with the names of its dimensions."""
        return tuple(zip((self.names[axis] for axis in axes), value, strict=True))


def riskloc(leaves: Leaves) -> Found:
    """The first cause that RiskLoc names.

    Leaves beyond a cut are abnormal: the cut mirrors the smaller side of the deviations, a few
    extremes left out. An element's risk is the weight of its abnormal leaves among all of its
    leaves', less how badly a common factor explains its leaves. Layer by layer, the element with
    the most explanatory power whose risk is high enough is the cause.
    """
    deviation = leaves.deviations()
    apart = np.unique(deviation)
    low, high = apart[min(LEFT_OUT, len(apart) - 1)], apart[-min(LEFT_OUT + 1, len(apart))]
    cut = -min(low, high, key=abs)
    abnormal = deviation > cut if cut >= 0 else deviation < cut
    weight = np.minimum(np.where(abnormal, np.abs(deviation), np.abs(cut - deviation)), 1.0)
    power = leaves.came - leaves.forecast
    if power[abnormal].sum() < 0:
        power = -power
    least = POWER * power[abnormal].sum()
    for layer in range(1, len(leaves.names) + 1):
        best, best_power = (), least
        for axes in combinations(range(len(leaves.names)), layer):
            keys, own = leaves.elements(axes)
            powers = np.bincount(own, power, len(keys))
            ill = np.bincount(own, abnormal, len(keys)) > 0
            for number in np.argsort(-powers, kind="stable"):
                if powers[number] <= best_power:
                    break
                rows = own == number
                if ill[number] and _risk(leaves, rows, abnormal, weight, deviation) >= RISK:
                    best, best_power = leaves.named(axes, keys[number]), powers[number]
                    break
        if best:
            return best
    return ()


def _risk(
    leaves: Leaves,
    rows: NDArray[np.bool_],
    abnormal: NDArray[np.bool_],
    weight: Floats,
    deviation: Floats,
) -> float:
    ill, well = weight[rows & abnormal].sum(), weight[rows & ~abnormal].sum()
    both = rows & (leaves.came != 0) & (leaves.forecast != 0)
    unlike = 0.0
    if both.any():
        came, forecast = leaves.came[both], leaves.forecast[both]
        rippled = forecast * came.sum() / forecast.sum()
        usual = np.abs(deviation[both]).mean()
        if usual:
            unlike = np.abs(2 * (rippled - came) / (rippled + came)).mean() / usual
    return float(ill / (ill + well + 1) - unlike)


def adtributor(leaves: Leaves, least: float = 0.1, enough: float = 0.67) -> Found:
    """The first element of the dimension that surprises most, as Adtributor names it."""
    change = float((leaves.came - leaves.forecast).sum())
    best, most = (), -1.0
    for axis in range(len(leaves.names)):
        keys, own = leaves.elements((axis,))
        came, forecast = (np.bincount(own, a, len(keys)) for a in (leaves.came, leaves.forecast))
        p, q = forecast / max(forecast.sum(), 1e-9), came / max(came.sum(), 1e-9)
        with np.errstate(divide="ignore", invalid="ignore"):
            middle = (p + q) / 2
            parts = 0.5 * (np.where(p > 0, p * np.log(p / middle), 0)
                           + np.where(q > 0, q * np.log(q / middle), 0))  # fmt: skip
        share = (came - forecast) / (change or 1.0)
        chosen, sum_of = [], 0.0
        for number in np.argsort(-parts, kind="stable"):
            if share[number] > least:
                chosen.append(number)
                sum_of += share[number]
            if sum_of > enough:
                break
        surprise = float(parts[chosen].sum())
        if sum_of > enough and surprise > most:
            best, most = leaves.named((axis,), keys[chosen[0]]), surprise
    return best
