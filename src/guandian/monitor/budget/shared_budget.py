"""One budget shared by all kinds of alerts, each of which has its part; carried over restarts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from guandian.monitor.budget.false_discovery import OnlineDiscovery
from guandian.monitor.budget.stated_budget import StatedBudget
from guandian.store.records.watching import AlertKind

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

PARTS: dict[AlertKind, float] = {
    AlertKind.SURGE: 0.55,
    AlertKind.SHARE: 0.2,
    AlertKind.TOPIC: 0.1,
    AlertKind.DRIFT: 0.15,
}
"""What each kind may spend. A share of wrong ones among several kinds is at most the sum of theirs,
as a number of false alerts is."""
LARGEST_LEVEL = 0.01
"""No chance that is larger fires, however few series there are."""


@dataclass(slots=True)
class SharedBudget:
    """Decides which p-values fire, in the order of time, for ever.

    Attributes:
        stated: by people.
        streams: online false discovery by kind, where a share is stated.
        tests: p-values that were judged so far.
    """

    stated: StatedBudget
    streams: dict[AlertKind, OnlineDiscovery] = field(default_factory=dict)
    tests: int = 0

    def __post_init__(self) -> None:
        share = self.stated.share
        if share is not None and not self.streams:
            self.streams = {kind: OnlineDiscovery(share * part) for kind, part in PARTS.items()}

    def level(self, kind: AlertKind, tests: int, a_week: float) -> float:
        """The chance below which one of several p-values fires.

        Args:
            kind: of what they judge.
            tests: how many are judged together.
            a_week: how often a week that is done.
        """
        if stream := self.streams.get(kind):
            return min(stream.level(), LARGEST_LEVEL)
        allowed = self.stated.a_week * PARTS[kind] / (max(tests, 1) * a_week)
        return min(allowed, LARGEST_LEVEL)

    def fires(
        self,
        kind: AlertKind,
        p_values: Floats,
        a_week: float,
        tests: int | None = None,
        most: float = 1.0,
    ) -> Flags:
        """Which of the p-values `[n]` of one bucket fire; NaN is no test.

        Args:
            kind: of what they judge.
            p_values: in an order that stays.
            a_week: how often a week such are judged.
            tests: how many series share what may be spent; as many as are judged by default.
            most: which part of the level each may use, where its bucket is judged several times.
        """
        known = np.isfinite(p_values)
        number = int(known.sum())
        self.tests += number
        with np.errstate(invalid="ignore"):
            own = np.minimum(p_values / most, 1.0)
            if stream := self.streams.get(kind):
                # what is too large to fire counts as a test all the same
                return stream.test(np.where(own > LARGEST_LEVEL, 1.0, own))
            return np.asarray(own <= self.level(kind, tests or number, a_week))

    def state(self) -> dict[str, Any]:
        """All of it, as JSON."""
        return {
            "a_week": self.stated.a_week,
            "share": self.stated.share,
            "tests": self.tests,
            "streams": {kind.value: stream.state() for kind, stream in self.streams.items()},
        }

    @classmethod
    def resumed(cls, stated: StatedBudget, state: dict[str, Any] | None) -> SharedBudget:
        """Go on from `state`; anew where there is none, or where another budget is stated now."""
        if state is None or (state["a_week"], state["share"]) != (stated.a_week, stated.share):
            return cls(stated)
        streams = {
            AlertKind(kind): OnlineDiscovery.restored(stream)
            for kind, stream in state["streams"].items()
        }
        return cls(stated, streams, state["tests"])
