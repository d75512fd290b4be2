"""When a time zone's clocks are changed, in minutes since the beginning of 1970."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(16)
def zone_offsets(zone: str, first: int, last: int) -> tuple[tuple[int, int], ...]:
    """The offsets of a zone from the beginning of one year to the end of another.

    Args:
        zone: such as `Europe/Berlin`.
        first: year.
        last: year.

    Returns:
        Minutes in UTC from which on clocks are so many minutes ahead of it, the first of them
        long before.

    Raises:
        ValueError, OSError: there is no such zone.
    """
    clocks = ZoneInfo(zone)
    moment = datetime(first, 1, 1, tzinfo=UTC) - timedelta(days=1)
    end = datetime(last + 1, 1, 2, tzinfo=UTC)
    offset = _ahead(clocks, moment)
    changes = [(0, offset)]
    while moment < end:
        after = moment + timedelta(days=1)
        if _ahead(clocks, after) != offset:
            low, high = moment, after
            while high - low > timedelta(minutes=1):
                middle = low + timedelta(minutes=(high - low) // timedelta(minutes=2))
                low, high = (middle, high) if _ahead(clocks, middle) == offset else (low, middle)
            offset = _ahead(clocks, high)
            changes.append((minute_number(high), offset))
        moment = after
    return tuple(changes)


def minute_number(moment: datetime) -> int:
    """Minutes since the beginning of 1970, of a moment with a zone."""
    return (moment - EPOCH) // timedelta(minutes=1)


def _ahead(clocks: ZoneInfo, moment: datetime) -> int:
    offset = moment.astimezone(clocks).utcoffset() or timedelta()
    return offset // timedelta(minutes=1)
