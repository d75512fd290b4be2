"""The series that tenants' watchers look at, kept from one question to the next."""

from __future__ import annotations

from threading import Lock

from guandian.monitor.alerts.series_list import SeriesList
from guandian.monitor.series.buckets import BucketUnit
from guandian.service.tenants.recently_used import RecentlyUsed
from guandian.store import StoreReader
from guandian.store.records import Records

_MOST = 400_000
"""Series of all lists: four of the largest."""


class WatchedShelf:
    """Counts the series of a store once for all who look at them until it, or the watch, goes on.

    Args:
        records: of the watch.
    """

    def __init__(self, records: Records) -> None:
        self._records, self._lock = records, Lock()
        self._lists = RecentlyUsed[tuple[str, str], tuple[object, SeriesList | None]](_MOST)

    def list(
        self, tenant: str, unit: BucketUnit, reader: StoreReader, laid: object
    ) -> SeriesList | None:
        """What is watched in buckets of a unit; None where nobody watches.

        Args:
            tenant: whose.
            unit: of the buckets.
            reader: of the tenant's store.
            laid: what lies over it; another one counts anew.
        """
        watched = self._records.alerts.watched(tenant, unit)
        mark = reader.generation.number, reader.incomplete, laid, watched
        with self._lock:
            entry = self._lists.get((tenant, unit))
        if entry is not None and entry[0] == mark:
            return entry[1]
        listed = SeriesList.of(reader, self._records, tenant, unit)
        with self._lock:
            self._lists.put((tenant, unit), (mark, listed), len(listed.names) if listed else 1)
        return listed
