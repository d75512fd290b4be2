"""Series judged bucket by bucket within a budget of false alerts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from guandian.monitor.alerts.episodes import BucketFigures, EpisodeBook, Happening
from guandian.monitor.detectors import Detector, Predictive
from guandian.monitor.series.buckets import BucketUnit
from guandian.monitor.series.counted_series import SeriesTable


@dataclass(frozen=True, slots=True)
class WatchTerms:
    """How a shop wants to be told.

    Attributes:
        unit: of the buckets.
        zone: of the shop, in which days end.
        a_week: false alerts a week, all series together, that are put up with.
        least: complaints of a series before which it is none.
        confirm: buckets that must stand out before an alert fires.
    """

    unit: BucketUnit = "day"
    zone: str = "Asia/Shanghai"
    a_week: float = 0.25
    least: int = 5
    confirm: int = 1

    def level(self, series: int) -> float:
        """The chance below which one of so many series may fire in a bucket."""
        buckets = 7 if self.unit == "day" else 1
        return min(self.a_week / max(series * buckets, 1), 0.05)


def detector_for(level: float = 0.001, *, bands: bool = False) -> Detector:
    """What judges series in such buckets."""
    return Predictive(level, bands=bands)


def happenings_of(
    table: SeriesTable, terms: WatchTerms, book: EpisodeBook, since: int = 0
) -> Iterator[list[Happening]]:
    """The happenings of each bucket from `since` on, as they come.

    Args:
        table: the series, whole history first.
        terms: of the shop.
        book: the episodes of before; it is carried on.
        since: the first bucket that is judged.
    """
    if since >= table.buckets.number:
        return
    judgement = detector_for().judge(table.panel(), since)
    level = terms.level(len(table.keys))
    for bucket in range(since, table.buckets.number):
        column = bucket - since
        observed = table.complaints[:, bucket]
        with np.errstate(invalid="ignore"):
            more = observed > judgement.expected[:, column]
        # a budget over many series makes a tiny level, at which `fair` fires too often
        alarms = judgement.fires(level, cautious=True)[:, column] & more
        figures = BucketFigures(
            bucket,
            observed,
            judgement.expected[:, column],
            judgement.p[:, column],
            alarms,
        )
        yield book.step(table.keys, figures)
