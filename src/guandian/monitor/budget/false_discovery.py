"""So many wrong in a hundred: online false discovery over all series and days together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Method = Literal["lord", "saffron", "addis"]
_TAU: dict[Method, float] = {"lord": 1.0, "saffron": 1.0, "addis": 0.5}
_LAMBDA: dict[Method, float] = {"lord": 0.0, "saffron": 0.5, "addis": 0.25}


def _lord_gamma(position: Floats) -> Floats:
    """Weights of Javanmard and Montanari (2018), that sum to about 1."""
    logs = np.log(position)
    weights = np.log(np.maximum(position, 2)) / (position * np.exp(np.sqrt(logs)))
    return np.asarray(0.07720838 * weights)


def _saffron_gamma(position: Floats) -> Floats:
    """Weights of Ramdas et al. (2018), that sum to 1."""
    return np.asarray(0.4374901658 * position**-1.6)


@dataclass(slots=True)
class OnlineDiscovery:
    """LORD++, SAFFRON or ADDIS, one p-value after the other, for ever.

    Decides as the package `online-fdr` does, but remembers a number a discovery where that
    remembers every test, and looks only at p-values that could be discoveries. Memory decay is
    left out: it fired on pure noise.

    Attributes:
        share: of alerts that may be wrong, between 0 and 1.
        method: which. ADDIS discards large p-values, so it needs ones that are uniform
            (`fair`): what whole numbers leave of others is no longer cautious.
        passed: tests that counted against the budget so far.
        discoveries: `passed` at each discovery.
    """

    share: float
    method: Method = "lord"
    passed: int = 0
    discoveries: list[int] = field(default_factory=list)
    _bound: float = 1.0

    def level(self) -> float:
        """The largest p-value that would fire next."""
        gamma: Callable[[Floats], Floats] = _lord_gamma if self.method == "lord" else _saffron_gamma
        wealth = self.share / 2
        tau, least = _TAU[self.method], _LAMBDA[self.method]
        total = wealth * gamma(np.array([self.passed + 1.0]))[0]
        if self.discoveries:
            gains = gamma(self.passed - np.array(self.discoveries, dtype=np.float64) + 1)
            total += self.share * gains.sum() - wealth * gains[0]
        level = float((tau - least) * total)
        return level if self.method == "lord" else min(least, level)

    def test(self, p_values: Floats) -> NDArray[np.bool_]:
        """Judges p-values `[n]` in their order; NaN is no test and fires nothing."""
        tau, least = _TAU[self.method], _LAMBDA[self.method]
        fired = np.zeros(len(p_values), dtype=bool)
        with np.errstate(invalid="ignore"):
            counted = (p_values <= tau) & ((p_values > least) | (self.method == "lord"))
        before = self.passed + np.concatenate([[0], counted.cumsum()[:-1]]).astype(np.int64)
        end = self.passed + int(counted.sum())
        # Between discoveries the level only falls, so an old one is a bound.
        position = 0
        while position < len(p_values):
            with np.errstate(invalid="ignore"):
                candidates = np.flatnonzero(p_values[position:] <= self._bound)
            if not len(candidates):
                break
            position += int(candidates[0])
            self.passed = int(before[position])
            self._bound = self.level()
            if p_values[position] <= self._bound:
                fired[position] = True
                self.discoveries.append(self.passed + int(counted[position]))
                self._bound = 1.0
            position += 1
        self.passed = end
        return fired

    def state(self) -> dict[str, Any]:
        """All of it, as JSON."""
        return {
            "share": self.share,
            "method": self.method,
            "passed": self.passed,
            "discoveries": list(self.discoveries),
        }

    @classmethod
    def restored(cls, state: dict[str, Any]) -> OnlineDiscovery:
        """From `state`."""
        return cls(**state)
