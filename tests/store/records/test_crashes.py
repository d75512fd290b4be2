"""Killed at any moment: what was acknowledged is there, and a POST sent again is done once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.store.records import crashing_writer
from tests.store.records.crashing_writer import die_at, post

from guandian.store.records import Records

TRIALS = int(os.environ.get("GUANDIAN_CRASH_TRIALS", "30"))


def killed_writer(folder: Path, address: str | None, seconds: float) -> list[str]:
    """The ids that a writer printed before it was killed."""
    command = [sys.executable, crashing_writer.__file__, "write", str(folder), address or "-"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        first = process.stdout.readline()
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        return (first + process.stdout.read()).splitlines()


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX's")
def test_nothing_acknowledged_is_lost(tmp_path: Path, address: str | None) -> None:
    acknowledged: list[str] = []
    for kill in range(4):
        acknowledged += killed_writer(tmp_path, address, 0.02 + 0.05 * kill)
        with Records.open(tmp_path, address) as records:
            jobs = {job.id for job in records.jobs.list("main", limit=10**6)}
        assert set(acknowledged) <= jobs
        assert len(jobs) <= len(acknowledged) + kill + 1  # written, and killed before it said so
    assert len(acknowledged) > 8


def crash(records: Records, key: str, number: int) -> bool:
    """Do a POST in a child that is killed at a moment; whether it was."""
    if (child := os.fork()) == 0:
        try:
            records._database.engine.dispose(close=False)
            die_at(records, number)
            post(records, key)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_post_sent_again_after_any_crash_makes_one_job(
    tmp_path: Path, address: str | None
) -> None:
    moments = Counter[bool]()
    with Records.open(tmp_path, address) as records:
        for trial in range(TRIALS):
            key = f"key {trial}"
            moments[crash(records, key, 1 + trial % 30)] += 1
            records._database.engine.dispose()
            answers = {post(records, key) for _ in range(2)}
            made = [job.id for job in records.jobs.list("main", limit=10**6) if job.name == key]
            assert answers == set(made) and len(made) == 1, (trial, answers, made)
        acts = Counter(entry.subject for entry in records.audit.list("main", limit=10**6))
        assert len(acts) == TRIALS and set(acts.values()) == {1}
    assert moments[True] > 0.3 * TRIALS and moments[False]  # some of both


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX's")
def test_servers_that_get_the_same_post_at_once_make_one_job(
    tmp_path: Path, address: str | None
) -> None:
    Records.open(tmp_path, address).close()

    def serve(moment: str) -> str:
        command = [sys.executable, crashing_writer.__file__, "post", str(tmp_path), address or "-"]
        result = subprocess.run([*command, "key", *moment.split()], capture_output=True, text=True,
                                check=False, timeout=60)  # fmt: skip
        return result.stdout.strip()

    with ThreadPoolExecutor(3) as pool:
        answers = set(pool.map(serve, ["12", "", ""]))
    with Records.open(tmp_path, address) as records:
        assert answers - {""} == {job.id for job in records.jobs.list("main")}
    assert len(answers - {""}) == 1
