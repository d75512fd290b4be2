"""Topics that did not exist: counts after a history of nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from guandian.monitor.detectors.count_tails import upper_quantile, upper_tail
from guandian.monitor.detectors.judgement import CountPanel, SeriesJudgement, blank_judgement


@dataclass(frozen=True, slots=True)
class NewTopic:
    """Judges only series that had nothing in the buckets before, or next to nothing.

    Of a topic that was never seen in `n` buckets, the rate is a gamma distribution's with half a
    case in n buckets (Jeffreys): what may come is a geometric-like count with a long tail, so one
    mention is nothing, and several on one day after a long silence are.

    Attributes:
        level: probability of a false alarm in a bucket.
        window: buckets of silence, at least.
        most: so many cases in the window still count as silence.
        seen: judges only buckets with a case, by the chance given that there is one: nobody can
            count the topics that nobody names, and a budget is spent on those that are seen.
    """

    level: float = 0.001
    window: int = 26
    most: int = 1
    seen: bool = False
    name: str = "new-topic"

    @property
    def needs(self) -> int:
        """Buckets of history."""
        return self.window

    def judge(self, panel: CountPanel, since: int) -> SeriesJudgement:
        """Judges buckets after silence; the others are NaN."""
        said = blank_judgement(len(panel.counts), panel.buckets - since)
        for bucket in range(max(since, self.needs), panel.buckets):
            before = panel.counts[:, bucket - self.window : bucket]
            volume = np.full(panel.buckets, 1.0) if panel.volume is None else panel.volume
            share = volume[..., bucket] / volume[..., bucket - self.window : bucket].sum(-1)
            cases = np.nansum(before, axis=1)
            mean = np.where(cases <= self.most, (cases + 0.5) * share, np.nan)
            # A gamma rate with so many cases makes a negative binomial of that size.
            dispersion = 1 + np.broadcast_to(share, mean.shape)
            column = bucket - since
            said.expected[:, column] = mean
            observed = panel.counts[:, bucket]
            chance = upper_tail(observed, mean, dispersion)
            if self.seen:
                present = upper_tail(np.ones_like(observed), mean, dispersion)
                chance = np.where(observed >= 1, np.minimum(chance / present, 1), np.nan)
            said.p[:, column] = chance
            said.upper[:, column] = upper_quantile(self.level, mean, dispersion)
        said.fair[:] = said.p
        return said
