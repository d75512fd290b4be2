"""The share of complaints, given how much is written at all: beta-binomial counts."""

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

LIKENESS: Floats = np.array([1e-6, 0.003, 0.01, 0.02, 0.04, 0.08, 0.15, 0.3])
"""How alike opinions of one bucket are (intra-class correlation): as likely beforehand."""

_FEW = 26
"""Buckets that are known in a window, fewer than which more of the history counts."""

_NUMBERS = 4_000_000
"""So many at once: memory does not grow with the number of series."""


@dataclass(frozen=True, slots=True)
class ComplaintShare:
    """Counts out of a volume, by the share and its ups and downs in the buckets before.

    Volume may do what it will (双十一): only the share counts. How alike the opinions of one bucket
    are is averaged over by its likelihood, and the share's own error counts.

    Attributes:
        level: probability of a false alarm in a bucket that `upper` keeps.
        window: buckets of history.
        left_out: newest buckets that do not count: a surge that began hides in them.
    """

    level: float = 0.005
    window: int = 52
    left_out: int = 8
    name: str = "share"

    @property
    def needs(self) -> int:
        """Buckets of history."""
        return 10 + self.left_out

    def judge(self, panel: CountPanel, since: int) -> SeriesJudgement:
        """Judges each bucket with a volume.

        Raises:
            ValueError: if the panel has no volume.
        """
        if panel.volume is None:
            raise ValueError("a share needs a volume")
        largest = int(np.nanmax(panel.volume[:, since:], initial=0)) + 2
        series = max(1, _NUMBERS // (largest * len(LIKENESS)))
        parts = (slice(start, start + series) for start in range(0, len(panel.counts), series))
        return judged_in_parts(panel, since, parts, self._judged)

    def _judged(self, panel: CountPanel, since: int) -> SeriesJudgement:
        """Judges series that are few enough for the memory."""
        said = blank_judgement(len(panel.counts), panel.buckets - since)
        volumes = np.zeros(0) if panel.volume is None else panel.volume
        for bucket in range(max(since, self.needs), panel.buckets):
            rows = slice(max(0, bucket - self.left_out - self.window), bucket - self.left_out)
            learnt = self._learnt(panel.counts[:, rows], volumes[:, rows])
            few = np.isfinite(panel.counts[:, rows]).sum(1) < min(_FEW, rows.stop - rows.start)
            if few.any():  # of the others nothing is known: what was before them counts instead
                whole = slice(0, rows.stop)
                longer = self._learnt(panel.counts[few, whole], volumes[few, whole])
                for values, before in zip(learnt, longer, strict=True):
                    values[few] = before
            share, support, error = learnt
            volume = np.nan_to_num(volumes[:, bucket]).astype(np.int64)
            tails = _tails(volume, share, support, error)
            column = bucket - since
            series = np.arange(len(volume))
            observed = np.nan_to_num(panel.counts[:, bucket]).astype(np.int64)
            said.expected[:, column] = volume * share
            said.p[:, column] = tails[series, observed]
            said.upper[:, column] = (tails > self.level).sum(1) - 1
            fair = fair_between(
                tails[series, observed + 1][:, None],
                said.p[:, [column]],
                panel.starts(),
                np.array([panel.first + bucket]),
            )
            said.fair[:, column] = fair[:, 0]
            unknown = (volume == 0) | ~np.isfinite(panel.counts[:, bucket])
            for values in said.arrays():
                values[unknown, column] = np.nan
        return said

    def _learnt(self, counts: Floats, volume: Floats) -> tuple[Floats, Floats, Floats]:
        """The share `[s]`, support of `LIKENESS` `[s, k]`, the share's own likeness `[s, k]`."""
        there = np.isfinite(counts) & (np.nan_to_num(volume) > 0)
        y, n = np.where(there, counts, 0), np.where(there, volume, 0)
        share = (y.sum(1) + 0.5) / (n.sum(1) + 1)
        strength = 1 / LIKENESS - 1
        first = share[:, None] * strength
        second = (1 - share[:, None]) * strength
        y3, n3 = y[:, :, None], n[:, :, None]
        logs = (
            _log_beta(y3 + first[:, None], n3 - y3 + second[:, None])
            - _log_beta(first, second)[:, None]
        )
        logs = (logs * there[:, :, None]).sum(1)
        support = np.exp(logs - logs.max(1, keepdims=True))
        worth = (n3 / (1 + np.maximum(n3 - 1, 0) * LIKENESS)).sum(1)
        return share, support / support.sum(1, keepdims=True), 1 / (worth + 2)


def _log_beta(first: Floats, second: Floats) -> Floats:
    from scipy.special import betaln

    return np.asarray(betaln(first, second))


def _tails(volume: np.ndarray, share: Floats, support: Floats, error: Floats) -> Floats:
    """The probability of at least 0, 1, ... complaints, `[series, largest volume + 2]`."""
    from scipy.special import gammaln

    y = np.arange(int(volume.max(initial=0)) + 1)[None, :, None]
    n = volume[:, None, None]
    alike = LIKENESS + (1 - LIKENESS) * error
    first = (share[:, None] * (1 / alike - 1))[:, None]
    second = ((1 - share[:, None]) * (1 / alike - 1))[:, None]
    rest = np.maximum(n - y, 0)
    logs = gammaln(n + 1) - gammaln(y + 1) - gammaln(rest + 1) - _log_beta(first, second)
    chances = np.where(y <= n, np.exp(logs + _log_beta(y + first, rest + second)), 0.0)
    mixed = (chances * support[:, None]).sum(2)
    tails = np.minimum(mixed[:, ::-1].cumsum(1)[:, ::-1], 1)
    return np.hstack([tails, np.zeros((len(tails), 1))])
