"""Buckets of time as SQL: days, weeks or hours of a shop, whatever zone a review's time is of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from guandian.domain.zone_offsets import zone_offsets


@dataclass(frozen=True, slots=True)
class BucketClock:
    """Which bucket a review falls into.

    Attributes:
        zone: of the shop. A time that bears an offset of its own is taken into it; another one is
            of it already.
        hours: whether buckets are of hours; a review without a time of day is then in none.
        first: the day of the first bucket, counted from 1970, or its hour, counted in UTC.
        width: days or hours of a bucket.
        number: of buckets.
        years: the first and the last one that is looked at.
    """

    zone: str
    hours: bool
    first: int
    width: int
    number: int
    years: tuple[int, int]

    def sql(self) -> str:
        """The number of the bucket, from columns `minute`, `ahead` and `day`; null for none."""
        offsets = zone_offsets(self.zone, *self.years)
        utc = f"(case when ahead is null then minute - {_back(offsets)} else minute - ahead end)"
        if self.hours:
            unit = f"({utc} + {part_of_hour(self.zone, self.years)}) // 60"
        else:
            own = f"(minute - ahead + {_ahead('minute - ahead', offsets)}) // 1440"
            unit = f"(case when ahead is null then day - date '1970-01-01' else {own} end)"
        return f"({unit} - {self.first:d}) // {self.width:d}"


def part_of_hour(zone: str, years: tuple[int, int]) -> int:
    """By how many minutes the hours of a zone begin before those of UTC."""
    return zone_offsets(zone, *years)[0][1] % 60


def _ahead(moment: str, offsets: Sequence[tuple[int, int]]) -> str:
    """How many minutes clocks are ahead of UTC at a moment in UTC."""
    whens = [f" when {moment} >= {since:d} then {ahead:d}" for since, ahead in offsets[:0:-1]]
    return f"case{''.join(whens)} else {offsets[0][1]:d} end" if whens else f"{offsets[0][1]:d}"


def _back(offsets: Sequence[tuple[int, int]]) -> str:
    """The same by what the clocks show; what they show twice is the first of the two."""
    whens = []
    for (_, before), (since, after) in zip(offsets[-2::-1], offsets[:0:-1], strict=True):
        whens.append(f" when minute >= {since + max(before, after):d} then {after:d}")
    return f"case{''.join(whens)} else {offsets[0][1]:d} end" if whens else f"{offsets[0][1]:d}"
