"""What a watcher goes on from after a restart, as plain JSON of its own making."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from guandian.store.records.database import Database
from guandian.store.records.watching.watch_tables import WATCH_STATE


class WatchStates:
    """The states of all tenants' watchers, by the unit of their buckets."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, tenant: str, unit: str) -> dict[str, Any] | None:
        """The state that was kept last; None where there is none."""
        query = select(WATCH_STATE.c.state).where(
            WATCH_STATE.c.tenant == tenant, WATCH_STATE.c.unit == unit
        )
        with self._database.reading() as connection:
            state: dict[str, Any] | None = connection.execute(query).scalar_one_or_none()
        return state

    def put(self, tenant: str, unit: str, state: dict[str, Any]) -> None:
        """Keep a state in place of the one before; in the transaction of what it comes from."""
        row = self._database.upsert(WATCH_STATE).values(tenant=tenant, unit=unit, state=state)
        change = {"state": row.excluded.state}
        with self._database.writing() as connection:
            connection.execute(
                row.on_conflict_do_update(index_elements=["tenant", "unit"], set_=change)
            )
