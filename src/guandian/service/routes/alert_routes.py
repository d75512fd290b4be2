"""Alerts: listed with their evidence, acknowledged, dismissed, snoozed, muted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from guandian.monitor.alerts.alert_words import words_of
from guandian.monitor.alerts.band import band_of
from guandian.monitor.alerts.evidence import evidence_of
from guandian.monitor.alerts.realised import realised_of
from guandian.monitor.series.buckets import UNITS
from guandian.service.auth import Corrector, Principal, Reader
from guandian.service.parts import Parts, Service
from guandian.service.problems import not_there
from guandian.service.schemas.alert_schemas import (
    AlertAnswer,
    AlertOut,
    AlertsAnswer,
    AlertsQuery,
    BandAnswer,
    BandPointOut,
    RealisedOut,
    SnoozeRequest,
    WatchedOut,
)
from guandian.service.schemas.problem_schema import problems
from guandian.service.strict_body import StrictRoute
from guandian.store import StoreReader
from guandian.store.records.watching import AlertRecord

router = APIRouter(prefix="/v1/alerts", tags=["alerts"], route_class=StrictRoute)
POINTS = {"hour": 168, "day": 120, "week": 78}
"""Buckets of a series that are shown, unless more are asked for."""


@router.get("", responses=problems())
def get_alerts(
    query: Annotated[AlertsQuery, Query()], caller: Reader, service: Parts
) -> AlertsAnswer:
    """The alerts that `guandian watch` fired, the latest first, each with its quotes."""
    alerts, reader = service.records.alerts, service.readings.reader(caller.tenant)
    page = alerts.list(
        caller.tenant, query.state, query.limit, query.offset, children=query.children
    )
    watched = [
        WatchedOut(unit=unit, first=days[0], until=days[1], budget=_realised(service, caller, unit))
        for unit in UNITS
        if (days := alerts.watched(caller.tenant, unit))
    ]
    return AlertsAnswer(
        total=alerts.count(caller.tenant, query.state, children=query.children),
        items=[_shown(service, caller, reader, alert) for alert in page],
        watched=watched,
        waiting=len(service.records.outbox.waiting(caller.tenant)),
    )


@router.get("/{id}", responses=problems())
def get_alert(id: str, caller: Reader, service: Parts) -> AlertAnswer:
    """One alert."""
    return _answer(service, caller, _named(service, caller, id))


@router.get("/{id}/series", responses=problems())
def get_alert_series(id: str, caller: Reader, service: Parts) -> BandAnswer:
    """The series of an alert, bucket by bucket, with the band that was expected."""
    alert = _named(service, caller, id)
    reader = service.readings.reader(caller.tenant)
    points = band_of(
        reader, service.records, caller.tenant, alert, datetime.now(UTC), POINTS[alert.unit]
    )
    return BandAnswer(points=[BandPointOut.of(point) for point in points])


@router.post("/{id}/acknowledge", responses=problems())
def acknowledge_alert(id: str, caller: Corrector, service: Parts) -> AlertAnswer:
    """Say, with the name of the key, that somebody saw it; the first one stays."""
    _named(service, caller, id)
    alert = service.records.alerts.acknowledge(caller.tenant, id, caller.name)
    return _answer(service, caller, alert)


@router.post("/{id}/dismiss", responses=problems())
def dismiss_alert(id: str, caller: Corrector, service: Parts) -> AlertAnswer:
    """Say, with the name of the key, that it was nothing: it counts as a false alarm."""
    _named(service, caller, id)
    alert = service.records.alerts.dismiss(caller.tenant, id, caller.name)
    return _answer(service, caller, alert)


@router.post("/{id}/reinstate", responses=problems())
def reinstate_alert(id: str, caller: Corrector, service: Parts) -> AlertAnswer:
    """Take back that it was nothing."""
    _named(service, caller, id)
    return _answer(service, caller, service.records.alerts.reinstate(caller.tenant, id))


@router.post("/{id}/snooze", responses=problems(415))
def snooze_alert(id: str, body: SnoozeRequest, caller: Corrector, service: Parts) -> AlertAnswer:
    """Send nothing of its series for some hours; it is judged and kept all the same."""
    alert = _named(service, caller, id)
    until = datetime.now(UTC) + timedelta(hours=body.hours)
    service.records.alerts.quieten(caller.tenant, alert.series, caller.name, until)
    return _answer(service, caller, alert)


@router.post("/{id}/mute", responses=problems())
def mute_alert(id: str, caller: Corrector, service: Parts) -> AlertAnswer:
    """Send nothing of its series until it is woken."""
    alert = _named(service, caller, id)
    service.records.alerts.quieten(caller.tenant, alert.series, caller.name, None)
    return _answer(service, caller, alert)


@router.post("/{id}/wake", responses=problems())
def wake_alert(id: str, caller: Corrector, service: Parts) -> AlertAnswer:
    """Send of its series again."""
    alert = _named(service, caller, id)
    service.records.alerts.wake(caller.tenant, alert.series)
    return _answer(service, caller, alert)


def _realised(service: Service, caller: Principal, unit: str) -> RealisedOut | None:
    realised = realised_of(service.records, caller.tenant, unit)
    return None if realised is None else RealisedOut.of(realised)


def _named(service: Service, caller: Principal, id: str) -> AlertRecord:
    alert = service.records.alerts.get(caller.tenant, id)
    if alert is None:
        raise not_there(f"there is no alert {id[:80]!r}")
    return alert


def _answer(service: Service, caller: Principal, alert: AlertRecord) -> AlertAnswer:
    reader = service.readings.reader(caller.tenant)
    return AlertAnswer(alert=_shown(service, caller, reader, alert))


def _shown(
    service: Service, caller: Principal, reader: StoreReader, alert: AlertRecord
) -> AlertOut:
    evidence = evidence_of(reader, alert)
    words = words_of(reader, alert, evidence.slice)
    quiet = service.records.alerts.quiet(caller.tenant, alert.series)
    return AlertOut.of(alert, words, evidence, quiet)
