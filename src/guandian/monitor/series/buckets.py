"""Buckets of time: days or weeks that are over in the shop's time zone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from guandian.domain.periods import next_period, period_start
from guandian.errors import GuandianError

BucketUnit = Literal["day", "week"]


@dataclass(frozen=True, slots=True)
class TimeBuckets:
    """Days or weeks (from Monday) that follow one another.

    Attributes:
        unit: day or week.
        first: the first day of the first bucket.
        number: of buckets.
    """

    unit: BucketUnit
    first: date
    number: int

    @property
    def days(self) -> int:
        """Days of a bucket."""
        return 7 if self.unit == "week" else 1

    @property
    def per_year(self) -> float:
        """Buckets in a year."""
        return 52.0 if self.unit == "week" else 365.25

    def start(self, bucket: int) -> date:
        """The first day of a bucket."""
        return self.first + timedelta(days=bucket * self.days)

    def end(self, bucket: int) -> date:
        """The last day of a bucket."""
        return self.start(bucket + 1) - timedelta(days=1)

    def bucket_of(self, day: date) -> int:
        """The bucket of a day, which may lie before the first or after the last one."""
        return (day - self.first).days // self.days

    def starts(self) -> Iterator[date]:
        """The first days of all buckets."""
        return (self.start(bucket) for bucket in range(self.number))


def complete_buckets(first: date, last: date, unit: BucketUnit, today: date) -> TimeBuckets:
    """The buckets that are over: they begin with reviews, end before today and not after the last.

    Args:
        first: the first day that a review is of.
        last: the last one.
        unit: day or week.
        today: the day that is running in the shop; it is never complete.
    """
    start = period_start(first, unit)
    if start < first:
        start = next_period(first, unit)
    horizon = min(last, today - timedelta(days=1))
    after = period_start(horizon + timedelta(days=1), unit)
    days = 7 if unit == "week" else 1
    return TimeBuckets(unit, start, max((after - start).days // days, 0))


def today_in(zone: str, moment: datetime) -> date:
    """The day that is running in a time zone such as `Asia/Shanghai`.

    Raises:
        GuandianError: there is no such zone.
    """
    try:
        return moment.astimezone(ZoneInfo(zone)).date()
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise GuandianError(
            f"there is no time zone {zone!r}", "name one as Asia/Shanghai or Europe/Berlin"
        ) from error
