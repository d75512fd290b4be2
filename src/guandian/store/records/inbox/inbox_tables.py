"""The table of the inbox; it came with version 7 of the records."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, String, Table, UniqueConstraint

from guandian.store.records.column_types import AnyText, Json, Moment
from guandian.store.records.record_tables import LONG, TABLES, number_column, tenant_column

INBOX = Table(
    "inbox",
    TABLES,
    number_column(),
    tenant_column(),
    Column("id", String(40), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("reference", AnyText),
    Column("text", AnyText, nullable=False),
    Column("about", Json, nullable=False),
    Column("urgency", Float, nullable=False),
    Column("understood", Json, nullable=False),
    Column("drafts", Json, nullable=False),
    Column("needs_person", LONG, nullable=False),
    Column("state", String(12), nullable=False),
    Column("made", Moment, nullable=False),
    Column("changed", Moment, nullable=False),
    Column("who", AnyText, nullable=False),
    Column("seen", Json, nullable=False),
    Column("edits", Json, nullable=False),
    UniqueConstraint("tenant", "id"),
    UniqueConstraint("tenant", "kind", "reference"),
    Index(None, "tenant", "state"),
)
"""Every text in it was masked before it came here."""
