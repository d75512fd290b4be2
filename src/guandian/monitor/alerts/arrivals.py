"""How late reviews come: learnt look by look, so that recent days are judged by what has come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from guandian.monitor.detectors.judgement import Floats
from guandian.monitor.series.buckets import TimeBuckets

LATE_DAYS = 14
"""Days after a day in which reviews of it may come."""
WHOLE = 0.98
"""A bucket counts as whole where so much of it has come."""
_KEPT = 90
_LEAST_DAYS, _LEAST_REVIEWS = 7, 50


@dataclass(slots=True)
class Arrivals:
    """How many reviews of a day had come when it was over, a day later, and so on.

    Only days that were looked at on the day after them count: of others nobody knows when their
    reviews came.

    Attributes:
        days: by day, the reviews at the first look of each day after it.
    """

    days: dict[date, list[int]] = field(default_factory=dict)

    def see(self, totals: Mapping[date, int], today: date) -> None:
        """Take in what a look finds.

        Args:
            totals: reviews by their own day, of all days from `LATE_DAYS` before `today` on.
            today: the day that is running.
        """
        for back in range(1, LATE_DAYS + 2):
            day = today - timedelta(days=back)
            total = totals.get(day, 0)
            if day in self.days:
                missing = back - len(self.days[day])
                self.days[day] += [total] * max(missing, 0)
            elif back == 1 and total:
                self.days[day] = [total]
        for day in sorted(self.days)[:-_KEPT]:
            del self.days[day]

    def part(self, lag: int) -> float:
        """Which part of a day's reviews has come so many days after the first look at it.

        By the chain ladder: how many come from one look to the next, of all days that were looked
        at then. All of them, where too few days have been seen.
        """
        part = 1.0
        for step in range(lag, LATE_DAYS):
            pairs = [its[step : step + 2] for its in self.days.values() if len(its) > step + 1]
            before = sum(pair[0] for pair in pairs)
            if len(pairs) < _LEAST_DAYS or before < _LEAST_REVIEWS:
                break
            part *= min(before / max(sum(pair[1] for pair in pairs), 1), 1.0)
        return part

    def complete(self, buckets: TimeBuckets, today: date) -> Floats:
        """Which part of each bucket's reviews has come, `[buckets]`."""
        parts = np.ones(buckets.number)
        known = {lag: self.part(lag) for lag in range(LATE_DAYS + 1)}
        for bucket in range(max(buckets.bucket_of(today) - LATE_DAYS, 0), buckets.number):
            days = [buckets.start(bucket) + timedelta(days=k) for k in range(round(buckets.days))]
            lags = [(today - day).days - 1 for day in days]
            parts[bucket] = np.mean(
                [
                    known.get(lag, 1.0) if day in self.days else 1.0
                    for day, lag in zip(days, lags, strict=True)
                ]
            )
        return parts

    def state(self) -> dict[str, list[int]]:
        """All of it, as JSON."""
        return {day.isoformat(): totals for day, totals in self.days.items()}

    @classmethod
    def resumed(cls, state: Mapping[str, list[int]] | None) -> Arrivals:
        """From `state`."""
        days = {date.fromisoformat(day): list(totals) for day, totals in (state or {}).items()}
        return cls(days)
