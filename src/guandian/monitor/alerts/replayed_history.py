"""Alerts over a store's history: which would have fired when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from guandian.monitor.alerts.dating import dated
from guandian.monitor.alerts.episodes import episode_key
from guandian.monitor.alerts.evidence import smallest_slice
from guandian.monitor.alerts.model_steps import SwitchedModel, switches_of
from guandian.monitor.alerts.realised import RealisedBudget
from guandian.monitor.alerts.voices import Burst, Voices
from guandian.monitor.alerts.watching import SeriesWatch, WatchTerms, detector_for
from guandian.monitor.budget import SharedBudget
from guandian.monitor.series.buckets import TimeBuckets, complete_buckets
from guandian.monitor.series.counted_series import pack_series
from guandian.monitor.series.packed_series import CountedSeries
from guandian.store import StoreReader
from guandian.store.records.watching import AlertKind, AlertRecord, NoticeKind


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
        budget: what was stated, and how many tests it was shared by.
        bursts: what near copies and floods did not let fire.
        switches: of the model that mined.
    """

    alerts: Sequence[AlertRecord]
    ends: Mapping[str, AlertRecord]
    children: int
    table: CountedSeries
    judged: int
    budget: SharedBudget
    bursts: Sequence[Burst] = ()
    switches: Sequence[SwitchedModel] = ()

    @property
    def realised(self) -> RealisedBudget:
        """What came of the budget."""
        number = len(self.alerts)
        series, tests = len(self.table.keys), self.budget.tests
        return RealisedBudget(self.budget.stated, series, number, self.weeks, tests)

    @property
    def weeks(self) -> float:
        """Weeks that were judged."""
        return self.judged * self.table.buckets.days / 7


def table_of(reader: StoreReader, terms: WatchTerms, today: date) -> CountedSeries:
    """The series of a store in all buckets that are over; none where there is no such bucket."""
    first, last = reader.days
    if first is None or last is None:
        return pack_series(reader, TimeBuckets(terms.unit, today, 0))
    buckets = complete_buckets(first, last, terms.unit, today, terms.zone)
    return pack_series(reader, buckets, terms.least, own=terms.own)


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
    voices = Voices(reader)
    watching = SeriesWatch.begun(table, terms, voices=None if terms.unit == "hour" else voices)
    watching.switches = switches_of(reader, table)
    alerts: dict[str, AlertRecord] = {}
    fired: list[AlertRecord] = []
    for bucket, happenings in enumerate(watching.happenings(table, begin), begin):
        weeks = (bucket - begin + 1) * buckets.days / 7
        for happening in happenings:
            alert = happening.alert
            if happening.kind is NoticeKind.FIRED:
                alert = dated(table, alert, terms.detectors)
                facts = {**alert.facts, "slice": smallest_slice(reader, alert, terms.own).values}
                facts |= facts_of(watching, table, alert.kind, len(fired) + 1, weeks)
                alert = replace(alert, facts=facts)
                watching.book.episodes[episode_key(alert)] = alert
                fired.append(alert)
            alerts[alert.id] = alert
    children = sum(alert.parent is not None for alert in alerts.values() if alert.fired)
    judged = max(buckets.number - begin, 0)
    return ReplayedAlerts(
        fired, alerts, children, table, judged, watching.budget, voices.bursts, watching.switches
    )


def facts_of(
    watching: SeriesWatch, table: CountedSeries, kind: AlertKind, fired: int, weeks: float
) -> dict[str, Any]:
    """Why an alert fired, as plain JSON."""
    stated = watching.terms.budget
    budget = {
        "a_week": stated.a_week,
        "share": stated.share,
        "level": watching.levels.get(kind, 0.0),
        "series": len(table.keys),
        "fired": fired,
        "weeks": round(weeks, 1),
    }
    detector = watching.terms.detectors.of(kind).name
    return {"detector": detector, "budget": budget, "zone": watching.terms.zone}
