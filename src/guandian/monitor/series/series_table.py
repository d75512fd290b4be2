"""Series with their counts, as detectors take them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from guandian.monitor.detectors import CountPanel, special_days, special_weeks
from guandian.monitor.detectors.judgement import Floats
from guandian.monitor.detectors.seasons import waves_of_day
from guandian.monitor.series.buckets import TimeBuckets
from guandian.monitor.series.series_key import SeriesKey
from guandian.store.records.watching.alert_records import series_digest


@dataclass(frozen=True, slots=True, eq=False)
class SeriesTable:
    """Counts of many series over the same buckets.

    Attributes:
        keys: what each series is of.
        buckets: of time.
        complaints: `[series, buckets]`, people with a negative opinion on it.
        volume: `[series, buckets]`, people with any opinion on it.
    """

    keys: tuple[SeriesKey, ...]
    buckets: TimeBuckets
    complaints: Floats
    volume: Floats

    def panel(self) -> CountPanel:
        """The complaints as detectors take them."""
        buckets, weekday = self.buckets, None
        starts = list(buckets.starts())
        if buckets.unit == "week":
            special = special_weeks(starts)
        else:
            days = [its.date() if isinstance(its, datetime) else its for its in starts]
            weekday = np.array([day.weekday() for day in days], dtype=np.int64)
            special = special_days(days)
            if buckets.unit == "hour":
                hours = [its.hour for its in starts if isinstance(its, datetime)]
                special = np.hstack([special, waves_of_day(hours)])
        names = np.array(
            [int(series_digest(key.values)[:16], 16) for key in self.keys], dtype=np.uint64
        )
        first = buckets.clock().first
        if buckets.unit != "hour":
            first = buckets.first.toordinal() // int(buckets.days)
        return CountPanel(
            self.complaints, buckets.per_year, weekday, special, self.volume, names, first
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Series and buckets."""
        return len(self.keys), self.buckets.number

    def part(self, rows: Sequence[int]) -> SeriesTable:
        """Some of the series."""
        chosen = list(rows)
        return replace(
            self,
            keys=tuple(self.keys[row] for row in chosen),
            complaints=self.complaints[chosen],
            volume=self.volume[chosen],
        )

    def parts(self) -> Iterator[SeriesTable]:
        """All of the series, at once."""
        yield self

    def written(self) -> Floats:
        """Reviews with an opinion by bucket, by the widest series; at least one."""
        depth = min((key.depth for key in self.keys), default=0)
        widest = np.array([key.depth == depth for key in self.keys], dtype=bool)
        return np.asarray(np.maximum(self.volume[widest].sum(0), 1.0))
