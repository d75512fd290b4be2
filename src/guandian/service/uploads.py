"""Files that people drop: kept by what they hold, looked at before they are mined."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import time
from collections.abc import AsyncIterator, Collection
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from guandian.errors import GuandianError
from guandian.files import ColumnChoice, Layout, guess_columns
from guandian.files.columns.values import as_text
from guandian.files.formats.opening import open_tables
from guandian.files.table import TableRow
from guandian.io.atomic import replace_file, telling
from guandian.mining.inputs import Inputs
from guandian.service.problems import Problem, not_there
from guandian.store.overlay import review_digest

ENDINGS = (
    "csv", "tsv", "tab", "json", "jsonl", "ndjson", "txt", "xlsx", "xlsm", "parquet",
    "csv.gz", "tsv.gz", "json.gz", "jsonl.gz", "ndjson.gz", "txt.gz",
)  # fmt: skip
ROWS = 20
"""Rows of a sample."""
_CELL = 500
"""Characters of a cell in a sample."""
_NAME = re.compile(r"u_[0-9a-f]{24}")
_FORGOTTEN = "forgotten"
"""The ending of the digests of reviews that were deleted while a job read a file."""
_LASTS = 24 * 3600.0
"""Seconds for which a file waits for a job."""
_LINES = ("csv", "tsv", "tab", "jsonl", "ndjson", "txt")
_CONTROL = re.compile(r"[\x00-\x1f\x7f/\\]")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was dropped.

    Attributes:
        id: `u_` and 24 hex digits of what it holds.
        name: as its owner calls it.
        path: where it lies.
        size: bytes.
    """

    id: str
    name: str
    path: Path
    size: int


@dataclass(frozen=True, slots=True)
class UploadInputs(Inputs):
    """An upload as a job reads it: rows without an id of their own are named after the file."""

    def prefix(self, name: str) -> str:
        """The upload's id before the row's number, so that no two files share an id."""
        return f"{Path(name).name.partition('.')[0]}:"


