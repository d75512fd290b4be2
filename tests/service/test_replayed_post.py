"""A service that is killed while it answers a POST, started anew and asked again: one job."""

from __future__ import annotations

import os
import random
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest
from tests.service.callers import Process, started

from guandian.store.records import Records

TRIALS = int(os.environ.get("GUANDIAN_CRASH_TRIALS", "4"))


def post(process: Process, key: str, upload: str, name: str) -> str:
    """The id of the job, empty where the service was killed before it answered."""
    try:
        answer = httpx2.post(
            f"{process.url}/v1/jobs", json={"upload": upload}, timeout=60,
            headers={"authorization": f"Bearer {key}", "idempotency-key": name},
        )  # fmt: skip
    except httpx2.TransportError:
        return ""
    return str(answer.json()["job"]["id"]) if answer.status_code == 202 else answer.text


@pytest.mark.slow
def test_a_post_sent_again_after_a_kill_makes_one_job(data: Path) -> None:
    """Each start is asked the POST that the kill before it cut, then killed in another one."""
    moments, key, upload, before, unanswered = random.Random(17), "", "", "", 0
    jobs: list[str] = []
    for trial in range(TRIALS + 1):
        with started(data) as process, ThreadPoolExecutor(1) as pool:
            key = key or process.key
            if trial:
                answers = {post(process, key, upload, f"post-{trial - 1}") for _ in range(2)}
                listed = process.ask("GET", "/v1/jobs", key, params={"limit": 1}).json()
                jobs.insert(0, listed["items"][0]["id"])
                assert answers == {jobs[0]} and before in ("", jobs[0])
                assert listed["total"] == trial
            if trial == TRIALS:
                process.end(signal.SIGKILL)
                break
            content = f"text\n屏幕很清晰{trial}\n".encode()
            name = {"name": "a.csv"}
            answer = process.ask("POST", "/v1/uploads", key, params=name, content=content)
            upload = answer.json()["upload"]
            first = pool.submit(post, process, key, upload, f"post-{trial}")
            # The first one before anything can have been answered, on any machine.
            time.sleep(moments.uniform(0, 0.03) if trial else 0)
            process.end(signal.SIGKILL)
            before = first.result()
            unanswered += not before
    with Records.open(data) as records:
        assert [job.id for job in records.jobs.list("main", limit=TRIALS + 1)] == jobs
    assert len(jobs) == TRIALS
    assert unanswered  # some were killed before they answered
