"""A disk that takes no more is told, nothing is corrupted, and it goes on once there is room."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from guandian.store.records import Records, RecordsError

resource = pytest.importorskip("resource")


@contextmanager
def files_at_most(size: int) -> Iterator[None]:
    """No file can grow beyond a size: the system refuses the write, as it does on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_at_any_byte_is_told_and_loses_nothing(tmp_path: Path) -> None:
    acknowledged: set[str] = set()
    refusals: list[str] = []
    for size in range(2000, 80_000, 3000):
        records = Records.open(tmp_path)
        try:
            with files_at_most(size):
                acknowledged.add(records.jobs.add("main", "x" * 20_000, "u_1", {}, "k_1").id)
        except RecordsError as error:
            refusals.append(str(error))
        with files_at_most(size):
            assert {job.id for job in records.jobs.list("main")} == acknowledged  # reading goes on
            records.close()  # which would move what was written into the main file
        with Records.open(tmp_path) as records:
            acknowledged.add(records.jobs.add("main", "room again", "u_1", {}, "k_1").id)
        with closing(sqlite3.connect(tmp_path / "records.sqlite")) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            kept = {id for (id,) in connection.execute("SELECT id FROM jobs")}
        assert kept == acknowledged
    assert len(refusals) > 5 and len(acknowledged) > 20
    assert all(f"the records in {tmp_path}" in refusal for refusal in refusals)
