"""Replicas of a real service: what a step of the load does, what the end of one does."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from tests.service.callers import new_caller

from guandian.cli.serving.serve import replica_bounds
from guandian.errors import GuandianError
from guandian.service.parts import Service
from guandian.service.replicas import fleet as fleet_module
from guandian.service.replicas import scaling
from guandian.service.replicas.fleet import Fleet
from guandian.service.settings import Limits

TEXTS = [f"屏幕很清晰，但是电池不耐用，第{n}次买了😀" for n in range(12)]


@pytest.mark.parametrize("words", ["", "1", "0:2", "3:2", "a:b", "1:2:3", "1:999", "-1:2"])
def test_bounds_of_replicas_that_are_none_are_refused(words: str) -> None:
    with pytest.raises(GuandianError, match=r"takes the least and the most.*\n.*--replicas 1:4"):
        replica_bounds(words)
    assert replica_bounds("2:5") == (2, 5)
    assert replica_bounds(None) == (0, 0)


def test_replicas_that_cannot_start_are_told_and_leave_nothing(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = Service.open(data, Limits(threads=1))
    threads = set(threading.enumerate())
    try:
        for program in (str(data / "none"), "/bin/false"):  # not there; ends before it is ready
            monkeypatch.setattr(sys, "executable", program)
            with pytest.raises(GuandianError, match="no replica could be started"):
                Fleet(
                    Limits(threads=1, replicas=(2, 3)),
                    service.model, service.batcher, service.admission,
                )  # fmt: skip
        assert set(threading.enumerate()) <= threads
    finally:
        service.close()


def refusals(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [message for message in caplog.messages if "replica refused" in message]


@pytest.mark.slow
def test_replicas_that_cannot_start_any_more_are_not_tried_without_a_pause(
    data: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="guandian.service")
    service = Service.open(data, Limits(threads=1, replicas=(1, 1)))
    try:
        fleet = service.fleet
        assert fleet is not None and fleet.ready == 1
        with monkeypatch.context() as patch:
            patch.setattr(sys, "executable", "/bin/false")
            os.kill(fleet.replicas[0].process.pid, signal.SIGKILL)
            until = time.monotonic() + 60
            while not refusals(caplog) and time.monotonic() < until:
                time.sleep(0.05)
            time.sleep(4)
            assert 1 <= len(refused := refusals(caplog)) <= 4, refused
            body = {"reviews": [{"id": "1", "text": TEXTS[0]}]}
            assert new_caller(service, "mine").post("/v1/mine", body)["reviews"], "answered here"
        until = time.monotonic() + 180
        while not fleet.ready and time.monotonic() < until:
            time.sleep(0.1)
        assert fleet.ready == 1, "once it can be started it is"
    finally:
        service.close()


@pytest.mark.slow
def test_replicas_follow_a_step_of_the_load_and_lose_nothing(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scaling, "CALM", 4.0)
    # A twelfth of what asks for replicas elsewhere: a fast core has no more work in the house.
    monkeypatch.setattr(scaling, "UP_SECONDS", 0.03)
    monkeypatch.setattr(scaling, "FIT_SECONDS", 0.02)
    monkeypatch.setattr(scaling, "CALM_SECONDS", 0.02)
    monkeypatch.setattr(fleet_module, "_PACE", 300.0)
    service = Service.open(data, Limits(threads=1, replicas=(1, 2), deadline=60))
    try:
        fleet = service.fleet
        assert fleet is not None and fleet.ready == 1
        caller = new_caller(service, "mine")
        lone = new_caller(service, "mine").post(
            "/v1/mine", {"reviews": [{"id": "1", "text": TEXTS[0]}]}
        )
        local = service.model.current.miner
        answers = Counter[int]()

        async def client(number: int, until: float, rows: int) -> None:
            while time.monotonic() < until:
                sent = [{"id": str(k), "text": f"{TEXTS[number]} {k}"} for k in range(rows)]
                body = {"reviews": sent}
                answer = await caller.ask("POST", "/v1/mine", json=body)
                answers[answer.status_code] += 1
                if answer.status_code == 200:
                    records = answer.json()["reviews"]
                    assert [record["text"] for record in records] == [r["text"] for r in sent]

        async def load(clients: int, seconds: float, rows: int = 5) -> None:
            until = time.monotonic() + seconds
            await asyncio.gather(*(client(n, until, rows) for n in range(clients)))

        until = time.monotonic() + 120
        while fleet.ready < 2 and time.monotonic() < until:
            asyncio.run(load(12, 1))
        assert fleet.ready == 2
        victim = fleet.replicas[0]
        os.kill(victim.process.pid, signal.SIGKILL)
        asyncio.run(load(8, 1))
        assert not victim.lives
        until = time.monotonic() + 120
        while len(fleet.replicas) > 1 and time.monotonic() < until:
            asyncio.run(load(1, 0.5, 1))
        assert set(answers) == {200}, answers
        (again,) = caller.post("/v1/mine", {"reviews": [{"id": "1", "text": TEXTS[0]}]})["reviews"]
        assert again == lone["reviews"][0]
        assert local.model == lone["model"]
    finally:
        service.close()
    assert all(not replica.lives for replica in fleet.replicas)
