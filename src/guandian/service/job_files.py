"""What jobs leave in the data folder: the ids of their reviews and the rows they could not read."""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Iterator
from itertools import islice
from pathlib import Path

from guandian.files import read_chunk
from guandian.io.atomic import replacing_file
from guandian.store.overlay import review_digest
from guandian.store.records import JobRecord

MINED, REJECTS = "mined.jsonl", "rejects.jsonl"
_IDS = "ids.jsonl"
_LASTING = (_IDS, REJECTS)


class JobFiles:
    """The folders of all tenants' jobs.

    While a job runs, its folder holds what it mined so far. Once it has ended the words of reviews
    stand in the store alone: of the job's own files the ids and the rejects stay.

    Args:
        folder: in which each tenant has one.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def folder_of(self, tenant: str, id: str) -> Path:
        """Where the files of a job lie."""
        return self._folder / tenant / id

    def jobs(self) -> list[tuple[str, str]]:
        """The tenants and ids of jobs that have a folder."""
        return [(path.parent.name, path.name) for path in self._folder.glob("*/*/")]

    def list_ids(self, job: JobRecord, forgotten: Collection[str]) -> None:
        """Note which reviews a job mined, in its order, once it has mined all.

        Args:
            job: whose output is there.
            forgotten: digests of ids of reviews that were deleted meanwhile.
        """
        folder = self.folder_of(job.tenant, job.id)
        if (folder / MINED).is_file():
            names = (review.id for review, _ in read_chunk(folder / MINED))
            _write(folder / _IDS, (name for name in names if review_digest(name) not in forgotten))

    def settle(self, job: JobRecord, *, rejects: bool = True) -> None:
        """Remove the words of reviews from the folder of a job that has ended.

        Args:
            job: the job.
            rejects: whether the rows that it could not read stay.
        """
        lasting = _LASTING if rejects else (_IDS,)
        folder = self.folder_of(job.tenant, job.id)
        for path in folder.iterdir() if folder.is_dir() else ():
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            elif path.name not in lasting:
                path.unlink(missing_ok=True)

    def page(self, job: JobRecord, limit: int, offset: int) -> tuple[int, list[str]] | None:
        """How many reviews a job mined, and the ids of some; None where it has not mined all."""
        path = self.folder_of(job.tenant, job.id) / _IDS
        try:
            with path.open(encoding="ascii") as file:
                before = sum(1 for _ in islice(file, offset))
                names = [json.loads(line) for line in islice(file, limit)]
                return before + len(names) + sum(1 for _ in file), names
        except FileNotFoundError:
            return None

    def forget(self, tenant: str, review: str) -> None:
        """Take a review out of the jobs that mined it, with the rows that those could not read."""
        line = json.dumps(review)
        for path in self._folder.glob(f"{tenant}/*/{_IDS}"):
            names = list(_ids(path))
            if line in names:
                _write(path, (json.loads(name) for name in names if name != line))
                path.with_name(REJECTS).unlink(missing_ok=True)

    def remove(self, tenant: str, id: str) -> None:
        """Forget a job; nothing where there is none."""
        shutil.rmtree(self.folder_of(tenant, id), ignore_errors=True)


def _ids(path: Path) -> Iterator[str]:
    with path.open(encoding="ascii") as file:
        for line in file:
            yield line.rstrip("\n")


def _write(path: Path, names: Iterator[str]) -> None:
    with replacing_file(path) as written, written.open("w", encoding="ascii") as file:
        for name in names:
            file.write(json.dumps(name) + "\n")
