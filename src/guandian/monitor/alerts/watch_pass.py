"""One look at a store: what is new is judged, kept in the records, and put into the outbox."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np

from guandian.monitor.alerts.arrivals import LATE_DAYS, WHOLE, Arrivals
from guandian.monitor.alerts.dating import dated
from guandian.monitor.alerts.episodes import Happening
from guandian.monitor.alerts.evidence import smallest_slice
from guandian.monitor.alerts.late_reviews import late_cells
from guandian.monitor.alerts.model_steps import SwitchedModel, switches_of
from guandian.monitor.alerts.realised import RealisedBudget, realised_of
from guandian.monitor.alerts.replayed_history import facts_of, table_of
from guandian.monitor.alerts.voices import Burst, Voices
from guandian.monitor.alerts.watching import SeriesWatch, WatchTerms, detector_for
from guandian.monitor.detectors.judgement import Flags, Floats
from guandian.monitor.series.buckets import BucketUnit, TimeBuckets
from guandian.monitor.series.packed_series import CountedSeries
from guandian.store import StoreReader
from guandian.store.records import Records
from guandian.store.records.watching import AlertKind, AlertRecord, AlertState, NoticeKind


@dataclass(frozen=True, slots=True)
class PassedLook:
    """What one look came to.

    Attributes:
        fired, cleared: alerts that people are told of.
        series: how many were watched.
        buckets: how many were judged for the first time.
        budget: what was stated, and what came of it; None before the first look.
        bursts: what near copies and floods did not let fire.
        switches: of the model that mined.
    """

    fired: tuple[AlertRecord, ...] = ()
    cleared: tuple[AlertRecord, ...] = ()
    series: int = 0
    buckets: int = 0
    budget: RealisedBudget | None = None
    bursts: tuple[Burst, ...] = ()
    switches: tuple[SwitchedModel, ...] = ()


def look_once(
    reader: StoreReader, records: Records, tenant: str, terms: WatchTerms, today: date
) -> PassedLook:
    """Judge the buckets that ended since the last look, and late reviews of those before.

    The first look at a store tells only of what lasts still. All that it finds is kept in one
    transaction, what the budget has left with it: killed before, it finds the same again; killed
    after, the outbox has it.
    """
    table = table_of(reader, terms, today)
    buckets = table.buckets
    watched = records.alerts.watched(tenant, terms.unit)
    known = records.watchers.get(tenant, terms.unit) or {}
    begin = max(_begin(buckets, watched[1] if watched else None), detector_for().needs)
    if begin >= buckets.number or not table.keys:
        return PassedLook(series=len(table.keys))
    fresh = begin if watched is None else max(buckets.bucket_of(watched[1]) + 1, begin)
    rows = int(known.get("rows", 0))
    late = np.zeros(table.shape, dtype=bool)
    if watched is not None and rows != reader.generation.rows:
        late = late_cells(reader, table, rows, begin)[:, :fresh]
    if fresh >= buckets.number and not late.any():
        return PassedLook(series=len(table.keys), budget=realised_of(records, tenant, terms.unit))
    voices, arrivals, complete = Voices(reader), Arrivals.resumed(known.get("arrivals")), None
    watching = resumed_watch(records, tenant, table, terms)
    watching.switches = switches_of(reader, table)
    if terms.unit != "hour":  # quotes and delays are known by the day
        watching.voices = voices
        arrivals.see(_totals(reader, today), today)
        complete = arrivals.complete(buckets, today)
        watching.part = 1.0 if arrivals.part(0) >= WHOLE else 0.5
    alerts, notices = _gathered(_steps(watching, table, late, fresh, complete))
    end = buckets.end(buckets.number - 1)
    first = watched[0] if watched else buckets.start(begin)
    if watched is None:  # what was over before anybody watched is told to nobody
        going = {alert.id for alert in watching.book.episodes.values()}
        notices = [note for note in notices if note[0] in going and note[1] is NoticeKind.FIRED]
    before = records.alerts.count(tenant, children=False)
    weeks = ((end - first).days + 1) / 7
    for number, id in enumerate((id for id, kind in notices if kind is NoticeKind.FIRED), 1):
        alerts[id] = dated(table, alerts[id], terms.detectors)
        facts = facts_of(watching, table, alerts[id].kind, before + number, weeks)
        facts["slice"] = smallest_slice(reader, alerts[id], terms.own).values
        alerts[id] = replace(alerts[id], facts={**alerts[id].facts, **facts})
    with records.together():
        _keep(records, tenant, alerts, notices)
        records.alerts.set_watched(tenant, terms.unit, first, end)
        records.watchers.put(
            tenant, terms.unit, _state(reader, watching, table) | {"arrivals": arrivals.state()}
        )
    shown = {kind: tuple(alerts[id] for id, its in notices if its is kind) for kind in NoticeKind}
    return PassedLook(
        shown[NoticeKind.FIRED],
        shown[NoticeKind.CLEARED],
        len(table.keys),
        buckets.number - fresh,
        realised_of(records, tenant, terms.unit),
        tuple(voices.bursts),
        tuple(watching.switches),
    )


def resumed_watch(
    records: Records, tenant: str, table: CountedSeries, terms: WatchTerms
) -> SeriesWatch:
    """Where an earlier look ended."""
    watched = records.alerts.watched(tenant, terms.unit)
    known = records.watchers.get(tenant, terms.unit) or {}
    watching = SeriesWatch.begun(table, terms, known.get("budget"))
    episodes = known_episodes(records, tenant, terms.unit)
    watching.book.resume(episodes, watched[1] if watched else None)
    return watching


def known_episodes(records: Records, tenant: str, unit: str) -> list[AlertRecord]:
    """The episodes in buckets of a unit that are not over, and those that ended lately."""
    lately = records.alerts.list(tenant, [AlertState.CLEARED], 1000)
    active = records.alerts.active(tenant, unit)
    return [alert for alert in (*lately, *active) if alert.unit == unit]


def terms_of(records: Records, tenant: str, unit: BucketUnit) -> WatchTerms:
    """The terms of the last look."""
    state = records.watchers.get(tenant, unit) or {}
    budget, said = state.get("budget", {}), dict(state.get("terms", {}))
    if "own" in said:
        said["own"] = tuple(said["own"])
    if budget:
        said |= {"a_week": budget["a_week"], "share": budget["share"]}
    return WatchTerms(unit, **said)


def _state(reader: StoreReader, watching: SeriesWatch, table: CountedSeries) -> dict[str, Any]:
    terms = watching.terms
    return {
        "rows": reader.generation.rows,
        "budget": watching.budget.state(),
        "series": len(table.keys),
        "level": watching.levels.get(AlertKind.SURGE),
        "terms": {"zone": terms.zone, "least": terms.least, "own": list(terms.own)},
        "switches": [switch.words._asdict() for switch in watching.switches],
    }


def _steps(
    watching: SeriesWatch, table: CountedSeries, late: Flags, fresh: int, complete: Floats | None
) -> Iterator[list[Happening]]:
    """What happens in buckets that late reviews changed, and in those that nobody judged."""
    buckets = table.buckets
    if late.any():
        rows = np.flatnonzero(late.any(1))
        part, since = table.part(rows.tolist()), int(late.any(0).argmax())
        figures = watching.figures(part, since)
        for bucket in range(since, min(fresh, buckets.number)):
            yield watching.step(part, figures, bucket, bucket - since, late[rows, bucket])
    # what nobody judged is judged by what has come of it; once its late reviews are there, by all
    watching.complete = complete
    yield from watching.happenings(table, fresh)


def _totals(reader: StoreReader, today: date) -> dict[date, int]:
    """Reviews with an opinion by their own day, of the days of which some may come still."""
    days = TimeBuckets("day", today - timedelta(days=LATE_DAYS + 1), LATE_DAYS + 1)
    table = reader.counted(("language",), days.clock())
    totals = dict.fromkeys(days.starts(), 0)
    for bucket, volume in zip(
        table["bucket"].to_pylist(), table["volume"].to_pylist(), strict=True
    ):
        totals[days.start(bucket)] += volume
    return totals


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
