"""The table of policies and cases; it came with version 8 of the records."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table, UniqueConstraint

from guandian.store.records.column_types import AnyText, Json, Moment
from guandian.store.records.record_tables import TABLES, number_column, tenant_column

POLICIES = Table(
    "policies",
    TABLES,
    number_column(),
    tenant_column(),
    Column("id", String(40), nullable=False),
    Column("name", String(40), nullable=False),
    Column("subject", AnyText, nullable=False),
    Column("value", Json, nullable=False),
    Column("reason", AnyText, nullable=False),
    Column("state", String(12), nullable=False),
    Column("proposed_by", AnyText, nullable=False),
    Column("made", Moment, nullable=False),
    Column("decided_by", AnyText),
    Column("decided", Moment),
    UniqueConstraint("tenant", "id"),
    Index(None, "tenant", "state"),
)
"""Cases are known by the digest of their text: no word of a review stands here."""
