"""What every detector is given, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from guandian.monitor.detectors.chance import starts_of

_SERIES = 1000
"""So many at once: memory does not grow with the number of series."""

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class CountPanel:
    """Counts of many series over the same buckets of time.

    Attributes:
        counts: `[series, buckets]`, whole numbers; NaN where nothing is known of a bucket.
        per_year: buckets in a year: 52 for weeks, 365.25 for days, 8766 for hours.
        weekday: `[buckets]`, 0 (Monday) to 6; None where buckets are no shorter than a week.
        special: `[buckets, kinds]`, 0 to 1, how much of a bucket is unlike others of its weekday
            and season: holidays, sales; None without any.
        volume: `[series, buckets]`, of how many `counts` are a part; only shares need it.
        keys: `[series]`, a number that stays a series' own (a hash of its name), from which the
            points of `SeriesJudgement.fair` come; the rows' numbers without.
        first: the number of the first bucket, counted from a fixed day, for the same.
        step: `[buckets]`, 1 where something else counts than before (another model), else 0; None
            where nothing did.
        step_spread: `[series]`, how far that may move the logarithm of a mean.
        complete: `[buckets]`, which part of a bucket's reviews has come; all of them without.
    """

    counts: Floats
    per_year: float = 52.0
    weekday: NDArray[np.int64] | None = None
    special: Floats | None = None
    volume: Floats | None = None
    keys: NDArray[np.uint64] | None = None
    first: int = 0
    complete: Floats | None = None
    step: Floats | None = None
    step_spread: Floats | None = None

    def parts(self) -> Iterator[slice]:
        """The series in parts that are few enough for the memory."""
        return (slice(start, start + _SERIES) for start in range(0, len(self.counts), _SERIES))

    def starts(self) -> Floats:
        """Where each series' points of `SeriesJudgement.fair` start, `[series]`, 0 to 1."""
        keys = np.arange(len(self.counts), dtype=np.uint64) if self.keys is None else self.keys
        return starts_of(keys)

    def chosen(self, rows: NDArray[np.int64]) -> CountPanel:
        """Series by their numbers, each with the key that it has here."""
        keys = np.arange(len(self.counts), dtype=np.uint64) if self.keys is None else self.keys
        volume = None if self.volume is None else self.volume[rows]
        spread = None if self.step_spread is None else self.step_spread[rows]
        return replace(
            self, counts=self.counts[rows], volume=volume, keys=keys[rows], step_spread=spread
        )

    def of_series(self, rows: slice) -> CountPanel:
        """Some of the series, each with the key that it has here."""
        keys = np.arange(len(self.counts), dtype=np.uint64) if self.keys is None else self.keys
        return replace(
            self,
            counts=self.counts[rows],
            volume=None if self.volume is None else self.volume[rows],
            keys=keys[rows],
            step_spread=None if self.step_spread is None else self.step_spread[rows],
        )

    @property
    def buckets(self) -> int:
        """How many buckets of time there are."""
        return int(self.counts.shape[1])


@dataclass(frozen=True, slots=True)
class SeriesJudgement:
    """What a detector says of buckets, all arrays `[series, judged buckets]`.

    Where it cannot judge (too little history, no model that fits) everything is NaN, which fires
    nothing.

    Attributes:
        expected: the mean without anything unusual.
        upper: the largest count that is no alarm at the detector's own level.
        p: how likely a count at least so high is without anything unusual.
        fair: `p` without the caution that whole numbers bring: uniform if nothing is unusual, by
            a draw that the series and the bucket fix; equals `p` where a detector has none.
    """

    expected: Floats
    upper: Floats
    p: Floats
    fair: Floats

    def arrays(self) -> tuple[Floats, Floats, Floats, Floats]:
        """All of it: expected, upper, p, fair."""
        return self.expected, self.upper, self.p, self.fair

    def fires(self, level: float, *, cautious: bool = False) -> Flags:
        """Where `fair` is at most a level: in that share of buckets if nothing is unusual.

        Args:
            level: between 0 and 1.
            cautious: takes `p`, so that it fires less often than the level says; for levels far
                below 0.001, where `fair` fires a fifth more often (`docs/alerts.md`).
        """
        with np.errstate(invalid="ignore"):
            rare: Flags = (self.p if cautious else self.fair) <= level
        return rare

    def alarms(self, observed: Floats) -> Flags:
        """Where the counts `[series, judged buckets]` lie above `upper`."""
        with np.errstate(invalid="ignore"):
            above: Flags = (observed > self.upper) & (observed > 0)
        return above


def blank_judgement(series: int, buckets: int) -> SeriesJudgement:
    """A judgement of so many that says nothing yet."""
    blank = np.full((series, buckets), np.nan)
    return SeriesJudgement(blank, blank.copy(), blank.copy(), blank.copy())


def judged_in_parts(
    panel: CountPanel,
    since: int,
    parts: Iterable[slice],
    judge: Callable[[CountPanel, int], SeriesJudgement],
) -> SeriesJudgement:
    """A judgement of all series, of as many at once as `parts` allow for the memory."""
    said = blank_judgement(len(panel.counts), panel.buckets - since)
    for rows in parts:
        part = judge(panel.of_series(rows), since)
        for whole, values in zip(said.arrays(), part.arrays(), strict=True):
            whole[rows] = values
    return said


class Detector(Protocol):
    """Judges the newest buckets of series by the ones before."""

    @property
    def name(self) -> str:
        """The word by which it is chosen and told."""

    @property
    def needs(self) -> int:
        """How many buckets of history it takes before the first that it judges."""

    def judge(self, panel: CountPanel, since: int) -> SeriesJudgement:
        """Judges buckets `since` and after, each by those before it alone.

        Args:
            panel: counts, whole history first.
            since: the first bucket that is judged, from 0.

        Returns:
            Of `panel.buckets - since` buckets; NaN in those with less history than `needs`.
        """
