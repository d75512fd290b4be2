"""How often records were changed, so that what was made of them is known to be out of date."""

from __future__ import annotations

from sqlalchemy import select

from guandian.store.records.database import Database
from guandian.store.records.record_tables import MARKS


class ChangeMarks:
    """Counts the changes of one kind of records, tenant by tenant.

    Args:
        database: the records.
        kind: a name of 20 characters at most.
    """

    def __init__(self, database: Database, kind: str) -> None:
        self._database, self._kind = database, kind

    def count(self, tenant: str) -> None:
        """Count a change, in its transaction."""
        with self._database.writing() as connection:
            mark = self._database.upsert(MARKS).values(tenant=tenant, kind=self._kind, number=1)
            more = {"number": MARKS.c.number + 1}
            connection.execute(
                mark.on_conflict_do_update(index_elements=["tenant", "kind"], set_=more)
            )

    def of(self, tenant: str) -> int:
        """How many changes there were."""
        query = select(MARKS.c.number).where(MARKS.c.tenant == tenant, MARKS.c.kind == self._kind)
        with self._database.reading() as connection:
            return connection.execute(query).scalar_one_or_none() or 0
