"""A store to be asked: a folder, or one made for the while from mined files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from guandian.cli.console.notes import tell
from guandian.errors import GuandianError
from guandian.io.optional_libraries import needs

if TYPE_CHECKING:
    from guandian.store import StoreReader


def store_files(store: Path | None) -> list[Path]:
    """The files of a store's folder, which nothing may be written onto."""
    return [] if store is None else [path for path in store.rglob("*") if path.is_file()]


@contextmanager
def opened_store(files: Sequence[Path], store: Path | None, tenant: str) -> Iterator[StoreReader]:
    """The reader of a folder, or of mined files that are loaded into a temporary one.

    Raises:
        GuandianError: both or none are named, a file holds no review, or a library is missing.
    """
    if bool(files) == (store is not None):
        raise GuandianError(
            "mined files or a store are asked, one of them",
            "name files of `guandian mine`, or --store FOLDER",
        )
    needs("duckdb", "serve", "a store")
    from guandian.files import read_mined
    from guandian.mining.duplicate_ids import RepeatedIds
    from guandian.store import Store

    if store is not None:
        with Store.open(store) as opened:
            yield opened.reader(tenant)
        return
    for file in files:
        next(read_mined(file))  # what is wrong with one is told before any is loaded
    repeated = RepeatedIds()
    with TemporaryDirectory(prefix="guandian-") as folder, Store.open(folder, write=True) as made:
        from guandian.cli.serving.store import renamed

        for file in files:
            before = f"{file.name}:" if len(files) > 1 else ""
            made.load(renamed(read_mined(file), before, repeated), tenant)
        if repeated.count:
            tell(
                f"{repeated.count:,} reviews have the id of an earlier one, of which the last "
                "counts: give each an id of its own, or mine anew with --columns id=NAME"
            )
        yield made.reader(tenant)
