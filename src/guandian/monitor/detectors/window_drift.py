"""Slow drifts: the sum of some weeks against what was expected before they began."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from guandian.monitor.detectors.chance import fair_between
from guandian.monitor.detectors.judgement import CountPanel, SeriesJudgement, blank_judgement
from guandian.monitor.detectors.predictive import Predictive


@dataclass(frozen=True, slots=True)
class WindowDrift:
    """Sums of a window by the fit that ends before it, as `Predictive` judges single buckets.

    CUSUM and EWMA add up what a baseline says that follows the series: a slow drift moves the
    baseline along, and its error is the same in all of the sum. Here the baseline ends where the
    window begins, and its error counts in the sum as often as it happens in it. Buckets of which
    nothing is known (NaN) are left out of the sum and of what is expected of it.

    Attributes:
        window: buckets of a sum.
        every: buckets from one judgement to the next, by the buckets' own numbers, so that who
            judges again judges the same ones; the others are NaN.
        history: buckets before a window: in less than a year nobody tells a drift from a season.
        base: whose fits it takes.
    """

    window: int = 28
    every: int = 7
    history: int = 365
    base: Predictive = field(default_factory=lambda: Predictive(bands=False))
    name: str = "drift"

    @property
    def needs(self) -> int:
        """Buckets of history."""
        return max(self.history, self.base.needs - self.base.left_out) + self.window

    def judged(self, panel: CountPanel, since: int) -> list[int]:
        """The buckets that end a window which is judged."""
        first = max(since, self.needs)
        return [b for b in range(first, panel.buckets) if (panel.first + b + 1) % self.every == 0]

    def judge(self, panel: CountPanel, since: int) -> SeriesJudgement:
        """Judges the sums that end in a bucket; `expected` and `p` are of the sum."""
        said = blank_judgement(len(panel.counts), panel.buckets - since)
        for bucket in self.judged(panel, since):
            window = slice(bucket + 1 - self.window, bucket + 1)
            observed = np.nansum(panel.counts[:, window], axis=1, keepdims=True)
            for rows in panel.parts():
                chances = self.base.sum_chances(panel.of_series(rows), window)
                column = slice(bucket - since, bucket - since + 1)
                said.expected[rows, column] = chances.expected()
                said.p[rows, column] = chances.tail(observed[rows])
                rarer = chances.tail(observed[rows] + 1)
                said.fair[rows, column] = fair_between(
                    rarer,
                    said.p[rows, column],
                    panel.starts()[rows],
                    np.array([panel.first + bucket]),
                )
        return said
