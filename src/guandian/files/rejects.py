"""Rows that could not be read, kept where their owner can repair them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Self

from guandian.errors import BadRow
from guandian.io.atomic import AtomicFile, telling


class RejectFile:
    """A JSON Lines file of rejected rows: file, line, element of an array, column, reason, row.

    There is no file until there is a rejected row, and it appears under its name on `close`.
    Without a path the rows are only counted.

    Args:
        path: where to write; None counts only.
        overwrite: replace an existing file.

    Attributes:
        count: rows so far.
        skipped: rows that hold no review, as they have no text; their reader counts them here.
        cover: writes over what a row or a reason must not show; None where nothing is hidden.
    """

    def __init__(self, path: Path | str | None = None, *, overwrite: bool = False) -> None:
        self._path = None if path is None else Path(path)
        self._overwrite = overwrite
        self._file: AtomicFile | None = None
        self.count = self.skipped = 0
        self.cover: Callable[[str], str] | None = None

    def add(self, error: BadRow, row: str) -> None:
        """Note one rejected row with its raw text.

        Raises:
            GuandianError: when the file exists or cannot be written.
        """
        self.count += 1
        if self._path is None:
            return
        if self._file is None:
            self._file = AtomicFile(self._path, overwrite=self._overwrite)
        cover = self.cover or str
        entry = {
            "file": error.path,
            "line": error.line,
            **({"element": error.element} if error.element else {}),
            "column": error.column,
            "reason": cover(error.reason),
            "row": cover(row),
        }
        with telling(self._path):
            line = json.dumps(entry, ensure_ascii=False) + "\n"
            # Lone surrogates can only be written as escapes, which JSON spells just like this.
            self._file.file.write(line.encode(errors="backslashreplace"))

    def close(self) -> None:
        """Make the file appear, if a row was rejected."""
        if self._file is not None:
            self._file.commit()
            self._file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        # Also after an error: the rows rejected until then are what its reader needs to see.
        self.close()
