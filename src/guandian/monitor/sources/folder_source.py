"""A folder of review files: those that are new or changed are read as they come."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping
from itertools import islice
from pathlib import Path

from guandian.errors import GuandianError
from guandian.files import read_reviews
from guandian.monitor.sources.collected_rejects import CollectedRejects
from guandian.monitor.sources.review_message import with_labels
from guandian.monitor.sources.review_source import (
    DeadLetter,
    Delivery,
    next_delivery,
    no_deliveries,
)
from guandian.monitor.sources.source_positions import SourcePositions

_SETTLED = 2.0
"""Seconds for which a file was not written before it is read."""


class FolderSource:
    """Reads all files that `guandian mine` reads, in folders within it too.

    A review without an id of its own is `FILE:ROW`. A file that changed is read again: reviews
    that are stored just so are not mined twice.

    Args:
        folder: where the files are put; hidden ones are left alone.
        positions: how far it was read before.
        labels: what holds for all its reviews, such as their product.
        settled: seconds for which a file must not have been written.
    """

    def __init__(
        self,
        folder: Path,
        positions: SourcePositions,
        labels: Mapping[str, str] | None = None,
        settled: float = _SETTLED,
    ) -> None:
        self.name = str(folder)
        self._folder, self._positions, self._settled = folder, positions, settled
        self._labels = labels or {}
        self._seen = positions.of(self.name)
        self._deliveries = no_deliveries()

    def take(self, most: int, seconds: float) -> Delivery:
        """The next reviews of the files; it does not wait."""
        while (delivery := next_delivery(self._deliveries)) is None:
            path = next(self._new(), None)
            if path is None:
                return Delivery()
            self._deliveries = self._read(path, most)
        return delivery

    def _new(self) -> Iterator[Path]:
        for path in sorted(self._folder.rglob("*")):
            hidden = any(part.startswith(".") for part in path.relative_to(self._folder).parts)
            if hidden or not path.is_file():
                continue
            settled = time.time() - path.stat().st_mtime >= self._settled
            if settled and self._seen.get(self._name_of(path)) != _mark(path):
                yield path

    def _name_of(self, path: Path) -> str:
        return path.relative_to(self._folder).as_posix()

    def close(self) -> None:
        """Give a file that was not read to its end back."""
        self._deliveries.close()

    def _read(self, path: Path, most: int) -> Generator[Delivery]:
        """The deliveries of a file; the last one, which may be empty, marks it as read."""
        rejects, name, mark = CollectedRejects(), self._name_of(path), _mark(path)
        try:
            with read_reviews(path, on_error="skip", rejects=rejects, unnamed=f"{name}:") as rows:
                while reviews := list(islice(rows, most)):
                    labelled = [with_labels(review, self._labels) for review in reviews]
                    yield Delivery(labelled, rejects.taken())
        except GuandianError as error:
            rejects.letters.append(DeadLetter(str(error), name))

        def stored() -> None:
            self._seen[name] = mark
            self._positions.put(self.name, self._seen)

        yield Delivery((), rejects.taken(), stored)


def _mark(path: Path) -> list[int]:
    """What changes with what a file holds."""
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns]