class Uploads:
    """The files of all tenants.

    Args:
        folder: in which each tenant has one.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def receive(self, tenant: str, name: str, blocks: AsyncIterator[bytes]) -> Upload:
        """Keep a file; the same bytes dropped again are the same upload.

        Raises:
            Problem: 422 for a name whose ending is of no format, or an empty file.
        """
        ending, folder = _ending(name), self._folder / tenant
        digest, size = hashlib.sha256(), 0
        partial = folder / f".{secrets.token_hex(8)}.partial"
        with telling(partial):
            folder.mkdir(parents=True, exist_ok=True)
            try:
                with partial.open("wb") as file:
                    async for block in blocks:
                        digest.update(block)
                        size += len(block)
                        file.write(block)
                    file.flush()
                    os.fsync(file.fileno())
                if not size:
                    raise Problem(
                        422, "empty", "the file is empty", "choose one that holds reviews"
                    )
                id = f"u_{digest.hexdigest()[:24]}"
                path = folder / f"{id}.{ending}"
                partial.replace(path)
            finally:
                partial.unlink(missing_ok=True)
        upload = Upload(id, _shown(name), path, size)
        note = {"name": upload.name, "file": path.name, "size": size}
        replace_file(folder / f"{id}.note", json.dumps(note).encode())
        return upload

    def get(self, tenant: str, id: str) -> Upload:
        """A tenant's upload.

        Raises:
            Problem: 404 where there is none.
        """
        folder = self._folder / tenant
        try:
            if not _NAME.fullmatch(id):
                raise FileNotFoundError
            note = json.loads((folder / f"{id}.note").read_bytes())
            path = folder / note["file"]
            if not path.is_file():
                raise FileNotFoundError
        except FileNotFoundError:
            names = [path.stem for path in folder.glob("u_*.note")] if folder.is_dir() else []
            raise not_there(f"there is no upload {id[:80]!r}", names) from None
        return Upload(id, note["name"], path, note["size"])

    def remove(self, tenant: str, id: str) -> None:
        """Forget a file; nothing where there is none."""
        if _NAME.fullmatch(id):
            for path in (self._folder / tenant).glob(f"{id}.*"):
                path.unlink(missing_ok=True)

    def forget(self, tenant: str, review: str, read: Collection[str]) -> None:
        """Let no file of a tenant bring a deleted review again.

        Args:
            tenant: whose.
            review: the id.
            read: ids of files that jobs still read: they pass over the review, and are removed at
                the jobs' end. All others are removed now.
        """
        for id in self._ids(tenant):
            if id in read:
                with (self._folder / tenant / f"{id}.{_FORGOTTEN}").open("a") as file:
                    file.write(review_digest(review) + "\n")
                    file.flush()
                    os.fsync(file.fileno())
            else:
                self.remove(tenant, id)

    def forgotten(self, tenant: str, id: str) -> frozenset[str]:
        """The digests of reviews that were deleted since a file was dropped."""
        try:
            return frozenset((self._folder / tenant / f"{id}.{_FORGOTTEN}").read_text().split())
        except FileNotFoundError:
            return frozenset()

    def remove_old(self, read: Collection[tuple[str, str]]) -> None:
        """Remove files that were dropped long ago and that no job reads.

        Args:
            read: tenants and ids of files that jobs still read.
        """
        for note in self._folder.glob("*/u_*.note"):
            tenant, id = note.parent.name, note.stem
            if (tenant, id) not in read and note.stat().st_mtime < time.time() - _LASTS:
                self.remove(tenant, id)

    def _ids(self, tenant: str) -> list[str]:
        return sorted({path.name.partition(".")[0] for path in (self._folder / tenant).glob("u_*")})


def look(upload: Upload, sheet: str | None = None) -> dict[str, Any]:
    """What an upload holds: its columns, what they are taken for, its first rows.

    Args:
        upload: the file.
        sheet: of a workbook; None is the first one that can be read.

    Raises:
        GuandianError: it cannot be read.
    """
    with ExitStack() as closing:
        sheets, _ = open_tables(str(upload.path), Layout(), (), closing)
        named = [entry.name for entry in sheets if entry.name]
        chosen = next((entry for entry in sheets if entry.name == sheet), sheets[0])
        table = chosen.open()
        guess: dict[str, Any] = {}
        try:
            guessed = guess_columns(table.header, ColumnChoice(), upload.name)
        except GuandianError:  # its owner will say which column is the text
            pass
        else:
            guess = dict(guessed.columns) | {"text": list(guessed.texts)}
        rows = (row for row in table.rows if isinstance(row, TableRow))
        sample = [
            {name: (as_text(row.values.get(name)) or "")[:_CELL] for name in table.header}
            for row in islice(rows, ROWS)
        ]
    return {
        "columns": list(table.header),
        "guess": guess,
        "sample": sample,
        "sheets": named,
        "rows": _rows(upload),
    }


def told_of(error: GuandianError, upload: Upload) -> GuandianError:
    """An error in the words of the file's owner, who knows no path of the service."""
    problem = error.problem.replace(str(upload.path), upload.name)
    return GuandianError(problem, error.repair.replace(str(upload.path), upload.name))


def _ending(name: str) -> str:
    lower = name.lower()
    ending = next((e for e in sorted(ENDINGS, key=len)[::-1] if lower.endswith(f".{e}")), None)
    if ending is None:
        raise Problem(
            422,
            "format",
            f"the name {name[-80:]!r} does not end as a file of reviews does",
            f"name it by what it is: {', '.join(ENDINGS)}",
        )
    return ending


def _shown(name: str) -> str:
    return _CONTROL.sub("_", name.encode(errors="replace").decode())[-200:]


def _rows(upload: Upload) -> int | None:
    """About how many rows it has: its lines, those that name columns aside; None if unknown."""
    ending = upload.path.suffix[1:]
    if ending not in _LINES:
        return None
    lines, last = 0, b"\n"
    with upload.path.open("rb") as file:
        while block := file.read(1 << 20):
            lines += block.count(b"\n")
            last = block[-1:]
    lines += last != b"\n"
    return max(0, lines - (ending in ("csv", "tsv", "tab")))
