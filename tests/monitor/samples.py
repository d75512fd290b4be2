"""Series that the tests of the detectors share."""

from __future__ import annotations

import numpy as np

WEEKS = 320


def weekly(
    series: int, level: float, dispersion: float, seed: int, season: float = 0.3
) -> np.ndarray:
    """Counts `[series, WEEKS]` with a season, negative binomial or Poisson at dispersion 1."""
    dice = np.random.default_rng(seed)
    mean = level * np.exp(season * np.cos(2 * np.pi * np.arange(WEEKS) / 52))
    mean = np.broadcast_to(mean, (series, WEEKS))
    if dispersion == 1:
        return dice.poisson(mean).astype(np.float64)
    return dice.negative_binomial(mean / (dispersion - 1), 1 / dispersion).astype(np.float64)
