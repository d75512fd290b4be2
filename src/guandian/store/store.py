"""A folder of mined reviews: one process writes, any number read."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock as ThreadLock
from typing import Self

from guandian.data.own_categories import OwnCategories
from guandian.domain.tenant_names import checked_tenant
from guandian.errors import GuandianError
from guandian.io.atomic import is_full, why_not_written, write_whole
from guandian.io.data_folders import refuse_file
from guandian.io.locks import Lock, is_locked, try_lock
from guandian.store.duck import Duck, PartGone
from guandian.store.overlay import Said
from guandian.store.part_numbers import StoredIds
from guandian.store.parts.generation import (
    MANIFEST,
    DamagedStore,
    Generation,
    missing_parts,
    read_generation,
    refuse_newer,
    unread_file,
)
from guandian.store.parts.loading import Load, Loaded, counting_of, delete
from guandian.store.parts.segments import Rewriting
from guandian.store.parts.store_rows import Counting, Pair
from guandian.store.snapshot import StoreReader
from guandian.store.view import Laid, Views
from guandian.text.aspect_names import Synonyms, synonyms

MAIN = "main"
"""The first tenant."""
_NOTE = "store.json"
_LOCK = "writer.lock"
_FORMAT = 1
GRACE = 120.0
"""Seconds for which a file that no generation names any more waits for earlier readers."""


@dataclass(frozen=True, slots=True)
class TenantStatus:
    """What a tenant's store holds.

    Attributes:
        generation: grows with every change.
        reviews, opinions: that readers see.
        parts, size: files and their bytes.
        missing: files that the manifest names and that are not there.
    """

    generation: int
    reviews: int
    opinions: int
    parts: int
    size: int
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """What a store holds.

    Attributes:
        folder: of the store.
        writing: whether a process holds the writer's lock.
        tenants: whose opinions can be read.
        damaged: why those of the others cannot.
    """

    folder: Path
    writing: bool
    tenants: Mapping[str, TenantStatus]
    damaged: Mapping[str, DamagedStore]


class Store:
    """Mined reviews in a folder.

    Args:
        folder: of the store.
        duck: what reads parts.
        lock: of the writer; None reads only.
    """

    def __init__(self, folder: Path, duck: Duck, lock: Lock | None = None) -> None:
        self.folder, self._duck, self._lock = folder, duck, lock
        self._counting: dict[str, tuple[int, Counting]] = {}
        self._one = ThreadLock()
        self._ids = StoredIds(duck)
        self._views = Views(duck, self._ids)

    @classmethod
    def open(
        cls,
        folder: str | Path,
        write: bool = False,
        *,
        memory: int = 512,
        threads: int | None = None,
    ) -> Self:
        """Open a store.

        Args:
            folder: of the store; who writes makes it where it is not there.
            write: take the lock of the one writer.
            memory: megabytes that queries may use; beyond them they spill to the disk.
            threads: of a query; None takes all cores.

        Raises:
            GuandianError: there is no store, a later version wrote it, another process writes, or
                the folder cannot be written.
        """
        folder = Path(folder)
        refuse_file(folder)
        lock = _begin(folder) if write else None
        try:
            _check(folder)
            return cls(folder, Duck(memory, threads), lock)
        except BaseException:
            if lock:
                lock.release()
            raise

    def load(self, pairs: Iterable[Pair], tenant: str = MAIN) -> Loaded:
        """Load mined reviews; readers see all of them at once, or none after an error.

        A review that is there just so is left alone. Of a review that another model mined, or
        whose text is another, readers see what is loaded last.

        Raises:
            GuandianError: the store was opened for reading, or cannot be written.
            DamagedStore: parts that it needs are missing; nothing is changed.
        """
        with self._changing(tenant) as change:
            load = Load(change.rewriting, change.generation, change.counting(), synonyms())
            changed, loaded = load.run(pairs)
            change.commit(changed, load.counting)
            if load.changes.dropped:  # the same model's answer to another text
                change.sweep(0)
        return loaded

    def delete_review(self, review_id: str, tenant: str = MAIN) -> bool:
        """Delete a review, its opinions and all that was derived from it; whether it was there.

        No file of the store holds its text or a digest of it afterwards.

        Raises:
            GuandianError: as for `load`; DamagedStore too where a part that holds it is missing.
        """
        return self.delete_reviews([review_id], tenant) > 0

    def delete_reviews(self, review_ids: Collection[str], tenant: str = MAIN) -> int:
        """Delete several reviews at once, which costs little more than one; how many there were."""
        with self._changing(tenant) as change:
            changed, number = delete(change.rewriting, change.generation, review_ids)
            change.commit(changed)
            change.sweep(0)  # a killed writer may have left a part that no manifest names
        return number

    def status(self) -> StoreStatus:
        """What the store holds, tenant by tenant.

        Raises:
            GuandianError: a later version wrote a manifest.
        """
        generations, damaged = self._generations()
        tenants = {}
        for name, generation in generations.items():
            folder = self.folder / "opinions" / name
            files = [folder / name for name in generation.files()]
            tenants[name] = TenantStatus(
                generation=generation.number,
                reviews=sum(segment.reviews for segment in generation.segments),
                opinions=sum(segment.opinions for segment in generation.segments),
                parts=len(files),
                size=sum(path.stat().st_size for path in files if path.is_file()),
                missing=missing_parts(folder, generation),
            )
        writing = self._lock is not None or is_locked(self.folder / _LOCK)
        return StoreStatus(self.folder, writing, tenants, damaged)

    def damaged(self) -> tuple[list[str], dict[str, DamagedStore]]:
        """The tenants whose opinions can be read, and why those of the others cannot."""
        generations, damaged = self._generations()
        return [*generations], damaged

    def reader(
        self,
        tenant: str = MAIN,
        *,
        said: Iterable[Said] = (),
        names: Synonyms | None = None,
        categories: OwnCategories | None = None,
    ) -> StoreReader:
        """What is stored at this moment; what comes later it does not see.

        Args:
            tenant: whose.
            said: what people said of opinions (`guandian.store.records`), in the order of saying:
                numbers and quotes are those that it leaves.
            names: the tenant's own names of aspects, as `guandian.text.aspect_names` keeps them.
            categories: those that the tenant wants to see in place of the models'.

        Raises:
            GuandianError: the tenant's manifest cannot be read, or its name is none.
        """
        laid = Laid.of(said, names, categories)
        return StoreReader(self._folder_of(tenant), self._views, laid)

    def close(self) -> None:
        """Give the lock and the memory back."""
        self._duck.close()
        if self._lock:
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def _folder_of(self, tenant: str) -> Path:
        return self.folder / "opinions" / checked_tenant(tenant)

    def _generations(self) -> tuple[dict[str, Generation], dict[str, DamagedStore]]:
        generations, damaged = dict[str, Generation](), dict[str, DamagedStore]()
        for folder in sorted((self.folder / "opinions").glob("*/")):
            try:
                generations[folder.name] = read_generation(folder)
            except DamagedStore as error:
                damaged[folder.name] = error
        return generations, damaged

    @contextmanager
    def _changing(self, tenant: str) -> Iterator[_Change]:
        folder = self._folder_of(tenant)
        if self._lock is None:
            raise GuandianError(
                f"the store {self.folder} was opened for reading", "open it with write=True"
            )
        with self._one, storing(self.folder):
            folder.mkdir(parents=True, exist_ok=True)
            known = self._counting.pop(tenant, None)
            generation = read_generation(folder)
            if not (folder / MANIFEST).exists():  # from now on one that is missing is a lost one
                generation.write(folder)
            change = _Change(folder, Rewriting(folder, self._duck, self._ids), generation, known)
            change.sweep(GRACE)
            try:
                yield change
            except (PartGone, FileNotFoundError) as error:
                missing = missing_parts(folder, change.generation)
                if not missing:
                    raise
                raise _damaged(folder, missing) from error
            if change.known and change.known[0] == change.generation.number:
                self._counting[tenant] = change.known


@dataclass(slots=True)
class _Change:
    """One change of a tenant's opinions; what fails leaves everything as it was."""

    folder: Path
    rewriting: Rewriting
    generation: Generation
    known: tuple[int, Counting] | None

    def counting(self) -> Counting:
        if self.known is None or self.known[0] != self.generation.number:
            self.known = self.generation.number, counting_of(self.rewriting, self.generation)
        return self.known[1]

    def commit(self, changed: Generation, counting: Counting | None = None) -> None:
        if changed is not self.generation:
            changed.write(self.folder)
            self.generation = changed
            self.known = None if counting is None else (changed.number, counting)

    def sweep(self, grace: float) -> None:
        """Remove files that no reader is to see any more, `grace` seconds after their making."""
        names, latest = self.generation.files() | {MANIFEST}, time.time() - grace
        for path in self.folder.iterdir():
            is_part = path.suffix == ".parquet"
            if path.name not in names and (not is_part or path.stat().st_mtime <= latest):
                path.unlink(missing_ok=True)


