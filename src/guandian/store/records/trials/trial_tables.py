"""The table of answers compared; it came with version 8 of the records."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, String, Table

from guandian.store.records.column_types import AnyText, Moment
from guandian.store.records.record_tables import LONG, TABLES, number_column, tenant_column

COMPARED = Table(
    "compared_answers",
    TABLES,
    number_column(),
    tenant_column(),
    Column("incumbent", AnyText, nullable=False),
    Column("candidate", AnyText, nullable=False),
    Column("made", Moment, nullable=False),
    Column("answered", String(12), nullable=False),
    Column("shared", LONG, nullable=False),
    Column("opinions", LONG, nullable=False),
    Column("candidate_opinions", LONG, nullable=False),
    Column("same_sentiment", LONG, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("candidate_confidence", Float, nullable=False),
    Index(None, "incumbent", "candidate", "number"),
)
"""One row a review that both models read; which review it was is not kept."""
