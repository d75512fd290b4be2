"""What each kind of alert looks at: the series that it judges, and what it says of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from guandian.monitor.detectors import (
    ComplaintShare,
    CountPanel,
    Detector,
    NewTopic,
    Predictive,
    WindowDrift,
)
from guandian.monitor.detectors.judgement import Flags, Floats
from guandian.monitor.series.buckets import BucketUnit
from guandian.monitor.series.series_table import SeriesTable
from guandian.store.records.watching import AlertKind

LEAST_VOLUME = 30
"""Reviews in all buckets before a share of them is judged."""
LEAST_CASES = 3
"""Complaints of a bucket before a topic is called new."""


@dataclass(frozen=True, slots=True)
class KindFigures:
    """What one kind says of buckets, arrays `[series, judged buckets]`.

    Attributes:
        kind: of alerts.
        observed: complaints; of a drift those of its window.
        expected: how many were expected.
        volume: of how many reviews they are a share; NaN but for shares.
        chance: of so many or more without anything unusual; NaN where nothing is judged.
        judged: `[judged buckets]`, whether the kind judges that bucket at all.
    """

    kind: AlertKind
    observed: Floats
    expected: Floats
    volume: Floats
    chance: Floats
    judged: Flags

    def put(self, rows: Sequence[int], column: int, part: KindFigures) -> None:
        """Put what is said of some series in place of what was, from a column on."""
        columns = slice(column, column + part.chance.shape[1])
        for name in ("observed", "expected", "volume", "chance"):
            getattr(self, name)[rows, columns] = getattr(part, name)


@dataclass(frozen=True, slots=True)
class KindDetectors:
    """The detectors of series in buckets of a unit.

    Attributes:
        unit: of the buckets.
        level: for bands alone.
        bands: whether upper ends of bands are worked out.
    """

    unit: BucketUnit = "day"
    level: float = 0.001
    bands: bool = False

    @property
    def a_week(self) -> float:
        """Buckets in a week."""
        return {"week": 1.0, "day": 7.0}.get(self.unit, 168.0)

    @property
    def drift(self) -> WindowDrift:
        """The detector of slow drifts."""
        if self.unit == "hour":
            return WindowDrift(168, 24, 8766)
        return WindowDrift(8, 2, 52) if self.unit == "week" else WindowDrift()

    def of(self, kind: AlertKind) -> Detector:
        """The detector of a kind."""
        if kind is AlertKind.SHARE:
            return ComplaintShare(self.level)
        if kind is AlertKind.TOPIC:
            return NewTopic(self.level, seen=True)
        if kind is AlertKind.DRIFT:
            return self.drift
        return Predictive(self.level, bands=self.bands)

    def times_a_week(self, kind: AlertKind) -> float:
        """How often a week a series is judged."""
        return self.a_week / (self.drift.every if kind is AlertKind.DRIFT else 1)


def figures_for(
    kind: AlertKind,
    table: SeriesTable,
    detectors: KindDetectors,
    panel: CountPanel,
    since: int,
    written: Floats | None = None,
) -> KindFigures:
    """What a kind says of buckets `since` and after, each by those before it.

    Args:
        kind: of alerts.
        table: the series.
        detectors: of its buckets.
        panel: its counts, as the detectors take them.
        since: the first bucket that is judged.
        written: reviews by bucket; those of the widest of these series where it is None.
    """
    detector = detectors.of(kind)
    observed = table.complaints[:, since:].copy()
    judged = np.ones(observed.shape[1], dtype=bool)
    rows = _rows(kind, table)
    quiet = rows & ~observed.any(1) & (kind is AlertKind.SURGE)
    rows &= ~quiet
    expected, chance = np.full_like(observed, np.nan), np.full_like(observed, np.nan)
    chance[quiet] = 1.0  # so many as none have that chance whatever was before
    if rows.any():
        chosen = np.flatnonzero(rows)
        part = panel.chosen(chosen)
        written = table.written() if written is None else written
        if kind is AlertKind.TOPIC:  # of all that is written: a new topic has no volume of its own
            counts = table.complaints[chosen]  # what was new once is not so again
            part = replace(part, counts=counts, volume=np.broadcast_to(written, counts.shape))
        said = detector.judge(part, since)
        expected[chosen] = said.expected
        # a budget over many series makes tiny levels, at which `fair` fires too often
        chance[chosen] = said.p
    volume = np.full_like(observed, np.nan)
    if kind is AlertKind.SHARE:
        volume = table.volume[:, since:].copy()
    elif kind is AlertKind.TOPIC:
        chance = np.where(
            observed < LEAST_CASES, np.where(np.isfinite(chance), 1.0, np.nan), chance
        )
    elif isinstance(detector, WindowDrift):
        judged[:] = False
        judged[[bucket - since for bucket in detector.judged(panel, since)]] = True
        sums = np.cumsum(np.nan_to_num(panel.counts), axis=1)
        before = np.pad(sums, ((0, 0), (detector.window, 0)))[:, : sums.shape[1]]
        observed = (sums - before)[:, since:]
    else:
        chance = _of_known(panel, chance, since)
    return KindFigures(kind, observed, expected, volume, chance, judged)


def _rows(kind: AlertKind, table: SeriesTable) -> Flags:
    if kind is AlertKind.TOPIC:
        return np.array([key.aspect is not None for key in table.keys], dtype=bool)
    if kind is AlertKind.SHARE:
        return np.asarray(table.volume.sum(1) >= LEAST_VOLUME)
    return np.ones(len(table.keys), dtype=bool)


def _of_known(panel: CountPanel, chance: Floats, since: int) -> Floats:
    """Only series that had a complaint before: others were chosen by what is judged."""
    counts = np.nan_to_num(panel.counts)
    before = np.cumsum(counts, axis=1) - counts
    return np.where(before[:, since:] > 0, chance, np.nan)


def stacked(parts: Sequence[KindFigures]) -> KindFigures:
    """Figures of some series after the other as those of all."""
    if len(parts) == 1:
        return parts[0]
    named = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("observed", "expected", "volume", "chance")
    }
    return KindFigures(parts[0].kind, **named, judged=parts[0].judged)


def figures_in_time(parts: Sequence[KindFigures]) -> KindFigures:
    """Figures of buckets that follow one another, as one."""
    named = {
        name: np.concatenate([getattr(part, name) for part in parts], axis=1)
        for name in ("observed", "expected", "volume", "chance")
    }
    return KindFigures(parts[0].kind, **named, judged=np.concatenate([p.judged for p in parts]))


def until(table: SeriesTable, end: int) -> SeriesTable:
    """The buckets before one."""
    buckets = replace(table.buckets, number=end)
    return replace(
        table,
        buckets=buckets,
        complaints=table.complaints[:, :end],
        volume=table.volume[:, :end],
    )
