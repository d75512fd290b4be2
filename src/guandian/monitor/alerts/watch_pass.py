"""One look at a store: what is new is judged, kept in the records, and put into the outbox."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from guandian.monitor.alerts.episodes import EpisodeBook, Happening
from guandian.monitor.alerts.evidence import smallest_slice
from guandian.monitor.alerts.replayed_history import facts_of, table_of
from guandian.monitor.alerts.watching import WatchTerms, detector_for, happenings_of
from guandian.monitor.series.buckets import TimeBuckets
from guandian.store import StoreReader
from guandian.store.records import Records
from guandian.store.records.watching import AlertRecord, AlertState, NoticeKind

LATE_DAYS = 14
"""Days that are looked at once more, since reviews come late."""


@dataclass(frozen=True, slots=True)
class PassedLook:
    """What one look came to.

    Attributes:
        fired, cleared: alerts that people are told of.
        series: how many were watched.
        buckets: how many were judged.
    """

    fired: tuple[AlertRecord, ...] = ()
    cleared: tuple[AlertRecord, ...] = ()
    series: int = 0
    buckets: int = 0


def look_once(
    reader: StoreReader, records: Records, tenant: str, terms: WatchTerms, today: date
) -> PassedLook:
    """Judge the buckets that ended since the last look, and late reviews of those before.

    The first look at a store tells only of what lasts still. All that it finds is kept in one
    transaction: killed before, it finds the same again; killed after, the outbox has it.
    """
    table = table_of(reader, terms, today)
    buckets = table.buckets
    watched = records.alerts.watched(tenant, terms.unit)
    begin = max(_begin(buckets, watched[1] if watched else None), detector_for().needs)
    if begin >= buckets.number or not table.keys:
        return PassedLook(series=len(table.keys))
    book = EpisodeBook(buckets, terms.confirm)
    lately = records.alerts.list(tenant, [AlertState.CLEARED], 1000)
    active = records.alerts.active(tenant, terms.unit)
    book.resume(
        [alert for alert in (*lately, *active) if alert.unit == terms.unit],
        watched[1] if watched else None,
    )
    before = records.alerts.count(tenant, children=False)
    alerts, notices = _gathered(happenings_of(table, terms, book, begin))
    end = buckets.end(buckets.number - 1)
    first = watched[0] if watched else buckets.start(begin)
    if watched is None:  # what was over before anybody watched is told to nobody
        going = {alert.id for alert in book.episodes.values()}
        notices = [note for note in notices if note[0] in going and note[1] is NoticeKind.FIRED]
    weeks = ((end - first).days + 1) / 7
    for number, id in enumerate((id for id, kind in notices if kind is NoticeKind.FIRED), 1):
        facts = facts_of(terms, table, before + number, weeks)
        facts["slice"] = smallest_slice(reader, alerts[id]).values
        alerts[id] = replace(alerts[id], facts=facts)
    with records.together():
        _keep(records, tenant, alerts, notices)
        records.alerts.set_watched(tenant, terms.unit, first, end)
    shown = {kind: tuple(alerts[id] for id, its in notices if its is kind) for kind in NoticeKind}
    return PassedLook(
        shown[NoticeKind.FIRED], shown[NoticeKind.CLEARED], len(table.keys), buckets.number - begin
    )


def _begin(buckets: TimeBuckets, judged: date | None) -> int:
    last = buckets.end(buckets.number - 1) if judged is None else judged
    return max(buckets.bucket_of(last - timedelta(days=LATE_DAYS - 1)), 0)


def _gathered(
    steps: Iterable[list[Happening]],
) -> tuple[dict[str, AlertRecord], list[tuple[str, NoticeKind]]]:
    alerts: dict[str, AlertRecord] = {}
    notices = []
    for happenings in steps:
        for happening in happenings:
            alerts[happening.alert.id] = happening.alert
            if happening.kind is not None:
                notices.append((happening.alert.id, happening.kind))
    return alerts, notices


def _keep(
    records: Records,
    tenant: str,
    alerts: dict[str, AlertRecord],
    notices: list[tuple[str, NoticeKind]],
) -> None:
    names = [channel.name for channel in records.channels.list(tenant)]
    records.alerts.save(tenant, alerts.values())
    for id, kind in notices:
        if records.alerts.quiet(tenant, alerts[id].series) is None:
            records.outbox.add(tenant, id, kind, names)
