"""Days of many series at once, with true changes planted into a few of them, or none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guandian.monitor.budget import OnlineDiscovery
from guandian.monitor.detectors import CountPanel, Predictive
from guandian.monitor.detectors.count_tails import upper_tail

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

DAYS, HISTORY = 365, 730
HEIGHT = 10.0
"""How many standard deviations a planted change adds to a day, plus one case."""


@dataclass(frozen=True)
class Year:
    """Series with two years of history and one that is judged.

    Attributes:
        panel: counts `[series, history + days]`.
        mean: `[series, days]`, without changes.
        dispersion: `[series]`.
        changed: `[series, days]`.
    """

    panel: CountPanel
    mean: Floats
    dispersion: Floats
    changed: Flags

    def oracle(self) -> Floats:
        """P-values of who knows mean and dispersion, `[series, days]`."""
        observed = self.panel.counts[:, HISTORY:]
        return upper_tail(observed, self.mean, self.dispersion[:, None])


def usual_means(series: int, least: float, history: int, dice: np.random.Generator) -> Floats:
    """Draws what is usual, `[series, history + days]`: weekdays, season, trend.

    Args:
        series: how many.
        least: a day of the rarest, about; the commonest have 100.
        history: days before the year that is judged.
        dice: for what is drawn.
    """
    days = np.arange(history + DAYS)
    level = np.exp(dice.uniform(np.log(least), np.log(100), (series, 1)))
    trend = dice.normal(0, 0.2, (series, 1)) * (days - history) / 365
    phase, height = dice.uniform(0, 2 * np.pi, (series, 1)), dice.uniform(0, 0.5, (series, 1))
    weekly = dice.normal(0, 0.2, (series, 7))[:, days % 7]
    wave = height * np.cos(2 * np.pi * days / 365.25 + phase)
    return np.asarray(level * np.exp(trend + wave + weekly))


def year(series: int, changes: float, dice: np.random.Generator) -> Year:
    """Draws series of all kinds: 0.05 to 100 a day, with weekdays, season, trend."""
    mean = usual_means(series, 0.05, HISTORY, dice)
    dispersion = 1 + dice.exponential(1.0, series)
    size = mean / (dispersion[:, None] - 1)
    counts = dice.negative_binomial(size, 1 / dispersion[:, None]).astype(np.float64)
    changed = dice.random((series, DAYS)) < changes
    raised = HEIGHT * np.sqrt(dispersion[:, None] * mean[:, HISTORY:]) + 1
    counts[:, HISTORY:] += np.where(changed, dice.poisson(raised), 0)
    panel = CountPanel(
        counts,
        per_year=365.25,
        weekday=np.arange(HISTORY + DAYS) % 7,
        keys=dice.integers(2**63, size=series).astype(np.uint64),
    )
    return Year(panel, mean[:, HISTORY:], dispersion, changed)


def judged(one_year: Year, renewed: int) -> tuple[Floats, Floats]:
    """The project's p-values and fair ones, `[series, days]`."""
    detector = Predictive(years=2, left_out=14, harmonics=1, renewed=renewed, bands=False)
    said = detector.judge(one_year.panel, HISTORY)
    return said.p, said.fair


def alerts(p: Floats, share: float, method: str) -> Flags:
    """What fires when all series are judged day after day, `[series, days]`."""
    judge = OnlineDiscovery(share, method)  # type: ignore[arg-type]
    return np.stack([judge.test(p[:, day]) for day in range(p.shape[1])], axis=1)


def daily_benjamini_hochberg(p: Floats, share: float) -> Flags:
    """What others do: false discovery judged by the day."""
    fired = np.zeros(p.shape, dtype=bool)
    for day in range(p.shape[1]):
        order = np.sort(p[:, day])
        good = np.flatnonzero(order <= share * np.arange(1, len(order) + 1) / len(order))
        if len(good):
            fired[:, day] = p[:, day] <= order[good[-1]]
    return fired
