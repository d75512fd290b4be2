"""What a tenant reads: the store with the tenant's corrections and names of aspects over it."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Any

from guandian.store.records import Records
from guandian.store.snapshot import StoreReader
from guandian.store.store import Store
from guandian.text.aspect_names import Synonyms, synonyms


@dataclass(frozen=True, slots=True)
class _Laid:
    mark: Any
    said: list[Any]
    names: Synonyms


class Readings:
    """Opens readers; what lies over the opinions is read again when it changed."""

    def __init__(self, store: Store, records: Records) -> None:
        self._store, self._records = store, records
        self._lock = Lock()
        self._laid: dict[str, _Laid] = {}

    def reader(self, tenant: str) -> StoreReader:
        """What is stored at this moment, as people corrected it."""
        laid = self._present(tenant)
        return self._store.reader(tenant, said=laid.said, names=laid.names)

    def _present(self, tenant: str) -> _Laid:
        corrections, aspects = self._records.corrections, self._records.aspects
        mark = corrections.mark(tenant), aspects.mark(tenant)
        laid = self._laid.get(tenant)
        if laid is None or laid.mark != mark:
            said = [record.said for record in corrections.standing(tenant)]
            laid = _Laid(mark, said, aspects.names(tenant, synonyms()))
            with self._lock:
                self._laid[tenant] = laid
        return laid
