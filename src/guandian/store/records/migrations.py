"""The records' format: made when there is none, brought up to date, refused when it is newer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import Connection, inspect, select, text, update
from sqlalchemy.schema import CreateSchema

from guandian.errors import GuandianError
from guandian.store.records.database import SCHEMA, Database
from guandian.store.records.inbox.inbox_tables import INBOX
from guandian.store.records.policies.policy_tables import POLICIES
from guandian.store.records.record_tables import FORMAT, TABLES
from guandian.store.records.trials.trial_tables import COMPARED
from guandian.store.records.watching.watch_tables import WATCH_STATE, WATCH_TABLES

Step = Callable[[Connection], None]


def _add_watching(connection: Connection) -> None:
    TABLES.create_all(connection, tables=WATCH_TABLES)


def _add_kinds(connection: Connection) -> None:
    """Kinds of alerts, what channels want, and the state of watchers."""
    TABLES.create_all(connection, tables=[WATCH_STATE])
    _add_columns(connection, _OF_KINDS)


def _add_repeated(connection: Connection) -> None:
    """How many reviews of a job bear the id of an earlier one."""
    _add_columns(connection, (("jobs", "repeated", "BIGINT DEFAULT 0 NOT NULL"),))


def _add_dismissals(connection: Connection) -> None:
    """Who said of an alert that it was nothing, and when."""
    postgres = connection.dialect.name == "postgresql"
    moment = "TIMESTAMP WITH TIME ZONE" if postgres else "VARCHAR(27)"
    _add_columns(connection, (("alerts", "dismissed", moment), ("alerts", "dismissed_by", "TEXT")))


def _add_inbox(connection: Connection) -> None:
    """Messages and reviews that wait for an answer."""
    TABLES.create_all(connection, tables=[INBOX])


def _add_trials(connection: Connection) -> None:
    """How two models answered the same reviews."""
    TABLES.create_all(connection, tables=[COMPARED])


def _add_policies(connection: Connection) -> None:
    """What one person proposes and another one confirms."""
    TABLES.create_all(connection, tables=[POLICIES])


def _add_columns(connection: Connection, columns: Sequence[tuple[str, str, str]]) -> None:
    """Add those that are not there: tables that are made anew have all of them."""
    schema = _schema(connection)
    for table, column, kind in columns:
        known = inspect(connection).get_columns(table, schema=schema)
        if column not in {its["name"] for its in known}:
            name = table if schema is None else f"{schema}.{table}"
            connection.execute(text(f"ALTER TABLE {name} ADD COLUMN {column} {kind}"))


_OF_KINDS = (
    ("alerts", "kind", "VARCHAR(12) DEFAULT 'surge' NOT NULL"),
    ("channels", "terms", "TEXT"),
)


def _widen_days(connection: Connection) -> None:
    """Room for hours with their zone where a day stands; SQLite keeps texts of any length."""
    schema = _schema(connection)
    if connection.dialect.name != "postgresql":
        return
    for table, columns in _WIDENED.items():
        changes = ", ".join(f"ALTER COLUMN {column} TYPE VARCHAR(25)" for column in columns)
        connection.execute(text(f"ALTER TABLE {schema}.{table} {changes}"))


_WIDENED = {
    "alerts": ("since", "until", "fired", "cleared"),
    "watched": ("first", "until"),
}
"""Columns of days that hold hours too from version 4 on."""
STEPS: tuple[Step, ...] = (
    _add_watching,
    _add_kinds,
    _widen_days,
    _add_repeated,
    _add_dismissals,
    _add_inbox,
    _add_trials,
    _add_policies,
)
"""What turns version 1 into 2, 2 into 3, ...: each as short as one change of the tables."""
_LOCK = 0x6764_7265  # any number that other programs are unlikely to lock


def bring_up_to_date(database: Database, steps: Sequence[Step] = STEPS) -> None:
    """Make the tables, or change those of an earlier version, in one transaction.

    Args:
        database: the records.
        steps: from each version to the next.

    Raises:
        GuandianError: they are of a later version, or PostgreSQL does not hold UTF-8.
    """
    latest = 1 + len(steps)
    with database.writing() as connection:
        if database.engine.dialect.name == "postgresql":
            _prepare_postgres(connection)
        version = _version(connection)
        if version is None:
            TABLES.create_all(connection)
            connection.execute(FORMAT.insert().values(version=1))
            version = 1
        if version > latest:
            raise GuandianError(
                f"the records in {database.name} are of version {version}, and this guandian "
                f"knows {latest}",
                "pip install -U guandian; nothing was changed",
            )
        for step in steps[version - 1 :]:
            step(connection)
        connection.execute(update(FORMAT).values(version=latest))


def _version(connection: Connection) -> int | None:
    if not inspect(connection).has_table(FORMAT.name, schema=_schema(connection)):
        return None
    return int(connection.execute(select(FORMAT.c.version)).scalar_one())


def _schema(connection: Connection) -> str | None:
    return SCHEMA if connection.dialect.name == "postgresql" else None


def _prepare_postgres(connection: Connection) -> None:
    connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
    encoding = connection.execute(text("SHOW server_encoding")).scalar_one()
    if encoding != "UTF8":
        raise GuandianError(
            f"the data base holds texts as {encoding}, not UTF8",
            "createdb --encoding UTF8 --template template0 NAME",
        )
    connection.execute(CreateSchema(SCHEMA, if_not_exists=True))
