"""EARS C1, C2 and C3 (Hutwagner et al. 2003): the last week's mean and deviation, nothing more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from guandian.monitor.detectors.judgement import (
    CountPanel,
    Floats,
    SeriesJudgement,
    blank_judgement,
)

_WINDOW = 7


@dataclass(frozen=True, slots=True)
class Ears:
    """For series too young for any other: it needs seven buckets, and keeps no budget.

    C1 and C2 equal `earsC` of R's `surveillance`; its C3 adds the allowance to the observed count
    instead of the mean, so that the judged bucket itself has no say, and ours does not. Counts
    are not normal and seven tell little of their deviation, so it fires many times as often as
    its level says (`docs/alerts.md`).

    Attributes:
        method: C1 looks at the seven buckets before, C2 leaves two out between, C3 adds what C2
            exceeded in the two buckets before.
        level: probability of a false alarm in a bucket, were counts normal.
    """

    method: Literal["C1", "C2", "C3"] = "C1"
    level: float = 0.001

    @property
    def name(self) -> str:
        """Such as `ears-c1`."""
        return f"ears-{self.method.lower()}"

    @property
    def needs(self) -> int:
        """Buckets of history."""
        return {"C1": _WINDOW, "C2": _WINDOW + 2, "C3": _WINDOW + 4}[self.method]

    def judge(self, panel: CountPanel, since: int) -> SeriesJudgement:
        """Judges each bucket by those right before it."""
        from scipy.special import ndtr, ndtri

        said = blank_judgement(len(panel.counts), panel.buckets - since)
        first = max(since, self.needs)
        if first >= panel.buckets:
            return said
        gap = 0 if self.method == "C1" else 2
        numbers = np.arange(first, panel.buckets)
        mean, deviation = _moments(panel.counts, numbers, gap)
        carried = np.zeros_like(mean)
        if self.method == "C3":
            for back in (1, 2):
                m, d = _moments(panel.counts, numbers - back, gap)
                excess = _ratio(panel.counts[:, numbers - back] - m, d)
                carried += np.maximum(0, excess - 1)
        columns = slice(first - since, None)
        height = _ratio(panel.counts[:, numbers] - mean, deviation) + carried
        said.expected[:, columns] = mean
        with np.errstate(invalid="ignore"):
            reach = deviation * (ndtri(1 - self.level) - carried)
        said.upper[:, columns] = mean + np.where(deviation > 0, reach, 0.0)
        said.p[:, columns] = ndtr(-height)
        said.fair[:, columns] = said.p[:, columns]
        return said


def _moments(counts: Floats, numbers: np.ndarray, gap: int) -> tuple[Floats, Floats]:
    """Mean and standard deviation of the seven buckets before each, `[series, numbers]`."""
    windows = np.lib.stride_tricks.sliding_window_view(counts, _WINDOW, axis=1)
    before = windows[:, numbers - gap - _WINDOW]
    return before.mean(2), before.std(2, ddof=1)


def _ratio(excess: Floats, deviation: Floats) -> Floats:
    """Excess in deviations; without any deviation none is unusual but what exceeds."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(excess == 0, 0.0, excess / deviation))
