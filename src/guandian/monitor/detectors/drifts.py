"""CUSUM and EWMA: slow drifts that no single bucket shows."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from guandian.monitor.detectors.judgement import (
    CountPanel,
    Detector,
    Floats,
    SeriesJudgement,
    blank_judgement,
)
from guandian.monitor.detectors.predictive import Predictive

_CORRECTION = 1.166
"""Siegmund's: what a sum in steps overshoots a boundary by, on both sides together."""
_RAREST = 1e-12


def _scores(base: Detector, panel: CountPanel, since: int) -> tuple[Floats, SeriesJudgement]:
    """Normal scores of the base's fair p-values, `[series, judged]`, 0 where it has none."""
    from scipy.special import ndtri

    said = base.judge(panel, since)
    return np.nan_to_num(-ndtri(np.clip(said.fair, _RAREST, 1 - _RAREST))), said


@dataclass(frozen=True, slots=True)
class Ewma:
    """An exponentially weighted mean of normal scores, from `since` on.

    Attributes:
        level: probability that a bucket's mean lies above `upper`; alarms come in runs, so
            episodes are fewer.
        newest: the weight of the newest bucket.
        base: whose p-values it takes.
    """

    level: float = 0.0005
    newest: float = 0.1
    base: Detector = field(default_factory=Predictive)
    name: str = "ewma"

    @property
    def needs(self) -> int:
        """Buckets of history."""
        return self.base.needs

    def judge(self, panel: CountPanel, since: int) -> SeriesJudgement:
        """Judges the means; `expected` is the base's, `upper` is in standard deviations."""
        from scipy.special import ndtr, ndtri

        scores, base = _scores(self.base, panel, since)
        said = blank_judgement(*scores.shape)
        mean = np.zeros(len(scores))
        variance = 0.0
        for column in range(scores.shape[1]):
            mean = (1 - self.newest) * mean + self.newest * scores[:, column]
            variance = (1 - self.newest) ** 2 * variance + self.newest**2
            said.p[:, column] = ndtr(-mean / np.sqrt(variance))
        said.p[~np.isfinite(base.p)] = np.nan
        said.expected[:] = base.expected
        said.upper[:] = ndtri(1 - self.level)
        said.fair[:] = said.p
        return said


@dataclass(frozen=True, slots=True)
class Cusum:
    """A sum of normal scores above an allowance, from `since` on, that begins anew when it fires.

    Attributes:
        between: buckets between two false alarms of a series, on average.
        allowance: what a bucket may exceed for nothing, in standard deviations; half of the drift
            that it is quickest to find.
        base: whose p-values it takes.
    """

    between: float = 2000.0
    allowance: float = 0.5
    base: Detector = field(default_factory=Predictive)
    name: str = "cusum"

    @property
    def needs(self) -> int:
        """Buckets of history."""
        return self.base.needs

    def height(self) -> float:
        """The sum at which it fires, by Siegmund's approximation of the run length."""
        low, high = 0.0, 100.0
        while high - low > 1e-9:
            middle = (low + high) / 2
            slope = 2 * self.allowance * (middle + _CORRECTION)
            length = (np.exp(slope) - slope - 1) / (2 * self.allowance**2)
            low, high = (middle, high) if length < self.between else (low, middle)
        return high

    def judge(self, panel: CountPanel, since: int) -> SeriesJudgement:
        """Judges the sums; `p` is at most 1 / `between` where it fires."""
        scores, base = _scores(self.base, panel, since)
        said = blank_judgement(*scores.shape)
        limit = self.height()
        total = np.zeros(len(scores))
        for column in range(scores.shape[1]):
            total = np.maximum(0, total + scores[:, column] - self.allowance)
            p = np.exp(2 * self.allowance * (limit - total)) / self.between
            said.p[:, column] = np.minimum(p, 1)
            total = np.where(total >= limit, 0, total)
        said.p[~np.isfinite(base.p)] = np.nan
        said.expected[:], said.upper[:] = base.expected, base.upper
        said.fair[:] = said.p
        return said