@contextmanager
def storing(folder: Path) -> Iterator[None]:
    """Turn the system's errors while writing a store into ones that say what to do about them.

    Raises:
        GuandianError: it cannot be written; what readers see is as it was.
    """
    try:
        yield
    except OSError as error:
        repair = "let this user write there, or name another folder with --data"
        if is_full(error):
            repair = "make room there and do the same again"
        raise GuandianError(
            f"cannot write the store {folder}: {why_not_written(error)}; what was stored before"
            " is whole",
            repair,
        ) from error


def _damaged(folder: Path, missing: Collection[str]) -> DamagedStore:
    return DamagedStore(
        f"{folder} lacks {len(missing):,} of its parts, such as {min(missing)}: what they hold"
        " can be neither read nor changed nor deleted",
        "put them back from a copy of the store's folder, or load all reviews into another",
    )


def _begin(folder: Path) -> Lock:
    """Make the folder of a store and take the lock of its writer."""
    note = folder / _NOTE
    with storing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = try_lock(folder / _LOCK)
    if lock is None:
        raise GuandianError(
            f"another process writes the store {folder}",
            "stop it, or open the store for reading: readers need no lock",
        )
    try:
        if not note.exists():
            write_whole(note, f'{{"format": {_FORMAT}}}\n'.encode())
    except BaseException:
        lock.release()
        raise
    return lock


def _check(folder: Path) -> None:
    import json

    note = folder / _NOTE
    try:
        content = json.loads(note.read_bytes())
        number = content["format"]
    except FileNotFoundError:
        raise GuandianError(
            f"{folder} holds no store", f"load one: guandian store load MINED.jsonl --data {folder}"
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise unread_file(note, error) from error
    refuse_newer(note, number, _FORMAT)
