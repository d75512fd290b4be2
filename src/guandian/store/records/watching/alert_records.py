"""Alerts: what fired, in which state it is, who saw it, and which series are quiet."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from enum import StrEnum
from hashlib import blake2b
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, delete, func, or_, select, update

from guandian.errors import GuandianError
from guandian.store.records.database import Database
from guandian.store.records.watching.watch_tables import ALERTS, QUIET, WATCHED

Series = Mapping[str, str | None]


class AlertState(StrEnum):
    """Where an episode is; the last one is its end."""

    PENDING = "pending"
    FIRING = "firing"
    KEEPING = "kept"
    CLEARED = "cleared"


class AlertKind(StrEnum):
    """What stands out; where several kinds do at once, the first of them is told."""

    TOPIC = "topic"
    SURGE = "surge"
    SHARE = "share"
    DRIFT = "drift"


class AlertSeverity(StrEnum):
    """How bad it is, from the least on."""

    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


ACTIVE = (AlertState.PENDING, AlertState.FIRING, AlertState.KEEPING)


@dataclass(frozen=True, slots=True)
class AlertRecord:
    """One episode of one series.

    Attributes:
        id: such as `a_1f...`, the same whenever the same episode is found.
        series: product, category, aspect and source; None where it takes every value.
        unit: of its buckets, day or week.
        state: where it is.
        since, until: the first and the last day of the buckets that stand out.
        fired: the last day of the bucket at which it fired, None while it is pending.
        cleared: the last day of the bucket at which it was over, None before.
        observed: reviews that complain from `since` to `until`.
        expected: how many were expected.
        chance: of so many or more in the bucket that stands out most, without anything unusual.
        calm: buckets in a row that did not stand out any more.
        parent: the alert that tells of the same cause, None where it is told by itself.
        facts: plain JSON without words of reviews: budget, detector, cause, models.
        kind: what stands out.
        acknowledged, acknowledged_by: when somebody said that they saw it, and who.
        dismissed, dismissed_by: when somebody said that it was nothing, and who: a false alarm.
    """

    id: str
    series: Series
    unit: str
    state: AlertState
    since: date
    until: date
    observed: int
    expected: float
    chance: float
    fired: date | None = None
    cleared: date | None = None
    calm: int = 0
    parent: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    kind: AlertKind = AlertKind.SURGE
    acknowledged: datetime | None = None
    acknowledged_by: str | None = None
    dismissed: datetime | None = None
    dismissed_by: str | None = None


@dataclass(frozen=True, slots=True)
class QuietSeries:
    """A series of which nothing is sent, until some moment or until it is told otherwise."""

    until: datetime | None
    who: str
    made: datetime


_OF_PEOPLE = ("acknowledged", "acknowledged_by", "dismissed", "dismissed_by")
_SAVED = tuple(its.name for its in fields(AlertRecord) if its.name not in _OF_PEOPLE)
_DAYS = ("since", "until", "fired", "cleared")


class AlertRecords:
    """The alerts of all tenants."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, tenant: str, alerts: Iterable[AlertRecord]) -> None:
        """Keep alerts as they are now; what people said of them stays."""
        with self._database.writing() as connection:
            for alert in alerts:
                values = {name: getattr(alert, name) for name in _SAVED}
                values |= {name: _text(values[name]) for name in _DAYS}
                values |= {"series": dict(alert.series), "facts": dict(alert.facts)}
                row = self._database.upsert(ALERTS).values(tenant=tenant, **values)
                changed = {name: row.excluded[name] for name in _SAVED if name != "id"}
                connection.execute(
                    row.on_conflict_do_update(index_elements=["tenant", "id"], set_=changed)
                )

    def get(self, tenant: str, id: str) -> AlertRecord | None:
        """A tenant's alert, None where there is none."""
        query = select(ALERTS).where(_of(tenant, id))
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().one_or_none()
        return None if row is None else _read(row)

    def active(self, tenant: str, unit: str) -> list[AlertRecord]:
        """The episodes that are not over, of series in such buckets."""
        query = select(ALERTS).where(
            ALERTS.c.tenant == tenant, ALERTS.c.unit == unit, ALERTS.c.state.in_(ACTIVE)
        )
        with self._database.reading() as connection:
            return [_read(row) for row in connection.execute(query).mappings()]

    def list(
        self,
        tenant: str,
        states: Iterable[AlertState] = (),
        limit: int = 100,
        offset: int = 0,
        *,
        children: bool = True,
    ) -> list[AlertRecord]:
        """A tenant's alerts, those that fired last first.

        Args:
            tenant: whose.
            states: only these; none takes all.
            limit: how many.
            offset: how many are passed over.
            children: whether those too that another alert tells of.
        """
        order = (func.coalesce(ALERTS.c.fired, ALERTS.c.since).desc(), ALERTS.c.number.desc())
        query = select(ALERTS).where(_chosen(tenant, states, children=children)).order_by(*order)
        with self._database.reading() as connection:
            rows = connection.execute(query.limit(limit).offset(offset)).mappings()
            return [_read(row) for row in rows]

    def count(
        self,
        tenant: str,
        states: Iterable[AlertState] = (),
        *,
        children: bool = True,
        unit: str | None = None,
        dismissed: bool = False,
    ) -> int:
        """How many there are; of a unit only those that fired, and of them those dismissed."""
        chosen = _chosen(tenant, states, children=children)
        if dismissed:
            chosen &= ALERTS.c.dismissed.is_not(None)
        if unit is not None:
            chosen &= (ALERTS.c.unit == unit) & ALERTS.c.fired.is_not(None)
        with self._database.reading() as connection:
            return connection.execute(select(func.count()).where(chosen)).scalar_one()

    def fired_between(self, tenant: str, since: date, until: date) -> int:
        """How many alerts fired from one day to another, those that another one tells of aside."""
        chosen = _chosen(tenant, (), children=False)
        chosen &= ALERTS.c.fired.between(since.isoformat(), until.isoformat())
        with self._database.reading() as connection:
            return connection.execute(select(func.count()).where(chosen)).scalar_one()

    def acknowledge(self, tenant: str, id: str, who: str) -> AlertRecord:
        """Say who saw it; the first one stays.

        Raises:
            GuandianError: there is none.
        """
        fresh = ALERTS.c.acknowledged.is_(None)
        values = {"acknowledged": self._database.clock(), "acknowledged_by": who}
        return self._said(tenant, id, fresh, values)

    def dismiss(self, tenant: str, id: str, who: str) -> AlertRecord:
        """Say that it was nothing, a false alarm; the first one who does stays.

        Raises:
            GuandianError: there is none.
        """
        fresh = ALERTS.c.dismissed.is_(None)
        values = {"dismissed": self._database.clock(), "dismissed_by": who}
        return self._said(tenant, id, fresh, values)

    def reinstate(self, tenant: str, id: str) -> AlertRecord:
        """Take back that it was nothing.

        Raises:
            GuandianError: there is none.
        """
        dismissed = ALERTS.c.dismissed.is_not(None)
        return self._said(tenant, id, dismissed, {"dismissed": None, "dismissed_by": None})

    def _said(
        self, tenant: str, id: str, where: ColumnElement[bool], values: Mapping[str, Any]
    ) -> AlertRecord:
        with self._database.writing() as connection:
            connection.execute(update(ALERTS).where(_of(tenant, id) & where).values(**values))
        alert = self.get(tenant, id)
        if alert is None:
            raise GuandianError(f"there is no alert {id}", "list them: GET /v1/alerts")
        return alert

    def quieten(self, tenant: str, series: Series, who: str, until: datetime | None) -> None:
        """Send nothing of a series until some moment, or until `wake` where there is none."""
        values = {"until": until, "who": who, "made": self._database.clock()}
        row = self._database.upsert(QUIET).values(
            tenant=tenant, series=series_digest(series), **values
        )
        with self._database.writing() as connection:
            connection.execute(
                row.on_conflict_do_update(index_elements=["tenant", "series"], set_=values)
            )

    def wake(self, tenant: str, series: Series) -> bool:
        """Send of a series again; whether it was quiet."""
        with self._database.writing() as connection:
            return bool(connection.execute(delete(QUIET).where(_quiet(tenant, series))).rowcount)

    def quiet(self, tenant: str, series: Series) -> QuietSeries | None:
        """Until when, and by whom, nothing is sent of a series; None where it is."""
        query = select(QUIET).where(_quiet(tenant, series)).where(
            or_(QUIET.c.until.is_(None), QUIET.c.until > self._database.clock())
        )  # fmt: skip
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().one_or_none()
        return None if row is None else QuietSeries(row["until"], row["who"], row["made"])

    def watched(self, tenant: str, unit: str) -> tuple[date, date] | None:
        """The first and the last day that were judged; None where nothing was."""
        query = select(WATCHED).where(WATCHED.c.tenant == tenant, WATCHED.c.unit == unit)
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().one_or_none()
        if row is None:
            return None
        return _day(row["first"]), _day(row["until"])

    def set_watched(self, tenant: str, unit: str, first: date, until: date) -> None:
        """Keep the last day that was judged, and the first where none was before."""
        days = {"first": first.isoformat(), "until": until.isoformat()}
        row = self._database.upsert(WATCHED).values(tenant=tenant, unit=unit, **days)
        change = {"until": row.excluded["until"]}
        with self._database.writing() as connection:
            connection.execute(
                row.on_conflict_do_update(index_elements=["tenant", "unit"], set_=change)
            )


