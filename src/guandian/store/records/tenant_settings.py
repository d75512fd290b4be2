"""Settings of a tenant: values under names, and how much of its quota a key has used."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, delete, select, update

from guandian.store.records.audit_log import AuditLog
from guandian.store.records.change_marks import ChangeMarks
from guandian.store.records.database import Database
from guandian.store.records.record_tables import SETTINGS, USAGE


class TenantSettings:
    """The settings of all tenants."""

    def __init__(self, database: Database, audit: AuditLog) -> None:
        self._database, self._audit = database, audit
        self._marks = ChangeMarks(database, "settings")

    def mark(self, tenant: str) -> int:
        """Another number as soon as one of them is changed."""
        return self._marks.of(tenant)

    def all(self, tenant: str) -> dict[str, Any]:
        """A tenant's settings by name."""
        query = select(SETTINGS.c.name, SETTINGS.c.value).where(SETTINGS.c.tenant == tenant)
        with self._database.reading() as connection:
            return {row.name: row.value for row in connection.execute(query)}

    def put(self, tenant: str, name: str, value: Any, who: str) -> None:
        """Set one to plain JSON; None removes it."""
        mine = (SETTINGS.c.tenant == tenant) & (SETTINGS.c.name == name)
        with self._database.writing() as connection:
            if value is None:
                connection.execute(delete(SETTINGS).where(mine))
            else:
                claim = self._database.upsert(SETTINGS)
                claim = claim.values(tenant=tenant, name=name, value=value)
                new = {"value": claim.excluded.value}
                connection.execute(
                    claim.on_conflict_do_update(index_elements=["tenant", "name"], set_=new)
                )
            self._marks.count(tenant)
            self._audit.add(tenant, who, "setting.put", name, {"value": value})


class KeyUsage:
    """How many reviews each key sent on each day (UTC)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def spend(self, tenant: str, key: str, reviews: int, quota: int) -> bool:
        """Count reviews of today where the quota allows them; whether it does.

        Args:
            tenant: whose key it is.
            key: its id.
            reviews: how many are sent.
            quota: reviews a day.
        """
        if reviews > quota:
            return False
        row = {"tenant": tenant, "key": key, "day": self._today(), "reviews": reviews}
        claim = self._database.upsert(USAGE).values(**row)
        total = USAGE.c.reviews + claim.excluded.reviews
        counted = claim.on_conflict_do_update(
            index_elements=["tenant", "key", "day"], set_={"reviews": total}, where=total <= quota
        ).returning(USAGE.c.reviews)
        with self._database.writing() as connection:
            return connection.execute(counted).first() is not None

    def give_back(self, tenant: str, key: str, reviews: int) -> None:
        """Count reviews of today no longer: they were not mined after all."""
        mine = self._today_of(tenant, key) & (USAGE.c.reviews >= reviews)
        change = update(USAGE).where(mine).values(reviews=USAGE.c.reviews - reviews)
        with self._database.writing() as connection:
            connection.execute(change)

    def spent(self, tenant: str, key: str) -> int:
        """How many reviews a key has sent today."""
        query = select(USAGE.c.reviews).where(self._today_of(tenant, key))
        with self._database.reading() as connection:
            return connection.execute(query).scalar_one_or_none() or 0

    def _today_of(self, tenant: str, key: str) -> ColumnElement[bool]:
        mine = (USAGE.c.tenant == tenant) & (USAGE.c.key == key)
        return mine & (USAGE.c.day == self._today())

    def _today(self) -> str:
        return self._database.clock().date().isoformat()
