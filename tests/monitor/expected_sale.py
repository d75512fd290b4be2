"""A shop that was watched through a 双十一 which it had the year before, and a surge after it."""

from __future__ import annotations

from datetime import date

from tests.monitor.histories import sales

from guandian.monitor.alerts.watch_pass import look_once
from guandian.monitor.alerts.watching import WatchTerms
from guandian.store import Store
from guandian.store.readings import Readings
from guandian.store.records import Records

SALE = date(2025, 11, 11), date(2025, 11, 18)
SURGE = date(2025, 12, 1), date(2025, 12, 5)
TERMS = WatchTerms(unit="day", a_week=0.25)
_LOOKS = (date(2025, 11, 22), date(2025, 12, 7))


def watched_sale(store: Store, records: Records, *categories: str) -> None:
    """Load the reviews as they come, and look at them after the sale and after the surge."""
    rows = list(sales(date(2024, 10, 1), date(2025, 12, 6), SURGE, categories=categories))
    for before, today in zip((date.min, *_LOOKS), _LOOKS, strict=False):
        days = str(before), str(today)
        store.load(row for row in rows if row[0].time and days[0] <= row[0].time < days[1])
        look_once(Readings(store, records).reader("main"), records, "main", TERMS, today)
