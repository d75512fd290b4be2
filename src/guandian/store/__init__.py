"""Mined reviews that stay: immutable Parquet parts and a manifest, read by DuckDB in memory."""

from guandian.store.answers import (
    CountedShare,
    Overview,
    Page,
    Pair,
    Period,
    Row,
    SearchHit,
    StarAnswer,
    StoredOpinion,
    StoredReview,
    Trend,
)
from guandian.store.overlay import Said
from guandian.store.parts.generation import DamagedStore
from guandian.store.parts.loading import Loaded
from guandian.store.selection import Selection
from guandian.store.snapshot import StoreReader
from guandian.store.store import Store, StoreStatus, TenantStatus

Snapshot = StoreReader

__all__ = [
    "CountedShare",
    "DamagedStore",
    "Loaded",
    "Overview",
    "Page",
    "Pair",
    "Period",
    "Row",
    "Said",
    "SearchHit",
    "Selection",
    "Snapshot",
    "StarAnswer",
    "Store",
    "StoreReader",
    "StoreStatus",
    "StoredOpinion",
    "StoredReview",
    "TenantStatus",
    "Trend",
]
