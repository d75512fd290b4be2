"""The tables of the records. A tenant's row is reached by its tenant and id together."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

from guandian.store.records.column_types import AnyText, Json, Moment

TABLES = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
LONG = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only where their column is a plain integer."""


def number_column() -> Column[int]:
    """Counts the rows in the order in which they were written."""
    return Column("number", LONG, primary_key=True, autoincrement=True)


def tenant_column() -> Column[str]:
    """Whose a row is."""
    return Column("tenant", AnyText, nullable=False)


FORMAT = Table("record_format", TABLES, Column("version", Integer, nullable=False))

MARKS = Table(
    "record_marks",
    TABLES,
    Column("tenant", AnyText, primary_key=True),
    Column("kind", String(20), primary_key=True),
    Column("number", LONG, nullable=False),
)
"""How often something of a tenant was changed."""

API_KEYS = Table(
    "api_keys",
    TABLES,
    number_column(),
    tenant_column(),
    Column("id", AnyText, nullable=False),
    Column("name", AnyText, nullable=False),
    Column("start", String(40), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("scopes", Json, nullable=False),
    Column("created", Moment, nullable=False),
    Column("expires", Moment),
    Column("revoked", Moment),
    Column("rate", LONG),
    Column("quota", LONG),
    Column("replaces", AnyText),
    UniqueConstraint("tenant", "id"),
    Index(None, "start"),
)

USAGE = Table(
    "key_usage",
    TABLES,
    Column("tenant", AnyText, primary_key=True),
    Column("key", AnyText, primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("reviews", LONG, nullable=False),
    ForeignKeyConstraint(["tenant", "key"], ["api_keys.tenant", "api_keys.id"]),
)

JOBS = Table(
    "jobs",
    TABLES,
    number_column(),
    tenant_column(),
    Column("id", AnyText, nullable=False),
    Column("name", AnyText, nullable=False),
    Column("upload", AnyText, nullable=False),
    Column("choices", Json, nullable=False),
    Column("state", String(12), nullable=False),
    Column("reviews", LONG, nullable=False),
    Column("opinions", LONG, nullable=False),
    Column("rejected", LONG, nullable=False),
    Column("total", LONG),
    Column("repeated", LONG, nullable=False, server_default="0"),
    Column("created", Moment, nullable=False),
    Column("finished", Moment),
    Column("error", AnyText),
    Column("model", AnyText),
    Column("who", AnyText, nullable=False),
    UniqueConstraint("tenant", "id"),
    Index(None, "state", "number"),
)

CORRECTIONS = Table(
    "corrections",
    TABLES,
    number_column(),
    tenant_column(),
    Column("id", AnyText, nullable=False),
    Column("opinion", AnyText),
    Column("review", AnyText, nullable=False),
    Column("action", String(12), nullable=False),
    Column("fields", Json, nullable=False),
    Column("before", Json, nullable=False),
    Column("who", AnyText, nullable=False),
    Column("made", Moment, nullable=False),
    Column("undone", Moment),
    UniqueConstraint("tenant", "id"),
    Index(None, "tenant", "review"),
)

ANSWERS = Table(
    "answers",
    TABLES,
    Column("tenant", AnyText, primary_key=True),
    Column("key", AnyText, primary_key=True),
    Column("request", String(64), nullable=False),
    Column("attempt", String(40), nullable=False),
    Column("begun", Moment, nullable=False),
    Column("until", Moment, nullable=False),
    Column("answer", Json),
    Index(None, "until"),
)

AUDIT = Table(
    "audit",
    TABLES,
    number_column(),
    tenant_column(),
    Column("made", Moment, nullable=False),
    Column("who", AnyText, nullable=False),
    Column("act", String(40), nullable=False),
    Column("subject", AnyText, nullable=False),
    Column("details", Json, nullable=False),
    Index(None, "tenant", "number"),
)

ASPECT_EDITS = Table(
    "aspect_robustness",
    TABLES,
    number_column(),
    tenant_column(),
    Column("id", AnyText, nullable=False),
    Column("action", String(12), nullable=False),
    Column("names", Json, nullable=False),
    Column("into", AnyText, nullable=False),
    Column("who", AnyText, nullable=False),
    Column("made", Moment, nullable=False),
    Column("undone", Moment),
    UniqueConstraint("tenant", "id"),
    Index(None, "tenant", "number"),
)

SETTINGS = Table(
    "settings",
    TABLES,
    Column("tenant", AnyText, primary_key=True),
    Column("name", AnyText, primary_key=True),
    Column("value", Json, nullable=False),
)
