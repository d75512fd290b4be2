"""A real process over loopback: it survives any kill, ends within its time, and listens at home."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx2
import pytest
from tests.service.callers import REVIEW, Process, started

pytestmark = pytest.mark.slow
MOMENTS = [
    float(moment) for moment in os.environ.get("GUANDIAN_KILL_SECONDS", "0.6,2.2").split(",")
]
"""Seconds that a service lives before it is killed; set the variable for more of them."""


def rows(count: int) -> bytes:
    lines = (f"{k},屏幕很清晰{k}，但是电池不耐用" for k in range(count))
    return ("id,text\n" + "\n".join(lines)).encode()


def submit(process: Process, key: str, content: bytes) -> str:
    upload = process.ask("POST", "/v1/uploads?name=x.csv", key, content=content).json()["upload"]
    job = process.ask("POST", "/v1/jobs", key, json={"upload": upload})
    assert job.status_code == 202
    id: str = job.json()["job"]["id"]
    return id


def test_a_job_survives_kills(tmp_path: Path) -> None:
    """Killed again and again, wherever it is: the job ends with each review once."""
    data, count = tmp_path / "data", 1800
    with started(data, "--threads", "2") as process:
        key = process.key
        assert key
        job = submit(process, key, rows(count))
        process.end(signal.SIGKILL)
    for moment in MOMENTS:
        with started(data, "--threads", "2") as process:
            assert not process.key, "the first key is told once"
            time.sleep(moment)
            process.end(signal.SIGKILL)
    with started(data, "--threads", "2") as process:
        until = time.monotonic() + 300
        while time.monotonic() < until:
            state = process.ask("GET", f"/v1/jobs/{job}", key).json()["job"]
            if state["finished"]:
                break
            time.sleep(0.1)
        assert (state["state"], state["reviews"], state["error"]) == ("done", count, None)
        overview = process.ask("GET", "/v1/summary", key).json()["overview"]
        assert overview["reviews"] == count
        results = process.ask("GET", f"/v1/jobs/{job}/results?limit=1000", key).json()
        assert [int(record["id"]) for record in results["items"]] == list(range(1000))
        assert process.end() == 0


def test_it_ends_within_its_time_and_answers_what_runs(tmp_path: Path) -> None:
    with started(tmp_path / "data", "--drain", "40", "--threads", "1") as process:
        job = submit(process, process.key, rows(20_000))
        body = {"reviews": [{"id": str(k), "text": REVIEW["text"] * 5} for k in range(60)]}
        statuses: list[int] = []
        streamed: list[str] = []

        def mine() -> None:
            statuses.append(process.ask("POST", "/v1/mine", json=body).status_code)

        def watch() -> None:
            headers = {"authorization": f"Bearer {process.key}"}
            path = f"{process.url}/v1/jobs/{job}/events"
            with httpx2.stream("GET", path, headers=headers, timeout=60) as stream:
                for line in stream.iter_lines():
                    streamed.append(line)  # noqa: PERF402

        threads = [threading.Thread(target=work) for work in (mine, watch)]
        for thread in threads:
            thread.start()
        until = time.monotonic() + 30
        while not streamed and time.monotonic() < until:
            time.sleep(0.05)
        began = time.monotonic()
        assert process.end() == 0
        assert time.monotonic() - began < 50
        for thread in threads:
            thread.join(10)
        assert statuses == [200], "what was being read is answered"
        assert "event: progress" in streamed and "event: end" not in streamed


def test_it_listens_at_home_and_once(tmp_path: Path) -> None:
    with started(tmp_path / "data") as process:
        assert httpx2.get(process.url + "/healthz", timeout=60).status_code == 200
        elsewhere = socket.gethostbyname(socket.gethostname())
        if not elsewhere.startswith("127."):
            with pytest.raises(httpx2.ConnectError):
                httpx2.get(f"http://{elsewhere}:{process.port}/healthz", timeout=5)
        second = pytest.raises(AssertionError, match="another process writes the store")
        with second, started(tmp_path / "data"):
            pass
        assert httpx2.get(process.url + "/healthz", timeout=60).status_code == 200


def test_its_log_is_lines_of_json_without_a_word_of_a_review(tmp_path: Path) -> None:
    with started(tmp_path / "data") as process:
        submit(process, process.key, rows(3))
        answer = process.ask("POST", "/v1/mine", json={"reviews": [REVIEW]})
        assert answer.status_code == 200
        process.ask("GET", "/v1/search?words=屏幕")
        process.ask("POST", "/v1/mine", content=b'{"reviews": [{"id": "\xe5\xb1\x8f\xe5\xb9\x95"')
        assert process.end() == 0
        text = process.errors.read_text("utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    assert {"/v1/uploads", "/v1/mine", "/v1/search"} <= {line.get("route") for line in lines}
    assert all(line["key"].startswith("k_") for line in lines if line["event"] == "request")
    assert "屏幕" not in text and process.key not in text


def test_connections_that_say_nothing_or_rubbish(tmp_path: Path) -> None:
    """Hostile bytes on the wire; the control is a good request beside each."""
    with started(tmp_path / "data") as process, ExitStack() as open_wires:
        wires: list[tuple[bytes, socket.socket]] = []
        for rubbish in (
            b"\x00" * 100, b"\x16\x03\x01\x02\x00",
            b"POST /v1/mine HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
            b"POST /v1/mine HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            b"GET / HTTP/1.1\r\nX: " + b"a" * 100_000, b"GET /" + b"a" * 100_000,
            b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 20_000,
        ):  # fmt: skip
            wire = socket.create_connection(("127.0.0.1", process.port), 5)
            open_wires.enter_context(wire)
            wires.append((rubbish, wire))
            with suppress(OSError):
                wire.sendall(rubbish)
            assert httpx2.get(process.url + "/healthz", timeout=60).status_code == 200
        until = time.monotonic() + 5
        for rubbish, wire in wires:
            wire.settimeout(max(0.01, until - time.monotonic()))
            try:
                answer = wire.recv(200)
            except OSError:
                answer = b""
            assert b" 200 " not in answer[:20], rubbish[:40]
            assert httpx2.get(process.url + "/healthz", timeout=60).status_code == 200
        open_wires.close()
        assert process.end() == 0


def test_a_lost_secret_of_keys_is_told_at_the_start(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with started(data) as process:
        key = process.key
        assert process.ask("GET", "/v1/me").status_code == 200
        assert process.end() == 0
    (data / "keys.secret").unlink()
    with started(data) as process:
        assert not process.key and process.ask("GET", "/v1/me", key).status_code == 401
        assert process.end() == 0
        words = process.errors.read_text("utf-8")
    assert "were made with another" in words and f"guandian keys create --data {data}" in words
