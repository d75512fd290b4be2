"""Where alerts are sent."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select

from guandian.store.records.database import Database
from guandian.store.records.watching.alert_records import AlertSeverity
from guandian.store.records.watching.watch_tables import CHANNELS


@dataclass(frozen=True, slots=True)
class ChannelTerms:
    """When a channel is told, and of what.

    Attributes:
        hours: from which hour of the day to which it is told; those between wait. The second may
            be the smaller one: 22 to 6 is the night. None takes all.
        zone: of the hours.
        gap: minutes at least between two messages.
        severity: the least that it is told of.
        nothing: whether it is told after a day or a week in which nothing fired; None never.
    """

    hours: tuple[int, int] | None = None
    zone: str = "Asia/Shanghai"
    gap: int = 0
    severity: AlertSeverity = AlertSeverity.MINOR
    nothing: str | None = None

    def from_when(self, moment: datetime, last: datetime | None) -> datetime:
        """The first moment from one on at which a message may go, after the last one that went."""
        if last is not None and moment < last + timedelta(minutes=self.gap):
            moment = last + timedelta(minutes=self.gap)
        if self.hours is None:
            return moment
        first, end = self.hours
        local = moment.astimezone(ZoneInfo(self.zone))
        within = first <= local.hour < end if first < end else not end <= local.hour < first
        if within:
            return moment
        opening = local.replace(hour=first, minute=0, second=0, microsecond=0)
        if opening <= local:
            opening += timedelta(days=1)
        return opening.astimezone(moment.tzinfo)


@dataclass(frozen=True, slots=True)
class ChannelRecord:
    """A channel.

    Attributes:
        name: by which people know it.
        address: with its secret; it stands in no representation.
        private: whether it may reach private addresses.
        language: in which it is told: zh, en or both.
        terms: when it is told, and of what.
    """

    name: str
    address: str = field(repr=False)
    private: bool = False
    language: str = "both"
    terms: ChannelTerms = field(default_factory=ChannelTerms)


class ChannelRecords:
    """The channels of all tenants."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, tenant: str, channel: ChannelRecord) -> None:
        """Keep a channel, in place of one of its name."""
        values = {
            "address": channel.address,
            "private": "yes" if channel.private else "no",
            "language": channel.language,
            "terms": asdict(channel.terms),
        }
        row = self._database.upsert(CHANNELS).values(tenant=tenant, name=channel.name, **values)
        with self._database.writing() as connection:
            connection.execute(
                row.on_conflict_do_update(index_elements=["tenant", "name"], set_=values)
            )

    def list(self, tenant: str) -> list[ChannelRecord]:
        """A tenant's channels by name."""
        query = select(CHANNELS).where(CHANNELS.c.tenant == tenant).order_by(CHANNELS.c.name)
        with self._database.reading() as connection:
            return [
                ChannelRecord(
                    row.name, row.address, row.private == "yes", row.language, _terms(row.terms)
                )
                for row in connection.execute(query)
            ]

    def remove(self, tenant: str, name: str) -> bool:
        """Forget a channel; whether there was one."""
        its = (CHANNELS.c.tenant == tenant) & (CHANNELS.c.name == name)
        with self._database.writing() as connection:
            return bool(connection.execute(delete(CHANNELS).where(its)).rowcount)


def _terms(values: dict[str, Any] | None) -> ChannelTerms:
    if values is None:
        return ChannelTerms()
    hours = values["hours"]
    return ChannelTerms(
        tuple(hours) if hours else None,
        values["zone"],
        values["gap"],
        AlertSeverity(values["severity"]),
        values["nothing"],
    )
