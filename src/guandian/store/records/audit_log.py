"""The audit log: who did what to whom, in the order in which it happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from guandian.store.records.database import Database
from guandian.store.records.record_tables import AUDIT


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One act of an administrator.

    Attributes:
        number: grows with each entry.
        tenant: whose records were changed.
        made: when, in UTC.
        who: the id of the key that was used, or `cli`.
        act: what was done, such as `key.create`.
        subject: the id of what it was done to.
        details: plain JSON, without texts of reviews.
    """

    number: int
    tenant: str
    made: datetime
    who: str
    act: str
    subject: str
    details: Mapping[str, Any]


class AuditLog:
    """Entries are added and read, never changed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        tenant: str,
        who: str,
        act: str,
        subject: str,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """Write that something was done; within the act's transaction where there is one."""
        with self._database.writing() as connection:
            row = {"who": who, "act": act, "subject": subject, "details": dict(details or {})}
            made = self._database.clock()
            connection.execute(AUDIT.insert().values(tenant=tenant, made=made, **row))

    def list(self, tenant: str, limit: int = 100, offset: int = 0) -> list[AuditEntry]:
        """A tenant's entries, the latest first."""
        query = select(AUDIT).where(AUDIT.c.tenant == tenant).order_by(AUDIT.c.number.desc())
        with self._database.reading() as connection:
            rows = connection.execute(query.limit(limit).offset(offset)).mappings()
            return [AuditEntry(**row) for row in rows]
