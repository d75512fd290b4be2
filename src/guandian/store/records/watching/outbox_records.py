"""What waits to be sent: at least once, each under an id by which repeats are known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, func, select, update

from guandian.store.records.database import Database
from guandian.store.records.watching.watch_tables import OUTBOX

_FIRST_WAIT = timedelta(seconds=10)
_LONGEST_WAIT = timedelta(hours=1)
_MOST_ATTEMPTS = 60
"""With waits that double up to an hour: for more than two days."""


class NoticeKind(StrEnum):
    """What a message says."""

    FIRED = "fired"
    CLEARED = "cleared"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Notice:
    """A message that waits.

    Attributes:
        id: the same in every repeat; receivers may drop what they have.
        alert: the id of the alert that it tells of; of a day or week without any, `day` or
            `week` and the first day after it.
        channel: the name of the channel.
        kind: what it says.
        attempts: how often it was tried.
        due: when it is to be tried, in UTC.
        error: why the last attempt failed.
    """

    id: str
    alert: str
    channel: str
    kind: NoticeKind
    attempts: int
    due: datetime
    error: str | None = None


class OutboxRecords:
    """The messages of all tenants."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, tenant: str, alert: str, kind: NoticeKind, channels: Iterable[str]) -> None:
        """Let something be sent, once to each channel; in the transaction of what it tells of."""
        time = self._database.clock()
        with self._database.writing() as connection:
            for channel in channels:
                row = self._database.upsert(OUTBOX).values(
                    tenant=tenant, id=f"{alert}.{kind}.{_short(channel)}", alert=alert,
                    channel=channel, kind=kind, made=time, due=time, attempts=0,
                )  # fmt: skip
                connection.execute(row.on_conflict_do_nothing(index_elements=["tenant", "id"]))

    def due(self, tenant: str, limit: int = 100) -> list[Notice]:
        """What is to be tried now, the oldest first."""
        query = (
            select(OUTBOX)
            .where(OUTBOX.c.tenant == tenant, _waiting(), OUTBOX.c.due <= self._database.clock())
            .order_by(OUTBOX.c.number)
            .limit(limit)
        )
        return self._read(query)

    def waiting(self, tenant: str) -> list[Notice]:
        """All that was neither sent nor given up."""
        return self._read(
            select(OUTBOX).where(OUTBOX.c.tenant == tenant, _waiting()).order_by(OUTBOX.c.number)
        )

    def mark_sent(self, tenant: str, id: str) -> None:
        """Record that the receiver has it."""
        self._change(tenant, id, sent=self._database.clock(), error=None)

    def mark_failed(self, tenant: str, notice: Notice, error: str) -> None:
        """Record that it failed: it is tried again later, each wait twice as long, up to an hour.

        Args:
            tenant: whose.
            notice: what failed.
            error: why, without secrets.
        """
        time, attempts = self._database.clock(), notice.attempts + 1
        wait = min(_FIRST_WAIT * 2 ** min(notice.attempts, 20), _LONGEST_WAIT)
        gone = time if attempts >= _MOST_ATTEMPTS else None
        self._change(
            tenant, notice.id, attempts=attempts, due=time + wait, error=error, given_up=gone
        )

    def put_off(self, tenant: str, id: str, until: datetime) -> None:
        """Let a message wait until a moment; that is no attempt."""
        self._change(tenant, id, due=until)

    def last_sent(self, tenant: str, channel: str) -> datetime | None:
        """When a channel last took a message; None where it never did."""
        query = select(func.max(OUTBOX.c.sent)).where(
            OUTBOX.c.tenant == tenant, OUTBOX.c.channel == channel
        )
        with self._database.reading() as connection:
            moment: datetime | None = connection.execute(query).scalar_one()
        return moment

    def drop(self, tenant: str, id: str, why: str) -> None:
        """Give a message up."""
        self._change(tenant, id, given_up=self._database.clock(), error=why)

    def _change(self, tenant: str, id: str, **values: object) -> None:
        its = (OUTBOX.c.tenant == tenant) & (OUTBOX.c.id == id)
        with self._database.writing() as connection:
            connection.execute(update(OUTBOX).where(its).values(**values))

    def _read(self, query: object) -> list[Notice]:
        with self._database.reading() as connection:
            return [
                Notice(
                    row.id, row.alert, row.channel, NoticeKind(row.kind), row.attempts, row.due,
                    row.error,
                )
                for row in connection.execute(query)  # type: ignore[call-overload]
            ]  # fmt: skip


def _waiting() -> ColumnElement[bool]:
    return OUTBOX.c.sent.is_(None) & OUTBOX.c.given_up.is_(None)


def _short(channel: str) -> str:
    from hashlib import blake2b

    return blake2b(channel.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
