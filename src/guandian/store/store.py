"""A folder of mined reviews: one process writes, any number read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

from guandian.errors import GuandianError
from guandian.io.atomic import telling, write_whole
from guandian.io.locks import Lock, try_lock
from guandian.store.duck import Duck
from guandian.store.generation import Generation, read_generation, refuse_newer
from guandian.store.loading import Load, Loaded, counting_of
from guandian.store.part_files import Kind
from guandian.store.snapshot import Snapshot
from guandian.store.store_rows import Counting, Pair
from guandian.text.aspect_names import synonyms

MAIN = "main"
"""The first tenant."""
_NOTE = "store.json"
_LOCK = "writer.lock"
_FORMAT = 1
_TENANT = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


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
        """
        folder = self._writing(tenant)
        with telling(folder / "MANIFEST.json"):
            folder.mkdir(parents=True, exist_ok=True)
            generation = read_generation(folder)
            counting = self._counts(tenant, folder, generation)
            load = Load(folder, generation, self._duck, counting, synonyms())
            try:
                changed, loaded = load.run(pairs)
                if changed is not generation:
                    changed.write(folder)
            except BaseException:
                self._counting.pop(tenant, None)
                raise
            self._counting[tenant] = changed.number, counting
        return loaded

    def reader(self, tenant: str = MAIN) -> Snapshot:
        """What is stored at this moment; what comes later it does not see.

        Raises:
            GuandianError: the tenant's manifest cannot be read, or its name is none.
        """
        folder = self._folder_of(tenant)
        return Snapshot(folder, read_generation(folder), self._duck)

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
        if not _TENANT.fullmatch(tenant):
            raise GuandianError(
                f"{tenant!r} is no name of a tenant",
                "name one by small letters, digits, - and _, 64 of them at most",
            )
        return self.folder / "opinions" / tenant

    def _writing(self, tenant: str) -> Path:
        if self._lock is None:
            raise GuandianError(
                f"the store {self.folder} was opened for reading", "open it with write=True"
            )
        return self._folder_of(tenant)

    def _counts(self, tenant: str, folder: Path, generation: Generation) -> Counting:
        number, counting = self._counting.get(tenant, (-1, Counting()))
        if number == generation.number:
            return counting
        kind: Kind = "reviews"
        paths = [folder / name for name in generation.parts(kind)]
        files: dict[str, Any] = {kind: self._duck.paths(kind, paths)}
        return counting_of(self._duck, files)


def _begin(folder: Path) -> Lock:
    """Make the folder of a store and take the lock of its writer."""
    note = folder / _NOTE
    with telling(note):
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
        raise GuandianError(
            f"cannot read {note}: {error}", "put back a copy of the store's folder"
        ) from error
    refuse_newer(note, number, _FORMAT)
