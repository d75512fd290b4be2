"""The tables of what is watched, most of them from version 2 of the records on."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, String, Table, UniqueConstraint

from guandian.store.records.column_types import AnyText, Json, Moment
from guandian.store.records.record_tables import LONG, TABLES, number_column, tenant_column

ALERTS = Table(
    "alerts",
    TABLES,
    number_column(),
    tenant_column(),
    Column("id", String(40), nullable=False),
    Column("series", Json, nullable=False),
    Column("unit", String(8), nullable=False),
    Column("state", String(12), nullable=False),
    Column("since", String(25), nullable=False),
    Column("until", String(25), nullable=False),
    Column("fired", String(25)),
    Column("cleared", String(25)),
    Column("observed", LONG, nullable=False),
    Column("expected", Float, nullable=False),
    Column("chance", Float, nullable=False),
    Column("calm", LONG, nullable=False),
    Column("parent", String(40)),
    Column("facts", Json, nullable=False),
    Column("kind", String(12), nullable=False, server_default="surge"),
    Column("acknowledged", Moment),
    Column("acknowledged_by", AnyText),
    Column("dismissed", Moment),
    Column("dismissed_by", AnyText),
    UniqueConstraint("tenant", "id"),
    Index(None, "tenant", "state"),
)

QUIET = Table(
    "quiet_series",
    TABLES,
    Column("tenant", AnyText, primary_key=True),
    Column("series", String(64), primary_key=True),
    Column("until", Moment),
    Column("who", AnyText, nullable=False),
    Column("made", Moment, nullable=False),
)
"""Series of which nothing is sent: snoozed until some moment, or muted where there is none."""

CHANNELS = Table(
    "channels",
    TABLES,
    Column("tenant", AnyText, primary_key=True),
    Column("name", AnyText, primary_key=True),
    Column("address", AnyText, nullable=False),
    Column("private", String(3), nullable=False),
    Column("language", String(8), nullable=False),
    Column("terms", Json),
)
"""Where alerts are sent; the address holds the secret of the channel."""

OUTBOX = Table(
    "outbox",
    TABLES,
    number_column(),
    tenant_column(),
    Column("id", String(60), nullable=False),
    Column("alert", String(40), nullable=False),
    Column("channel", AnyText, nullable=False),
    Column("kind", String(12), nullable=False),
    Column("made", Moment, nullable=False),
    Column("due", Moment, nullable=False),
    Column("attempts", LONG, nullable=False),
    Column("sent", Moment),
    Column("given_up", Moment),
    Column("error", AnyText),
    UniqueConstraint("tenant", "id"),
    Index(None, "sent", "given_up", "due"),
)
"""Messages without their words: those are made from the alert and the store when it is sent."""

WATCHED = Table(
    "watched",
    TABLES,
    Column("tenant", AnyText, primary_key=True),
    Column("unit", String(8), primary_key=True),
    Column("until", String(25), nullable=False),
    Column("first", String(25), nullable=False),
)
"""The last day that was judged, and the first."""

WATCH_STATE = Table(
    "watch_state",
    TABLES,
    Column("tenant", AnyText, primary_key=True),
    Column("unit", String(8), primary_key=True),
    Column("state", Json, nullable=False),
)
"""What a watcher goes on from: the budget that is spent, and what it has seen of the store."""

WATCH_TABLES = (ALERTS, QUIET, CHANNELS, OUTBOX, WATCHED)
