"""Since when: the buckets at which a series' level changed, by ruptures."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from guandian.monitor.detectors.judgement import Floats

_SHORTEST = 2


@dataclass(frozen=True, slots=True)
class LevelChange:
    """A step.

    Attributes:
        bucket: the first of the new level.
        before: mean of the level before.
        after: mean of the new level.
    """

    bucket: int
    before: float
    after: float


def level_changes(
    counts: Floats, least_effect: float = 1.0, penalty: float = 3.0
) -> list[LevelChange]:
    """Dates changes of the level of counts, without being told how many there are.

    Every bucket can be the first of a new level (`jump=1`: by default ruptures looks at multiples
    of five and tells one change elsewhere as two). Counts are brought to equal variance first.

    Args:
        counts: `[buckets]`.
        least_effect: the least step, in standard deviations of what is left within levels.
        penalty: what a change must gain, times the logarithm of the number of buckets.

    Returns:
        In the order of time; none in a series that is constant or shorter than four buckets.
    """
    import ruptures

    values = 2 * np.sqrt(counts + 3 / 8)
    if len(values) < 2 * _SHORTEST or np.ptp(values) == 0:
        return []
    noise = _noise(values)
    search = ruptures.Pelt(model="l2", jump=1, min_size=_SHORTEST).fit(values / noise)
    ends = search.predict(pen=penalty * np.log(len(values)))
    edges = [0, *ends]
    while len(edges) > 2:
        levels = [values[a:b].mean() for a, b in pairwise(edges)]
        steps = np.abs(np.diff(levels))
        smallest = int(steps.argmin())
        if steps[smallest] >= least_effect * noise:
            break
        del edges[smallest + 1]
    return [
        LevelChange(middle, float(counts[a:middle].mean()), float(counts[middle:b].mean()))
        for a, middle, b in zip(edges, edges[1:], edges[2:], strict=False)
    ]


def _noise(values: Floats) -> float:
    """The standard deviation within levels, by differences, which few steps hardly touch."""
    differences = np.abs(np.diff(values))
    robust = 1.4826 * float(np.median(differences)) / math.sqrt(2)
    plain = float(differences.std()) / math.sqrt(2)
    return max(robust, 0.5 * plain, 0.5)
