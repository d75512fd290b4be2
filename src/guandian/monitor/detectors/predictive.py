"""The project's own p-value of a count: a budget that is kept, also of rare and unruly series."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from guandian.monitor.detectors.chance import fair_between
from guandian.monitor.detectors.count_tails import upper_quantile, upper_tail
from guandian.monitor.detectors.judgement import (
    CountPanel,
    Floats,
    SeriesJudgement,
    blank_judgement,
    judged_in_parts,
)
from guandian.monitor.detectors.quasi_poisson import CountFit, fit_counts
from guandian.monitor.detectors.seasons import design_of

DISPERSIONS: Floats = np.exp(np.linspace(0, np.log(30), 14))
"""Variance / mean, 1 to 30 in even steps of the logarithm: as likely before any count is seen."""
_NODES: Floats = np.array([-2.856970, -1.355626, 0.0, 1.355626, 2.856970])
_SHARES: Floats = np.array([0.011257, 0.222076, 0.533334, 0.222076, 0.011257])
"""Gauss-Hermite: points and weights that stand for a normal distribution."""
_MOST_VARIANCE = 1.1
"""Of the logarithm of a mean: of next to no case the normal approximation has no upper end."""
_TRUST = 0.7
"""The power of the likelihood of dispersions: no series is quite what the model says."""
_HIGH = 2.5
"""Standard deviations above the mean, less than which no surge is."""
_LEAST_BUCKETS = 26


@dataclass(frozen=True, slots=True)
class Predictive:
    """Log-linear mean with trend, season, weekdays and sales; negative binomial counts around it.

    What is not known exactly counts: the tail is an average over what the dispersion may be, by
    its likelihood, and over the mean's error. A threshold from estimates taken at their word
    (Farrington's) fires nearly twice as often as it says. Buckets of past surges do not count in
    the fit; so little is called one that ordinary high buckets stay, and with them the width of
    what is ordinary.

    Attributes:
        level: probability of a false alarm in a bucket that `upper` keeps.
        years: of history, at most.
        left_out: newest buckets before a fit that do not count: a surge that began hides in them.
        harmonics: waves of the season in a year.
        renewed: buckets that are judged by the same fit.
        surge: so many buckets of a history without surges are taken for one, on average.
        bands: whether `upper` is worked out; it takes most of the time.
    """

    level: float = 0.005
    years: float = 5.0
    left_out: int = 8
    harmonics: int = 2
    renewed: int = 4
    surge: float = 0.03
    bands: bool = True
    name: str = "predictive"

    @property
    def needs(self) -> int:
        """Buckets of history."""
        return _LEAST_BUCKETS + self.left_out

    def judge(self, panel: CountPanel, since: int) -> SeriesJudgement:
        """Judges each bucket by the newest fit that ends before it."""
        return judged_in_parts(panel, since, panel.parts(), self._judged)

    def _judged(self, panel: CountPanel, since: int) -> SeriesJudgement:
        """Judges series that are few enough for the memory."""
        said = blank_judgement(len(panel.counts), panel.buckets - since)
        for first in range(max(since, self.needs), panel.buckets, self.renewed):
            judged = slice(first, min(first + self.renewed, panel.buckets))
            chances = self._chances(panel, judged)
            columns = slice(judged.start - since, judged.stop - since)
            observed = panel.counts[:, judged]
            said.expected[:, columns] = chances.expected()
            said.p[:, columns] = chances.tail(observed)
            if self.bands:
                said.upper[:, columns] = chances.quantile(self.level)
            rarer = chances.tail(observed + 1)
            numbers = panel.first + np.arange(judged.start, judged.stop)
            said.fair[:, columns] = fair_between(rarer, said.p[:, columns], panel.starts(), numbers)
        return said

    def _chances(self, panel: CountPanel, judged: slice) -> Chances:
        """What the counts `[series, judged buckets]` may be, from the history before."""
        fit, support, design = self._learnt(panel, judged.start, judged.start - self.left_out)
        value, variance = fit.predicted(design[judged])
        return Chances(_means(value, variance) * _complete(panel, judged)[:, None, None], support)

    def sum_chances(self, panel: CountPanel, window: slice) -> Chances:
        """What the sum `[series, 1]` over a window may be, from the history before the window."""
        fit, support, design = self._learnt(panel, window.start, window.start)
        value, _ = fit.predicted(design[window])
        known = np.isfinite(panel.counts[:, window])
        means = np.exp(value) * _complete(panel, window) * known
        total = means.sum(1, keepdims=True)
        total[~known.any(1)] = np.nan
        # an error of the fit is the same in all buckets: it moves the sum as it moves their mean
        row = (means / total) @ design[window]
        variance = np.einsum("sp,spq,sq->s", row, fit.covariance, row)[:, None]
        return Chances(_means(np.log(total), variance), support)

    def _learnt(self, panel: CountPanel, origin: int, end: int) -> tuple[CountFit, Floats, Floats]:
        """The fit to buckets before `end`, the support of dispersions, the whole design."""
        design, spread = design_of(panel, origin, self.harmonics)
        rows = slice(max(0, origin - round(self.years * panel.per_year)), end)
        counts = panel.counts[:, rows]
        spreads = np.tile(spread, (len(counts), 1))
        if panel.step_spread is not None:
            spreads[:, -1] = panel.step_spread
        fit, weights = self._fitted(counts, design[rows], spreads)
        return fit, _support(counts, fit.mean, weights, design.shape[1]), design

    def _fitted(self, counts: Floats, design: Floats, spread: Floats) -> tuple[CountFit, Floats]:
        """The fit without past surges, and which buckets count in it, `[s, n]`."""
        penalty = spread**-2.0
        weights = np.isfinite(counts).astype(np.float64)
        # Half a case over the whole history: a series without any still has a rate.
        counts = counts + 0.5 / np.maximum(weights.sum(1, keepdims=True), 1)
        fit = fit_counts(counts, design, weights, penalty)
        rarest = self.surge / counts.shape[1]
        for _ in range(2):
            dispersion = np.maximum(fit.dispersion, 1)[:, None]
            with np.errstate(invalid="ignore"):
                high = counts > fit.mean + _HIGH * np.sqrt(dispersion * fit.mean)
            # Only the highest can be so rare, and tails take long.
            spread_out = np.broadcast_to(dispersion, counts.shape)
            rare = upper_tail(np.round(counts[high]), fit.mean[high], spread_out[high]) < rarest
            weights[:] = np.isfinite(counts)
            weights[high] = ~rare
            fit = fit_counts(counts, design, weights, dispersion * penalty)
        return fit, weights


def _means(value: Floats, variance: Floats) -> Floats:
    """Means `[series, buckets, dispersions, nodes]` around logarithms with an error."""
    deviation = np.sqrt(np.minimum(variance[:, :, None] * DISPERSIONS, _MOST_VARIANCE))
    return np.asarray(np.exp(value[:, :, None, None] + deviation[..., None] * _NODES))


def _complete(panel: CountPanel, judged: slice) -> Floats:
    return np.ones(judged.stop - judged.start) if panel.complete is None else panel.complete[judged]


@dataclass(frozen=True, slots=True)
class Chances:
    """A mixture of negative binomial counts.

    Attributes:
        mean: `[series, buckets, dispersions, nodes]`.
        support: `[series, dispersions]`, weights that sum to 1.
    """

    mean: Floats
    support: Floats

    def _weights(self) -> Floats:
        return self.support[:, None, :, None] * _SHARES

    def expected(self) -> Floats:
        """Means `[series, buckets]`."""
        return np.asarray((self._weights() * self.mean).sum((2, 3)))

    def tail(self, counts: Floats) -> Floats:
        """The probability of at least so many, `[series, buckets]`; NaN where the count is."""
        filled = np.nan_to_num(counts)[:, :, None, None]
        tails = upper_tail(filled, self.mean, DISPERSIONS[:, None])
        return np.where(np.isfinite(counts), (self._weights() * tails).sum((2, 3)), np.nan)

    def quantile(self, level: float) -> Floats:
        """The smallest counts that are exceeded with probability `level` at most."""
        expected = self.expected()
        known = np.isfinite(expected)
        second = (self._weights() * self.mean * (self.mean + DISPERSIONS[:, None])).sum((2, 3))
        spread = np.maximum((second - expected**2) / expected, 1)
        guess = upper_quantile(level, expected, spread)
        low, high = np.where(known, guess, 0.0), np.where(known, guess, 0.0)
        step = 1.0
        while np.any(short := known & (self.tail(high + 1) > level)):
            low, high = np.where(short, high, low), np.where(short, high + step, high)
            step *= 2
        step = 1.0
        while np.any(enough := known & (low >= 0) & ~(self.tail(low + 1) > level)):
            high, low = np.where(enough, low, high), np.where(enough, low - step, low)
            step *= 2
        low = np.maximum(low, -1)
        while np.any(high - low > 1):
            middle = np.floor((low + high) / 2)
            enough = ~(self.tail(middle + 1) > level)
            low, high = np.where(enough, low, middle), np.where(enough, middle, high)
        return np.where(known, high, np.nan)


def _support(counts: Floats, mean: Floats, weights: Floats, columns: int) -> Floats:
    """How likely each of `DISPERSIONS` is, `[series, dispersions]`, by what was counted."""
    from scipy.special import gammaln

    y = np.nan_to_num(counts)
    logs = np.empty((len(y), len(DISPERSIONS)))
    logs[:, 0] = (weights * (y * np.log(mean) - mean)).sum(1)
    for position, dispersion in enumerate(DISPERSIONS[1:], 1):
        size = mean / (dispersion - 1)
        terms = gammaln(y + size) - gammaln(size) - size * np.log(dispersion)
        logs[:, position] = (weights * (terms + y * np.log1p(-1 / dispersion))).sum(1)
    buckets = np.maximum(weights.sum(1), 1)
    # The mean's columns took up part of what was seen.
    logs *= _TRUST * (np.maximum(buckets - columns, 1) / buckets)[:, None]
    logs -= logs.max(1, keepdims=True)
    support = np.exp(logs)
    return np.asarray(support / support.sum(1, keepdims=True))
