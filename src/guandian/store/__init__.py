"""Mined reviews that stay: immutable Parquet parts and a manifest, read by DuckDB in memory."""

from guandian.store.answers import (
    Overview,
    Page,
    Pair,
    Part,
    Period,
    Row,
    SearchHit,
    StarAnswer,
    StoredOpinion,
    StoredReview,
    Trend,
)
from guandian.store.loading import Loaded
from guandian.store.overlay import Said
from guandian.store.selection import Selection
from guandian.store.snapshot import Snapshot
from guandian.store.store import Store, StoreStatus, TenantStatus

__all__ = [
    "Loaded",
    "Overview",
    "Page",
    "Pair",
    "Part",
    "Period",
    "Row",
    "Said",
    "SearchHit",
    "Selection",
    "Snapshot",
    "StarAnswer",
    "Store",
    "StoreStatus",
    "StoredOpinion",
    "StoredReview",
    "TenantStatus",
    "Trend",
]
