"""Callers of a service: through its application here, or of a process over loopback."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from starlette.types import ASGIApp

from guandian.service.app import create_app
from guandian.service.parts import Service
from guandian.store.records import KeyTerms, Scope

JSON = "application/json"
PROBLEM = "application/problem+json"
REVIEW = {"id": "1", "text": "屏幕很清晰，但是电池不耐用"}


@dataclass(frozen=True)
class Caller:
    """Asks an application, with a key where there is one."""

    app: ASGIApp
    key: str = ""

    def __call__(self, method: str, path: str, **more: Any) -> httpx2.Response:
        return asyncio.run(self.ask(method, path, **more))

    async def ask(self, method: str, path: str, **more: Any) -> httpx2.Response:
        headers = {"authorization": f"Bearer {self.key}"} if self.key else {}
        headers |= more.pop("headers", {})
        transport = httpx2.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://guandian") as client:
            return await client.request(method, path, headers=headers, timeout=180, **more)

    def get(self, path: str, **more: Any) -> Any:
        """The JSON of an answer that is good."""
        answer = self("GET", path, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, content: Any = None, **more: Any) -> Any:
        """The JSON of a good answer to JSON."""
        answer = self("POST", path, json=content, **more)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def job(self, content: bytes, name: str, **choices: Any) -> dict[str, Any]:
        """A file's job at its end."""
        upload = self("POST", "/v1/uploads", params={"name": name}, content=content)
        assert upload.status_code == 201, upload.text
        job = self.post("/v1/jobs", {"upload": upload.json()["upload"], **choices})["job"]
        return self.wait(job["id"])

    def wait(self, job: str, seconds: float = 180) -> dict[str, Any]:
        """A job as soon as it has ended."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            state: dict[str, Any] = self.get(f"/v1/jobs/{job}")["job"]
            if state["finished"]:
                return state
            time.sleep(0.05)
        raise AssertionError(f"{job} did not end")


def new_caller(service: Service, *scopes: str, tenant: str = "main") -> Caller:
    """Whoever holds a new key."""
    terms = KeyTerms("test", tuple(Scope(scope) for scope in scopes))
    _, key = service.records.keys.create(tenant, terms, "test")
    return Caller(app_of(service), key)


def app_of(service: Service) -> ASGIApp:
    """The application of a service; the first request of each builds its routes and document."""
    held = vars(service)
    if "app" not in held:
        held["app"] = create_app(service)
    app: ASGIApp = held["app"]
    return app


def problem(answer: httpx2.Response, status: int, kind: str) -> dict[str, Any]:
    """The problem document of an answer, checked."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == PROBLEM
    document: dict[str, Any] = answer.json()
    assert document["type"] == f"urn:guandian:problem:{kind}", document
    assert document["status"] == status
    assert document["title"] and document["detail"]
    return document


@dataclass
class Process:
    """A service in a process of its own.

    Attributes:
        key: that it told, empty where it had one.
    """

    process: subprocess.Popen[str]
    port: int
    key: str
    errors: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, method: str, path: str, key: str = "", **more: Any) -> httpx2.Response:
        headers = {"authorization": f"Bearer {key or self.key}"}
        return httpx2.request(method, self.url + path, headers=headers, timeout=180, **more)

    def end(self, number: int = signal.SIGTERM) -> int:
        """End it by a signal; its exit code."""
        self.process.send_signal(number)
        return self.process.wait(60)


@contextmanager
def started(data: Path, *options: str) -> Iterator[Process]:
    """A service over a folder, killed at the end where it still runs."""
    errors = data.with_suffix(".log")
    command = [sys.executable, "-m", "guandian", "serve", "--port", "0", "--data", str(data)]
    environment = os.environ | {"GUANDIAN_LANGUAGE": "en"}
    with errors.open("a") as log:
        process = subprocess.Popen(
            [*command, *options], stdout=subprocess.PIPE, stderr=log, text=True, env=environment
        )
    try:
        assert process.stdout is not None
        match = None
        for line in process.stdout:
            if match := re.search(r"http://127\.0\.0\.1:(\d+)/(?:#key=(\S+))?", line):
                break
        assert match, errors.read_text()
        yield Process(process, int(match[1]), match[2] or "", errors)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()
