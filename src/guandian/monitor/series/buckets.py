"""Buckets of time: hours, days or weeks that are over in the shop's time zone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from guandian.domain.periods import next_period, period_start
from guandian.domain.zone_offsets import minute_number
from guandian.errors import GuandianError
from guandian.store.parts.bucket_clock import BucketClock, part_of_hour

BucketUnit = Literal["hour", "day", "week"]
UNITS: tuple[BucketUnit, ...] = ("hour", "day", "week")
_HOUR = timedelta(hours=1)
_MOST_HOURS = 24 * 7 * 16
"""Hours that are looked back at."""
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class TimeBuckets:
    """Hours, days or weeks (from Monday) that follow one another.

    Days and hours are those of the clocks of a zone: the day on which clocks go back has 25 hours,
    two of them with the same name and different offsets.

    Attributes:
        unit: hour, day or week.
        first: the first day of the first bucket; of hours its beginning, with the zone.
        number: of buckets.
        zone: of the shop.
    """

    unit: BucketUnit
    first: date
    number: int
    zone: str = "Asia/Shanghai"

    @property
    def days(self) -> float:
        """Days of a bucket."""
        return {"hour": 1 / 24, "day": 1, "week": 7}[self.unit]

    @property
    def per_year(self) -> float:
        """Buckets in a year."""
        return {"hour": 8766.0, "day": 365.25, "week": 52.0}[self.unit]

    def start(self, bucket: int) -> date:
        """The first day of a bucket; of hours its beginning, as clocks show it."""
        if isinstance(self.first, datetime):
            moment = self.first.astimezone(UTC) + bucket * _HOUR
            return moment.astimezone(zone_of(self.zone))
        return self.first + timedelta(days=bucket * int(self.days))

    def end(self, bucket: int) -> date:
        """The last day of a bucket; of hours the hour itself."""
        if self.unit == "hour":
            return self.start(bucket)
        return self.start(bucket + 1) - timedelta(days=1)

    def bucket_of(self, day: date) -> int:
        """The bucket of a day, which may lie before the first or after the last one.

        Args:
            day: that is sought; of hours a moment with a zone, or a day, which begins at midnight.
        """
        if isinstance(self.first, datetime):
            return (_moment(day, self.zone) - self.first.astimezone(UTC)) // _HOUR
        return (day - self.first).days // int(self.days)

    def starts(self) -> Iterator[date]:
        """The first days of all buckets."""
        return (self.start(bucket) for bucket in range(self.number))

    def clock(self) -> BucketClock:
        """The same for a store that counts."""
        last = self.start(self.number)
        years = self.first.year - 1, max(last.year, self.first.year) + 1
        if isinstance(self.first, datetime):
            minutes = minute_number(self.first) + part_of_hour(self.zone, years)
            return BucketClock(self.zone, True, minutes // 60, 1, self.number, years)
        first = (self.first - _EPOCH).days
        return BucketClock(self.zone, False, first, int(self.days), self.number, years)


def complete_buckets(
    first: date, last: date, unit: BucketUnit, today: date, zone: str = "Asia/Shanghai"
) -> TimeBuckets:
    """The buckets that are over: they begin with reviews, end before today and not after the last.

    Args:
        first: the first day that a review is of.
        last: the last one.
        unit: hour, day or week.
        today: the day that is running in the shop, which is never complete; of hours the moment.
        zone: of the shop.
    """
    if unit == "hour":
        return _complete_hours(first, last, today, zone)
    start = period_start(first, unit)
    if start < first:
        start = next_period(first, unit)
    day = today.date() if isinstance(today, datetime) else today
    horizon = min(last, day - timedelta(days=1))
    after = period_start(horizon + timedelta(days=1), unit)
    days = 7 if unit == "week" else 1
    return TimeBuckets(unit, start, max((after - start).days // days, 0), zone)


def running_in(zone: str, moment: datetime, unit: BucketUnit) -> date:
    """What is running in a time zone: the day, of hours the moment.

    Raises:
        GuandianError: there is no such zone.
    """
    clocks = zone_of(zone)
    return moment.astimezone(clocks) if unit == "hour" else moment.astimezone(clocks).date()


def today_in(zone: str, moment: datetime) -> date:
    """The day that is running in a time zone such as `Asia/Shanghai`.

    Raises:
        GuandianError: there is no such zone.
    """
    return running_in(zone, moment, "day")


def unit_of(word: str) -> BucketUnit:
    """A unit by its word; days where it is none."""
    return next((unit for unit in UNITS if unit == word), "day")


def zone_of(zone: str) -> ZoneInfo:
    """A time zone by its name.

    Raises:
        GuandianError: there is no such zone.
    """
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise GuandianError(
            f"there is no time zone {zone!r}", "name one as Asia/Shanghai or Europe/Berlin"
        ) from error


def _complete_hours(first: date, last: date, moment: date, zone: str) -> TimeBuckets:
    """Hours from the first day on, those of some weeks at most, up to the one that is running."""
    clocks = zone_of(zone)
    written = last + timedelta(days=2)  # west of the shop it is the day before
    end = min(_moment(moment, zone), _moment(written, zone))
    own = end.astimezone(clocks).replace(minute=0, second=0, microsecond=0)
    start = max(_moment(first, zone), own.astimezone(UTC) - _MOST_HOURS * _HOUR)
    number = max((own.astimezone(UTC) - start) // _HOUR, 0)
    return TimeBuckets("hour", start.astimezone(clocks), number, zone)


def _moment(day: date, zone: str) -> datetime:
    """A moment in UTC; of a day its midnight in the zone."""
    if isinstance(day, datetime):
        return day.astimezone(UTC)
    return datetime.combine(day, time(), zone_of(zone)).astimezone(UTC)
