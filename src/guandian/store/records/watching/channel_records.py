"""Where alerts are sent."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import delete, select

from guandian.store.records.database import Database
from guandian.store.records.watching.watch_tables import CHANNELS


@dataclass(frozen=True, slots=True)
class ChannelRecord:
    """A channel.

    Attributes:
        name: by which people know it.
        address: with its secret; it stands in no representation.
        private: whether it may reach private addresses.
        language: in which it is told: zh, en or both.
    """

    name: str
    address: str = field(repr=False)
    private: bool = False
    language: str = "both"


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
                ChannelRecord(row.name, row.address, row.private == "yes", row.language)
                for row in connection.execute(query)
            ]

    def remove(self, tenant: str, name: str) -> bool:
        """Forget a channel; whether there was one."""
        its = (CHANNELS.c.tenant == tenant) & (CHANNELS.c.name == name)
        with self._database.writing() as connection:
            return bool(connection.execute(delete(CHANNELS).where(its)).rowcount)
