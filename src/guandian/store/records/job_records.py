"""Mining jobs: what was asked, how far they are, how they ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, func, select, update

from guandian.errors import GuandianError
from guandian.store.records.database import Database
from guandian.store.records.key_text import random_letters
from guandian.store.records.record_tables import JOBS


class JobState(StrEnum):
    """Where a job is; the last three are ends."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDS = (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


@dataclass(frozen=True, slots=True)
class JobCounts:
    """What a job has mined.

    Attributes:
        reviews: so far.
        opinions: of them.
        rejected: rows that could not be read.
        total: all rows if known.
        repeated: reviews that bear the id of an earlier one, in whose place the store keeps them.
    """

    reviews: int = 0
    opinions: int = 0
    rejected: int = 0
    total: int | None = None
    repeated: int = 0


@dataclass(frozen=True, slots=True)
class JobRecord:
    """One job.

    Attributes:
        id: such as `j_4fGh...`.
        tenant: whose it is.
        name: for people: the file's name.
        upload: the id of the file that it reads.
        choices: what else was asked (columns, sheet, masking), plain JSON.
        state: where it is.
        counts: how far.
        created: when, in UTC.
        finished: when it ended, None before.
        error: why it failed, None unless it did.
        model: `name@version`, None before it runs.
        who: the id of the key that asked for it.
    """

    id: str
    tenant: str
    name: str
    upload: str
    choices: Mapping[str, Any]
    state: JobState
    counts: JobCounts
    created: datetime
    finished: datetime | None
    error: str | None
    model: str | None
    who: str


class JobRecords:
    """The jobs of all tenants."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self, tenant: str, name: str, upload: str, choices: Mapping[str, Any], who: str
    ) -> JobRecord:
        """Record a job that is to run."""
        id = f"j_{random_letters(16)}"
        row = {
            "tenant": tenant, "id": id, "name": name, "upload": upload, "choices": dict(choices),
            "state": JobState.QUEUED, "created": self._database.clock(), "who": who,
        }  # fmt: skip
        with self._database.writing() as connection:
            connection.execute(JOBS.insert().values(**row, **asdict(JobCounts())))
            return self._one(connection, tenant, id)

    def get(self, tenant: str, id: str) -> JobRecord | None:
        """A tenant's job, None where there is none."""
        with self._database.reading() as connection:
            row = connection.execute(select(JOBS).where(_of(tenant, id))).mappings().one_or_none()
        return None if row is None else _read(row)

    def list(self, tenant: str, limit: int = 100, offset: int = 0) -> list[JobRecord]:
        """A tenant's jobs, the latest first."""
        query = select(JOBS).where(JOBS.c.tenant == tenant).order_by(JOBS.c.number.desc())
        with self._database.reading() as connection:
            rows = connection.execute(query.limit(limit).offset(offset)).mappings()
            return [_read(row) for row in rows]

    def count(self, tenant: str) -> int:
        """How many jobs a tenant has."""
        query = select(func.count()).where(JOBS.c.tenant == tenant)
        with self._database.reading() as connection:
            return connection.execute(query).scalar_one()

    def open(self, tenant: str | None = None) -> tuple[JobRecord, ...]:
        """The jobs that have not ended, of one tenant or of all."""
        query = select(JOBS).where(JOBS.c.state.not_in(ENDS))
        query = query if tenant is None else query.where(JOBS.c.tenant == tenant)
        with self._database.reading() as connection:
            return tuple(_read(row) for row in connection.execute(query).mappings())

    def take_next(self) -> JobRecord | None:
        """The job that has waited longest, of any tenant, now running; None where none waits."""
        waiting = select(JOBS).where(JOBS.c.state == JobState.QUEUED).order_by(JOBS.c.number)
        with self._database.writing() as connection:
            query = waiting.limit(1).with_for_update(skip_locked=True)
            row = connection.execute(query).mappings().one_or_none()
            if row is None:
                return None
            tenant, id = row["tenant"], row["id"]
            connection.execute(update(JOBS).where(_of(tenant, id)).values(state=JobState.RUNNING))
            return self._one(connection, tenant, id)

    def progress(self, tenant: str, id: str, counts: JobCounts, model: str | None = None) -> bool:
        """Record how far a running job is; whether it is still to go on.

        It is not where it was cancelled or removed meanwhile.
        """
        values: dict[str, Any] = asdict(counts) | ({} if model is None else {"model": model})
        running = _of(tenant, id) & (JOBS.c.state == JobState.RUNNING)
        with self._database.writing() as connection:
            return bool(connection.execute(update(JOBS).where(running).values(**values)).rowcount)

    def end(
        self, tenant: str, id: str, state: JobState, error: str | None = None
    ) -> JobRecord | None:
        """Record that a job ended; the first end stays.

        Returns:
            The job as it is then, None where there is none.

        Raises:
            ValueError: the state is no end.
        """
        if state not in ENDS:
            raise ValueError(f"{state} is no end")
        values = {"state": state, "error": error, "finished": self._database.clock()}
        open_ones = _of(tenant, id) & JOBS.c.state.not_in(ENDS)
        with self._database.writing() as connection:
            connection.execute(update(JOBS).where(open_ones).values(**values))
            row = connection.execute(select(JOBS).where(_of(tenant, id))).mappings().one_or_none()
        return None if row is None else _read(row)

    def queue_again(self) -> int:
        """Queue what was running when the service of before ended; how many those are."""
        running = JOBS.c.state == JobState.RUNNING
        with self._database.writing() as connection:
            change = update(JOBS).where(running).values(state=JobState.QUEUED)
            return connection.execute(change).rowcount

    def remove(self, tenant: str, id: str) -> bool:
        """Forget a job; whether there was one."""
        with self._database.writing() as connection:
            return bool(connection.execute(JOBS.delete().where(_of(tenant, id))).rowcount)

    def _one(self, connection: Connection, tenant: str, id: str) -> JobRecord:
        row = connection.execute(select(JOBS).where(_of(tenant, id))).mappings().one_or_none()
        if row is None:
            raise GuandianError(f"there is no job {id}", "list the jobs to see which there are")
        return _read(row)


def _of(tenant: str, id: str) -> ColumnElement[bool]:
    return (JOBS.c.tenant == tenant) & (JOBS.c.id == id)


def _read(row: RowMapping) -> JobRecord:
    fields = {name: value for name, value in row.items() if name != "number"}
    counts = JobCounts(*(fields.pop(name) for name in asdict(JobCounts())))
    return JobRecord(**fields | {"state": JobState(row["state"]), "counts": counts})
