"""The data base of the records, SQLite or PostgreSQL: short transactions, and errors told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, make_url, text
from sqlalchemy.dialects.postgresql import Insert as PostgresInsert
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection

from guandian.errors import GuandianError, reason

FILE = "records.sqlite"
SCHEMA = "guandian"
"""Of PostgreSQL: the records' tables stand apart from others of the same data base."""
_WAIT_SECONDS = 30
_WRITES = "writes"
_SERVICE = 0x6764_7376  # any number that other programs are unlikely to lock
_CLAIMS, _PAUSE = 10, 0.5
"""How often the claim of a service is tried, and the seconds between."""
_PRAGMAS = (
    "journal_mode=WAL",  # readers and the writer do not wait for each other
    "synchronous=FULL",  # what was acknowledged outlives a loss of power too
    "foreign_keys=ON",
    "secure_delete=ON",  # what a person has the right to see gone is overwritten
)

Clock = Callable[[], datetime]


class RecordsError(GuandianError):
    """The records cannot be reached, read or written at present."""


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


class Database:
    """Where the records stand.

    Args:
        engine: of SQLAlchemy, as `sqlite_engine` or `postgres_engine` makes it.
        name: the file, or the address without its password.
        clock: gives the time, in UTC.
    """

    def __init__(self, engine: Engine, name: str, clock: Clock = utc_now) -> None:
        self.engine, self.name, self.clock = engine, name, clock
        self._open: ContextVar[Connection | None] = ContextVar("open", default=None)
        self._claim: Connection | None = None

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that writes: all of it stays, or on an error nothing.

        Within another it is a part of that.

        Raises:
            RecordsError: the data base refuses, or another writer holds it for too long.
        """
        outer = self._open.get()
        if outer is not None:
            yield outer
            return
        with self._telling(), self.engine.connect() as connection:
            connection.execution_options(**{_WRITES: True})
            with connection.begin():
                token = self._open.set(connection)
                try:
                    yield connection
                finally:
                    self._open.reset(token)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One transaction that only reads, and waits for no writer; errors as `writing`."""
        outer = self._open.get()
        if outer is not None:
            yield outer
            return
        with self._telling(), self.engine.connect() as connection, connection.begin():
            yield connection

    def upsert(self, table: Table) -> PostgresInsert | SqliteInsert:
        """An insertion that can say what is to happen where the row is there already."""
        postgres = self.engine.dialect.name == "postgresql"
        return postgres_insert(table) if postgres else sqlite_insert(table)

    def erase(self) -> bool:
        """Overwrite what was removed from the file too; whether that is so now.

        It is not while others read: try again later. PostgreSQL does it by itself, in its vacuum.
        """
        if self.engine.dialect.name == "postgresql":
            return True
        with self._telling(), self.engine.connect() as connection:
            cursor = connection.connection.cursor()
            busy, _, _ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            cursor.close()
        return not busy

    def claim(self) -> None:
        """Be the one service that uses the data base, until `close` or the end of this process.

        Records in a file have the lock of their folder's writer.

        Raises:
            GuandianError: another service uses it.
        """
        if self.engine.dialect.name != "postgresql":
            return
        with self._telling():
            connection = self.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            for _ in range(_CLAIMS):  # that of a killed process goes within moments
                query = text("SELECT pg_try_advisory_lock(:number)")
                if connection.execute(query, {"number": _SERVICE}).scalar_one():
                    self._claim = connection
                    return
                time.sleep(_PAUSE)
            connection.close()
        raise GuandianError(
            f"another service uses the records in {self.name}",
            "stop it, or name another data base with --records: each service has its own",
        )

    def close(self) -> None:
        """Let go of all connections."""
        claim, self._claim = self._claim, None
        if claim is not None:
            claim.invalidate()  # the lock goes with its connection
            claim.close()
        self.engine.dispose()

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except (DBAPIError, NoConnection) as error:
            cause = error.orig if isinstance(error, DBAPIError) else error
            raise RecordsError(
                f"the records in {self.name} cannot be used: {reason(cause or error)}",
                "look after the data base, then try again",
            ) from error


def sqlite_engine(file: Path) -> Engine:
    """An engine over a file, which is made when there is none."""
    engine = create_engine(
        URL.create("sqlite", database=str(file)), connect_args={"timeout": _WAIT_SECONDS}
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def postgres_engine(address: str) -> Engine:
    """An engine over a PostgreSQL data base.

    Args:
        address: `postgresql://USER:PASSWORD@HOST/NAME`; what it leaves out is taken from the
            environment (PGHOST, PGPASSWORD, ...) and ~/.pgpass.

    Raises:
        GuandianError: it is no such address, or psycopg is not installed.
    """
    try:
        url = make_url(address)
    except ArgumentError:
        url = None
    if url is None or url.drivername not in ("postgresql", "postgres", "postgresql+psycopg"):
        raise GuandianError(
            "--records is no address of a PostgreSQL data base",
            "e.g. --records postgresql://USER@HOST/NAME; without it a file in --data is used",
        )
    try:
        engine = create_engine(
            url.set(drivername="postgresql+psycopg"),
            connect_args={"connect_timeout": 10, "application_name": "guandian"},
            execution_options={"schema_translate_map": {None: SCHEMA}},
            pool_pre_ping=True,
        )
    except ModuleNotFoundError:
        raise GuandianError(
            "records in PostgreSQL need psycopg", "pip install 'guandian[postgres]'"
        ) from None
    event.listen(engine, "begin", _limit_waits)
    return engine


def without_password(address: str) -> str:
    """An address without its password."""
    return make_url(address).render_as_string(hide_password=True)


def _prepare(connection: Any, record: object) -> None:
    del record
    connection.isolation_level = None  # transactions begin as `_begin` says
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    # A transaction that reads first and writes then would be refused instead of waiting.
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _limit_waits(connection: Connection) -> None:
    if connection.get_execution_options().get(_WRITES):
        connection.execute(text(f"SET LOCAL lock_timeout = '{_WAIT_SECONDS}s'"))
