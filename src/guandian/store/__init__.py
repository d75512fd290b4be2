"""Mined reviews that stay: immutable Parquet parts and a manifest, read by DuckDB in memory."""

from guandian.store.answers import (
    Overview,
    Page,
    Period,
    Row,
    StoredOpinion,
    Trend,
)
from guandian.store.loading import Loaded
from guandian.store.selection import Selection
from guandian.store.snapshot import Snapshot
from guandian.store.store import Store

__all__ = [
    "Loaded",
    "Overview",
    "Page",
    "Period",
    "Row",
    "Selection",
    "Snapshot",
    "Store",
    "StoredOpinion",
    "Trend",
]
