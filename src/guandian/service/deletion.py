"""A person's right: a review goes from wherever a data folder holds it, by HTTP or by command."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from guandian.service.job_files import JobFiles
from guandian.service.uploads import Uploads
from guandian.store import Store
from guandian.store.overlay import review_digest
from guandian.store.readings import refuse_incomplete
from guandian.store.records import Records
from guandian.store.store import storing


@dataclass(frozen=True, slots=True)
class Deletion:
    """Deletes reviews from the store, the records and all that was dropped and mined.

    Attributes:
        folder: of the data.
        records, store, uploads, files: what it holds.
        lock: held while a job stores what it mined, and while a review is deleted.
    """

    folder: Path
    records: Records
    store: Store
    uploads: Uploads
    files: JobFiles
    lock: Lock = field(default_factory=Lock)

    @classmethod
    def of(cls, folder: Path, records: Records, store: Store) -> Deletion:
        """The deletion of a data folder whose records and store are open."""
        return cls(folder, records, store, Uploads(folder / "uploads"), JobFiles(folder / "jobs"))

    def delete(self, tenant: str, reviews: Collection[str], who: str) -> list[str]:
        """Delete reviews of a tenant.

        Files that wait for a job are removed; a file that a job still reads is removed at its end,
        and the job passes over the reviews. Afterwards, where no job of the tenant is open, no file
        below the data folder holds their words.

        Args:
            tenant: whose.
            reviews: their ids.
            who: for the audit log, which names each by its digest.

        Returns:
            Those that were there.

        Raises:
            GuandianError: a file cannot be written; do the same again.
            DamagedStore: a part that may hold one of them is missing; nothing is removed.
        """
        with self.lock, storing(self.folder):
            reader = self.store.reader(tenant)
            there = [name for name in dict.fromkeys(reviews) if reader.review(name) is not None]
            if len(there) < len(set(reviews)):
                refuse_incomplete(reader)
            if not there:
                self.store.delete_reviews([], tenant)  # sweeps what a killed writer left
                return []
            read = {job.upload for job in self.records.jobs.open(tenant)}
            for name in there:
                self.uploads.forget(tenant, name, read)
                self.files.forget(tenant, name)
                self.records.forget_review(tenant, name)
            self.store.delete_reviews(there, tenant)  # the last: until then they are there
            for name in there:
                self.records.audit.add(tenant, who, "review.delete", review_digest(name))
        return there
