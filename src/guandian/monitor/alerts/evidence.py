"""The evidence of an alert: quotes, and the smallest slice that explains it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from guandian.evaluation.changes import Cause, DayWindow, WindowPair
from guandian.monitor.series.series_key import SeriesKey
from guandian.store import Selection, StoredOpinion, StoreReader
from guandian.store.changed import compare_windows
from guandian.store.records.watching import AlertRecord

QUOTES = 3
_BASE_WEEKS = 8
"""Weeks before an episode that it is compared with."""
_LEAST_BUCKETS = 7


@dataclass(frozen=True, slots=True)
class AlertEvidence:
    """What shows an alert.

    Attributes:
        quotes: negative opinions of its days, the surest ones.
        number: of all of them.
        slice: the smallest part of it that explains the change; the series itself where no
            smaller one surely does.
    """

    quotes: Sequence[StoredOpinion]
    number: int
    slice: SeriesKey


def evidence_of(reader: StoreReader, alert: AlertRecord) -> AlertEvidence:
    """Read what shows an alert, as the store is now."""
    key = slice_of(alert)
    page = reader.opinions(key.selection(alert.since, alert.until), limit=QUOTES)
    if not page.total:
        key = SeriesKey(**alert.series)
        page = reader.opinions(key.selection(alert.since, alert.until), limit=QUOTES)
    return AlertEvidence(page.items, page.total, key)


def slice_of(alert: AlertRecord) -> SeriesKey:
    """The slice that was found when the alert fired."""
    return SeriesKey(**alert.facts.get("slice", alert.series))


def smallest_slice(reader: StoreReader, alert: AlertRecord) -> SeriesKey:
    """The smallest slice of a series that explains why it fell, by `evaluation.changes`.

    The days of the alert stand against whole weeks before them.
    """
    key = SeriesKey(**alert.series)
    first, last = days_of(alert)
    later, end = DayWindow(first, last), first - timedelta(days=1)
    earlier = DayWindow(end - timedelta(days=7 * _BASE_WEEKS - 1), end)
    chosen: Selection = replace(
        key.selection(later.since, later.until), polarity=None, since=None, until=None
    )
    compared = compare_windows(reader, chosen, WindowPair(earlier, later), None)
    falls = [cause for cause in compared.explanation.causes if cause.effect.value < 0]
    if not falls:
        return key
    return _within(key, falls[0])


def days_of(alert: AlertRecord) -> tuple[date, date]:
    """The days of an alert, those of its hours where it is of hours."""
    first, last = (
        its.date() if isinstance(its, datetime) else its for its in (alert.since, alert.until)
    )
    return first, last


def _within(key: SeriesKey, cause: Cause) -> SeriesKey:
    return SeriesKey(
        product=cause.product or key.product,
        category=cause.category or key.category,
        aspect=cause.aspect or key.aspect,
        source=cause.source or key.source,
        own=key.own,
    )
