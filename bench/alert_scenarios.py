"""Weekly counts as in Noufaily et al. 2013 (doi 10.1002/sim.5595), with and without outbreaks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

WEEKS, TESTED, YEAR = 624, 49, 52
ROWS = (
    (0.1, 0.0025, 0.6, 0.6, 1.5),
    (-2.0, 0.005, 0.1, 0.3, 2.0),
    (1.5, 0.003, 0.2, -0.4, 1.0),
    (0.5, 0.002, 0.5, 0.5, 5.0),
    (2.5, 0.001, 1.0, 0.1, 3.0),
    (3.75, 0.001, 0.1, -0.1, 1.1),
    (5.0, 0.0001, 0.05, 0.01, 1.2),
)
"""theta, beta, gamma1, gamma2, dispersion."""
SIZES = (2, 3, 5, 10)


@dataclass(frozen=True)
class Scenario:
    """One of the 28.

    Attributes:
        name: row, then t with trend, s with season.
        mean: `[weeks]`.
        dispersion: variance / mean.
    """

    name: str
    mean: Floats
    dispersion: float

    def drawn(self, series: int, dice: np.random.Generator) -> Floats:
        """Counts `[series, weeks]` without outbreaks."""
        mean = np.broadcast_to(self.mean, (series, WEEKS))
        if self.dispersion == 1:
            return dice.poisson(mean).astype(np.float64)
        size = mean / (self.dispersion - 1)
        return dice.negative_binomial(size, 1 / self.dispersion).astype(np.float64)


def scenarios() -> list[Scenario]:
    """All 28."""
    week = np.arange(1, WEEKS + 1)
    wave = 2 * np.pi * week / YEAR
    return [
        Scenario(
            f"{row}{'t' * trend}{'s' * season}",
            np.exp(theta + trend * beta * week + season * (g1 * np.cos(wave) + g2 * np.sin(wave))),
            phi,
        )
        for row, (theta, beta, g1, g2, phi) in enumerate(ROWS, 1)
        for trend in (0, 1)
        for season in (0, 1)
    ]


def with_outbreak(
    counts: Floats,
    scenario: Scenario,
    size: Floats,
    weeks: tuple[int, int],
    dice: np.random.Generator,
) -> tuple[Floats, NDArray[np.bool_]]:
    """Adds one outbreak a series that begins within the weeks.

    Args:
        counts: `[series, weeks]`; not changed.
        scenario: whose standard deviation the size is a multiple of.
        size: `[series]`, k.
        weeks: the first week it may begin in, and the first it may not.
        dice: of everything.

    Returns:
        Counts, and the weeks with cases of the outbreak, both `[series, weeks]`.
    """
    start = dice.integers(*weeks, size=len(counts))
    deviation = np.sqrt(scenario.dispersion * scenario.mean[start])
    # At least a case: an outbreak without any is none.
    cases = np.maximum(dice.poisson(size * deviation), 1)
    series = np.repeat(np.arange(len(counts)), cases)
    delay = np.floor(dice.lognormal(0, 0.5, len(series))).astype(np.int64)
    week = start[series] + delay
    inside = week < counts.shape[1]
    extra = np.zeros_like(counts)
    np.add.at(extra, (series[inside], week[inside]), 1)
    return counts + extra, extra > 0


def with_past_outbreaks(counts: Floats, scenario: Scenario, dice: np.random.Generator) -> Floats:
    """Adds four outbreaks of k 2 to 10 before the tested weeks, `[series, weeks]`."""
    for _ in range(4):
        size = dice.uniform(2, 10, len(counts))
        before = 0, counts.shape[1] - TESTED - 12
        counts, _flags = with_outbreak(counts, scenario, size, before, dice)
    return counts