def series_digest(series: Series) -> str:
    """A short name of a series, the same everywhere."""
    words = json.dumps(dict(sorted(series.items())), ensure_ascii=True)
    return blake2b(words.encode(), digest_size=12).hexdigest()


def _of(tenant: str, id: str) -> ColumnElement[bool]:
    return (ALERTS.c.tenant == tenant) & (ALERTS.c.id == id)


def _quiet(tenant: str, series: Series) -> ColumnElement[bool]:
    return (QUIET.c.tenant == tenant) & (QUIET.c.series == series_digest(series))


def _chosen(tenant: str, states: Iterable[AlertState], *, children: bool) -> ColumnElement[bool]:
    chosen = ALERTS.c.tenant == tenant
    if wanted := [*states]:
        chosen &= ALERTS.c.state.in_(wanted)
    return chosen if children else chosen & ALERTS.c.parent.is_(None)


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day(text: str) -> date:
    """A day, or the beginning of an hour with its zone."""
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)


def _read(row: RowMapping) -> AlertRecord:
    names = [its.name for its in fields(AlertRecord)]
    values = {name: row[name] for name in names}
    values |= {name: values[name] and _day(values[name]) for name in _DAYS}
    return replace(
        AlertRecord(**values), state=AlertState(row["state"]), kind=AlertKind(row["kind"])
    )
