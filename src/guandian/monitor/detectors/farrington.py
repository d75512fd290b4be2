"""Farrington flexible: Noufaily et al. 2013, doi 10.1002/sim.5595, as published."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from guandian.monitor.detectors.count_tails import upper_quantile, upper_tail
from guandian.monitor.detectors.judgement import (
    CountPanel,
    Floats,
    SeriesJudgement,
    blank_judgement,
)
from guandian.monitor.detectors.quasi_poisson import CountFit, fit_counts


@dataclass(frozen=True, slots=True)
class Farrington:
    """A quasi-Poisson regression on some years before, and a negative binomial upper bound.

    Equals `farringtonFlexible` of R's `surveillance` with `thresholdMethod = "nbPlugin"` and
    `pThresholdTrend = 1` (the trend is always fitted, and dropped where it leads above all that was
    seen). Weeks that look like outbreaks weigh less, by Anscombe residuals. In series without any
    its false alarms are nearly twice the level: `Predictive` keeps it.

    Attributes:
        level: probability of a false alarm in a bucket, as promised.
        years: of history.
        half_window: buckets before and after that count as the same time of the year.
        periods: parts of the year in the seasonal factor; 1 fits the same time of the years alone.
        left_out: buckets before the judged one that do not count: an outbreak hides in them.
        suspect: Anscombe residuals above this weigh less.
        least: so many cases in the last four buckets, or none is an alarm.
    """

    level: float = 0.005
    years: int = 5
    half_window: int = 3
    periods: int = 10
    left_out: int = 26
    suspect: float = 2.58
    least: int = 0
    name: str = "farrington"

    @property
    def needs(self) -> int:
        """Buckets of history, of weekly counts."""
        return self._needs(52)

    def _needs(self, year: int) -> int:
        return self.years * year + self.half_window

    def judge(self, panel: CountPanel, since: int) -> SeriesJudgement:
        """Judges each bucket by a regression of its own."""
        year = round(panel.per_year)
        said = blank_judgement(len(panel.counts), panel.buckets - since)
        for bucket in range(max(since, self._needs(year)), panel.buckets):
            mean, dispersion = self._fitted(panel.counts[:, :bucket], year)
            observed = panel.counts[:, bucket]
            p = upper_tail(observed, mean, dispersion)
            upper = upper_quantile(self.level, mean, dispersion)
            with np.errstate(invalid="ignore"):
                few = panel.counts[:, max(bucket - 3, 0) : bucket + 1].sum(1) < self.least
            column = bucket - since
            for values, value in ((said.expected, mean), (said.upper, upper), (said.p, p)):
                values[:, column] = np.where(few, np.nan, value)
        return replace(said, fair=said.p.copy())

    def _fitted(self, history: Floats, year: int) -> tuple[Floats, Floats]:
        """The mean `[s]` and dispersion `[s]` of the bucket after the history `[s, buckets]`."""
        judged = history.shape[1]
        level = _season(judged, year, self)
        rows = np.arange(judged - self.years * year - self.half_window, judged - self.left_out)
        rows = rows[level[rows] > 0]
        levels = np.unique(level[rows])
        season = (level[rows][:, None] == levels).astype(np.float64)
        time = (rows - judged)[:, None] / year
        counts = history[:, rows]
        present = (levels == self.periods).astype(np.float64)
        fit = self._reweighted(counts, np.hstack([season, time]))
        mean = np.exp(fit.predicted(np.append(present, 0.0))[0])
        dispersion = np.maximum(fit.dispersion, 1)
        highest = np.nanmax(counts, axis=1, initial=0)
        without = ~fit.converged | ~(mean <= highest)
        if without.any():
            plain = self._reweighted(counts[without], season)
            mean[without] = np.exp(plain.predicted(present)[0])
            dispersion[without] = np.maximum(plain.dispersion, 1)
        return mean, dispersion

    def _reweighted(self, counts: Floats, design: Floats) -> CountFit:
        """The second of two fits, in which what looks like an outbreak weighs less."""
        first = fit_counts(counts, design)
        dispersion = np.maximum(first.dispersion, 1)[:, None]
        with np.errstate(invalid="ignore", divide="ignore"):
            residuals = (
                1.5
                * (counts ** (2 / 3) * first.mean ** (-1 / 6) - np.sqrt(first.mean))
                / np.sqrt(dispersion * (1 - first.leverage))
            )
            weights = np.where(residuals > self.suspect, residuals**-2.0, 1.0)
        weights = np.where(np.isfinite(counts), weights, 0.0)
        there = np.isfinite(counts).sum(1, keepdims=True)
        second = fit_counts(counts, design, weights * there / weights.sum(1, keepdims=True))
        return replace(second, converged=second.converged & first.converged)


def _season(judged: int, year: int, control: Farrington) -> NDArray[np.int64]:
    """The part of the year of buckets 0 to the judged, which has the last; 0: does not count."""
    half, parts = control.half_window, control.periods
    level = np.zeros(judged + 1, dtype=np.int64)
    for back in range(control.years + 1):
        centre = judged - back * year
        level[max(centre - half, 0) : centre + half + 1] = parts
        if back and parts > 1:
            between = np.arange(centre + half + 1, centre + year - half)
            for number, places in enumerate(np.array_split(between, parts - 1), 1):
                level[places] = number
    return level
