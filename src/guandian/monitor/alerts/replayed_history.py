"""Alerts over a store's history: which would have fired when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from guandian.monitor.alerts.episodes import EpisodeBook
from guandian.monitor.alerts.evidence import smallest_slice
from guandian.monitor.alerts.watching import WatchTerms, detector_for, happenings_of
from guandian.monitor.series.buckets import TimeBuckets, complete_buckets
from guandian.monitor.series.counted_series import SeriesTable, read_series
from guandian.monitor.series.series_key import SeriesKey
from guandian.store import StoreReader
from guandian.store.records.watching import AlertRecord, NoticeKind


@dataclass(frozen=True, slots=True)
class ReplayedAlerts:
    """What a history would have told.

    Attributes:
        alerts: as they were when they fired, in that order; those that another one tells of are
            not among them.
        ends: the same as they were in the end, by id.
        children: how many another one told of.
        table: the series.
        judged: buckets that were judged.
        level: the chance below which an alert was allowed to fire in a bucket.
    """

    alerts: Sequence[AlertRecord]
    ends: Mapping[str, AlertRecord]
    children: int
    table: SeriesTable
    judged: int
    level: float

    @property
    def weeks(self) -> float:
        """Weeks that were judged."""
        return self.judged * self.table.buckets.days / 7


def table_of(reader: StoreReader, terms: WatchTerms, today: date) -> SeriesTable:
    """The series of a store in all buckets that are over; none where there is no such bucket."""
    first, last = reader.days
    if first is None or last is None:
        return read_series(reader, TimeBuckets(terms.unit, today, 0))
    buckets = complete_buckets(first, last, terms.unit, today)
    return read_series(reader, buckets, terms.least)


def replay_history(
    reader: StoreReader, terms: WatchTerms, today: date, since: date | None = None
) -> ReplayedAlerts:
    """Judge every bucket of a history by those before it alone.

    Args:
        reader: of the store.
        terms: of the shop.
        today: in the shop; no bucket that reaches it is judged.
        since: buckets before this day are history alone.
    """
    table = table_of(reader, terms, today)
    buckets = table.buckets
    begin = max(detector_for().needs, buckets.bucket_of(since) if since else 0)
    book = EpisodeBook(buckets, terms.confirm)
    alerts: dict[str, AlertRecord] = {}
    fired: list[AlertRecord] = []
    for bucket, happenings in enumerate(happenings_of(table, terms, book, begin), begin):
        weeks = (bucket - begin + 1) * buckets.days / 7
        for happening in happenings:
            alert = happening.alert
            if happening.kind is NoticeKind.FIRED:
                facts = {"slice": smallest_slice(reader, alert).values}
                facts |= facts_of(terms, table, len(fired) + 1, weeks)
                alert = replace(alert, facts=facts)
                book.episodes[SeriesKey(**alert.series)] = alert
                fired.append(alert)
            alerts[alert.id] = alert
    children = sum(alert.parent is not None for alert in alerts.values() if alert.fired)
    judged = max(buckets.number - begin, 0)
    return ReplayedAlerts(fired, alerts, children, table, judged, terms.level(len(table.keys)))


def facts_of(terms: WatchTerms, table: SeriesTable, fired: int, weeks: float) -> dict[str, Any]:
    """Why an alert fired, as plain JSON."""
    series = len(table.keys)
    budget = {
        "a_week": terms.a_week,
        "level": terms.level(series),
        "series": series,
        "fired": fired,
        "weeks": round(weeks, 1),
    }
    return {"detector": detector_for().name, "budget": budget}
