"""Series judged bucket by bucket within a budget of false alerts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from guandian.monitor.alerts.episodes import BucketFigures, EpisodeBook, Happening
from guandian.monitor.detectors import Detector, Farrington, Judgement
from guandian.monitor.series.buckets import BucketUnit, TimeBuckets
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


def detector_for(terms: WatchTerms, level: float = 0.001) -> Detector:
    """What judges series in such buckets."""
    return Farrington(level, years=1, half_window=3, periods=1, left_out=2)


def judged(table: SeriesTable, detector: Detector, since: int) -> Judgement:
    """What a detector says of the buckets from `since` on."""
    return detector.judge(table.panel(), since)


def replayed(
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
    judgement = judged(table, detector_for(terms), since)
    level = terms.level(len(table.keys))
    for bucket in range(since, table.buckets.number):
        column = bucket - since
        observed = table.complaints[:, bucket]
        with np.errstate(invalid="ignore"):
            alarms = (judgement.fair[:, column] < level) & (
                observed > judgement.expected[:, column]
            )
        figures = BucketFigures(
            bucket,
            observed,
            judgement.expected[:, column],
            judgement.p[:, column],
            alarms,
        )
        yield book.step(table.keys, figures)


def first_bucket(buckets: TimeBuckets, day: date | None) -> int:
    """The bucket that holds a day, or the first one."""
    return 0 if day is None else max(buckets.bucket_of(day), 0)
