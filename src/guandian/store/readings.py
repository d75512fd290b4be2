"""What a tenant reads: the store with the tenant's corrections and names of aspects over it."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from threading import Lock
from typing import Any

from guandian.data.own_categories import OwnCategories
from guandian.store.parts.generation import DamagedStore
from guandian.store.records import Records
from guandian.store.snapshot import StoreReader
from guandian.store.store import Store
from guandian.text.aspect_names import Synonyms, synonyms

READERS: ContextVar[list[StoreReader] | None] = ContextVar("readers", default=None)
"""The readers that the present request opened: its answer says whether they lacked a part."""
TAXONOMY = "taxonomy"
"""The name of the setting that holds a tenant's own categories."""


@dataclass(frozen=True, slots=True)
class _Laid:
    mark: Any
    said: list[Any]
    names: Synonyms
    categories: OwnCategories


class Readings:
    """Opens readers; what lies over the opinions is read again when it changed."""

    def __init__(self, store: Store, records: Records) -> None:
        self._store, self._records = store, records
        self._lock = Lock()
        self._laid: dict[str, _Laid] = {}

    def reader(self, tenant: str) -> StoreReader:
        """What is stored at this moment, as people corrected it."""
        laid = self._present(tenant)
        return _noted(
            self._store.reader(tenant, said=laid.said, names=laid.names, categories=laid.categories)
        )

    def categories(self, tenant: str) -> OwnCategories:
        """The categories that a tenant wants to see."""
        return self._present(tenant).categories

    def mark(self, tenant: str) -> object:
        """Something else as soon as a tenant's opinions are laid over otherwise."""
        return self._present(tenant).mark

    def as_mined(self, tenant: str) -> StoreReader:
        """The same as the model gave it, without what people said."""
        return _noted(self._store.reader(tenant))

    def _present(self, tenant: str) -> _Laid:
        corrections, aspects = self._records.corrections, self._records.aspects
        settings = self._records.settings
        mark = corrections.mark(tenant), aspects.mark(tenant), settings.mark(tenant)
        laid = self._laid.get(tenant)
        if laid is None or laid.mark != mark:
            said = [record.said for record in corrections.standing(tenant)]
            categories = OwnCategories.from_json(settings.all(tenant).get(TAXONOMY))
            laid = _Laid(mark, said, aspects.names(tenant, synonyms()), categories)
            with self._lock:
                self._laid[tenant] = laid
        return laid


def refuse_incomplete(reader: StoreReader) -> None:
    """Say nothing of what is not seen where parts are missing that may hold it.

    Raises:
        DamagedStore: parts are missing.
    """
    if reader.incomplete:
        raise DamagedStore(
            f"the store lacks {len(reader.incomplete):,} of its parts, such as"
            f" {min(reader.incomplete)}, and what is asked for may be in them",
            "put them back from a copy of the store's folder, or load all reviews into another",
        )


def _noted(reader: StoreReader) -> StoreReader:
    readers = READERS.get()
    if readers is not None:
        readers.append(reader)
    return reader
