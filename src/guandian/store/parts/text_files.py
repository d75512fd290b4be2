"""Texts by their rows: of large parts only the groups that hold them are read."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from guandian.io.optional_libraries import needs
from guandian.store.duck import PartGone

_KEPT = 512
"""Footers of parts that are remembered."""


class TextFiles:
    """Reads records from parts, whose footers it remembers."""

    def __init__(self) -> None:
        self._footers: OrderedDict[str, tuple[Any, Any, Any]] = OrderedDict()
        self._lock = Lock()

    def records(self, parts: Sequence[Path], rows: Iterable[int]) -> dict[int, str]:
        """The records of these rows, those that the parts hold.

        Raises:
            PartGone: a part cannot be read.
        """
        wanted = np.unique(np.fromiter(rows, np.int64))
        records: dict[int, str] = {}
        for part in parts:
            if len(wanted):
                records |= self._of_part(part, wanted)
        return records

    def _of_part(self, part: Path, wanted: Any) -> dict[int, str]:
        parquet = needs("pyarrow.parquet", "serve", "a store")
        try:
            footer, least, most = self._footer(part, parquet)
            groups = np.flatnonzero(
                np.searchsorted(wanted, least) < np.searchsorted(wanted, most, "right")
            )
            if not len(groups):
                return {}
            with parquet.ParquetFile(part, metadata=footer) as file:
                table = file.read_row_groups(groups.tolist(), use_threads=False)
        except OSError as error:
            raise PartGone(str(error)) from error
        rows = table["row"].to_numpy()
        places = np.flatnonzero(np.isin(rows, wanted))
        chosen = table["record"].take(places).to_pylist()
        return dict(zip(rows[places].tolist(), chosen, strict=True))

    def _footer(self, part: Path, parquet: Any) -> tuple[Any, Any, Any]:
        with self._lock:
            if (known := self._footers.get(part.name)) is not None:
                self._footers.move_to_end(part.name)
                return known
        footer = parquet.read_metadata(part)
        ends = [
            footer.row_group(group).column(0).statistics for group in range(footer.num_row_groups)
        ]
        least = np.array([end.min for end in ends], np.int64)
        ends_of = footer, least, np.array([end.max for end in ends], np.int64)
        with self._lock:
            self._footers[part.name] = ends_of
            while len(self._footers) > _KEPT:
                self._footers.popitem(last=False)
        return ends_of
