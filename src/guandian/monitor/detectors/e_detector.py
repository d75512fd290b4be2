"""An e-detector: alarms that come no oftener than stated, whatever the counts are drawn from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from guandian.monitor.detectors.chance import fair_between
from guandian.monitor.detectors.judgement import (
    CountPanel,
    Floats,
    SeriesJudgement,
    blank_judgement,
    judged_in_parts,
)


@dataclass(frozen=True, slots=True)
class EDetector:
    """For series of which no baseline can be trusted: too young, or unlike any known distribution.

    A bucket's rank among all before it is uniform as long as buckets could have come in any other
    order as well, whatever they are drawn from (a conformal p-value). Each rank is bet on to be
    high, at fair odds, and the bets go on in a Shiryaev-Roberts sum, which is an e-detector (Shin,
    Ramdas, Rinaldo 2022; Volkhonskiy et al. 2017): between two false alarms there are at least
    `1 / level` buckets on average. It takes several buckets where a model would take one, and
    season and weekday are changes to it.

    Attributes:
        level: false alarms a bucket, at most; the sum begins anew where it fires.
        power: of the bets, 0 to 1: a p-value pays `power * p ** (power - 1)`. Low ones bet on few
            buckets far above all before, high ones on many that are rather high.
        learnt: buckets that are ranked before the first bet.
    """

    level: float = 0.001
    power: float = 0.4
    learnt: int = 7
    name: str = "e-detector"

    @property
    def needs(self) -> int:
        """Buckets of history."""
        return self.learnt

    def judge(self, panel: CountPanel, since: int) -> SeriesJudgement:
        """Judges by sums that begin with the history; `p` is 1 / the sum.

        `expected` is the mean of all buckets before; `upper` the largest of those that the bucket
        may equal, infinite where one bucket alone cannot fire.
        """
        return judged_in_parts(panel, since, panel.parts(), self._judge)

    def _judge(self, panel: CountPanel, since: int) -> SeriesJudgement:
        said = blank_judgement(len(panel.counts), panel.buckets - since)
        sums = np.zeros(len(panel.counts))
        point = fair_between(
            np.zeros((1, 1)),
            np.ones((1, 1)),
            panel.starts(),
            panel.first + np.arange(panel.buckets),
        )
        for bucket in range(self.learnt, panel.buckets):
            before, newest = panel.counts[:, :bucket], panel.counts[:, bucket, None]
            ranked = np.isfinite(before).sum(1) + 1
            higher, alike = (before > newest).sum(1), (before == newest).sum(1) + 1
            rank = (higher + point[:, bucket] * alike) / ranked
            known = np.isfinite(panel.counts[:, bucket]) & (ranked > self.learnt)
            least = self._least(sums)
            sums = np.where(known, (1 + sums) * self.power * rank ** (self.power - 1), sums)
            if bucket >= since:
                column = bucket - since
                said.p[:, column] = np.where(known, np.minimum(1, 1 / np.maximum(sums, 1)), np.nan)
                total = np.nansum(before, 1) / np.maximum(ranked - 1, 1)
                said.expected[:, column] = np.where(known, total, np.nan)
                upper = _highest(before, least * ranked - point[:, bucket])
                said.upper[:, column] = np.where(known, upper, np.nan)
            sums = np.where(sums >= 1 / self.level, 0.0, sums)
        said.fair[:] = said.p
        return said

    def _least(self, sums: Floats) -> Floats:
        """The p-value at which the next bet fires."""
        # Solved for p: (1 + sums) * power * p ** (power - 1) = 1 / level.
        odds = self.level * self.power * (1 + sums)
        return np.asarray(np.minimum(1, odds ** (1 / (1 - self.power))))


def _highest(before: Floats, places: Floats) -> Floats:
    """The count at a place of each row, the highest first; infinite at a place below 0."""
    ranked = -np.sort(-before, axis=1)  # unknown ones come last
    last = np.maximum(np.isfinite(before).sum(1) - 1, 0)
    chosen = np.minimum(np.maximum(np.floor(places), 0).astype(np.int64), last)
    highest = np.take_along_axis(ranked, chosen[:, None], axis=1)[:, 0]
    return np.asarray(np.where(places < 0, np.inf, highest))
