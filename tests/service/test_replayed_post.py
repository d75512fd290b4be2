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
    moments = random.Random(17)
    with started(data) as process:
        key = process.key
    unanswered = 0
    for trial in range(TRIALS):
        with started(data) as process, ThreadPoolExecutor(1) as pool:
            content = f"text\n屏幕很清晰{trial}\n".encode()
            name = {"name": "a.csv"}
            answer = process.ask("POST", "/v1/uploads", key, params=name, content=content)
            upload = answer.json()["upload"]
            first = pool.submit(post, process, key, upload, f"post-{trial}")
            time.sleep(moments.uniform(0, 0.03))
            process.end(signal.SIGKILL)
            before = first.result()
        with started(data) as process:
            answers = {post(process, key, upload, f"post-{trial}") for _ in range(2)}
            process.end(signal.SIGKILL)
        with Records.open(data) as records:
            jobs = [job.id for job in records.jobs.list("main")]
        assert answers == {jobs[0]} and before in ("", jobs[0])
        assert len(jobs) == trial + 1
        unanswered += not before
    assert unanswered  # some were killed before they answered
