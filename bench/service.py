"""Measures the service against the library on this machine: `make bench-service`.

    python bench/service.py [--reviews 600] [--seconds 5] [--only throughput,overload,switch]

Loopback only; a folder of its own; bounded in count and time; what it starts it ends. The service
is one process, what asks it another (this one, over plain sockets), and both share the machine:
figures are ratios of one run, library and service in turns. Prints Markdown rows.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter, sleep

from guandian.assets import assets
from guandian.bundle import shipped
from guandian.domain import Review
from guandian.files import read_reviews
from guandian.pipelines import open_miner

ROUNDS = 3
CLIENTS = 64
RAMP = 2.0
"""Seconds over which clients come, before anything is counted."""


@dataclass
class Tally:
    """What clients saw: seconds by status, reviews answered, models named."""

    seconds: dict[int, list[float]] = field(default_factory=dict)
    reviews: int = 0
    left: int = 0
    models: set[str] = field(default_factory=set)

    def note(self, status: int, seconds: float, reviews: int) -> None:
        """Count an answer."""
        self.seconds.setdefault(status, []).append(seconds)
        self.reviews += reviews if status == 200 else 0

    def percentile(self, share: float, *statuses: int) -> float:
        """Seconds below which that share of the answers came."""
        values = sorted(s for status in statuses for s in self.seconds.get(status, []))
        return values[min(len(values) - 1, int(share * len(values)))] if values else float("nan")


class Client:
    """One connection that asks again and again, as cheaply as Python can."""

    def __init__(self, port: int, key: str) -> None:
        self._port, self._key = port, key
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def mine(self, reviews: Sequence[Review]) -> tuple[int, bytes]:
        """Mine reviews; the status and the body."""
        body = json.dumps({"reviews": [{"id": r.id, "text": r.text} for r in reviews]}).encode()
        return await self.ask("POST", "/v1/mine", body)

    async def ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        """Ask something; the status and the body."""
        if self._writer is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        assert self._reader is not None
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self._key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._writer.write(head.encode() + body)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        length = int(re.search(rb"content-length: (\d+)", answer, re.I)[1])  # type: ignore[index]
        return int(answer[9:12]), await self._reader.readexactly(length)

    async def leave(self) -> None:
        """Close the connection, whatever was asked."""
        if self._writer is not None:
            self._writer.close()
            with suppress(OSError):
                await self._writer.wait_closed()
            self._writer = None


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reviews", type=int, default=600)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--only", default="throughput,overload,departed,switch")
    asked = parser.parse_args()
    wanted = asked.only.split(",")
    print("| measure | value | asked |\n|---|---|---|")
    with served() as (port, key, process):
        service = (port, key)
        if "throughput" in wanted:
            throughput(service, reviews_of(asked.reviews))
        if "overload" in wanted:
            asyncio.run(overload(service, asked.seconds))
        if "departed" in wanted:
            departed(service, process)
        if "switch" in wanted:
            asyncio.run(switches(service, asked.seconds))


def throughput(service: tuple[int, str], reviews: list[Review]) -> None:
    """Reviews a second over HTTP and by the library, in turns."""
    miner = open_miner()
    miner.mine(reviews[:50])
    ratios: dict[int, list[float]] = {16: [], 1: []}
    for _ in range(ROUNDS):
        for size, clients in ((16, 8), (1, CLIENTS)):
            started = perf_counter()
            miner.mine(reviews)
            library = len(reviews) / (perf_counter() - started)
            started = perf_counter()
            tally = asyncio.run(crowd(service, reviews, size, clients))
            assert tally.reviews == len(reviews), tally.seconds.keys()
            ratios[size].append(len(reviews) / (perf_counter() - started) / library)
    show("HTTP over library, 16 reviews a call", f"{median(ratios[16]):.2f}", "0.93")
    show("HTTP over library, 1 a call, 64 clients", f"{median(ratios[1]):.2f}", "0.85")


async def crowd(
    service: tuple[int, str], reviews: Sequence[Review], size: int, clients: int
) -> Tally:
    """All reviews once, by so many clients; a refused call is sent again."""
    calls = [reviews[k : k + size] for k in range(0, len(reviews), size)]
    tally = Tally()

    async def work() -> None:
        client = Client(*service)
        while calls:
            call = calls.pop()
            started = perf_counter()
            status, _ = await client.mine(call)
            tally.note(status, perf_counter() - started, len(call))
            if status != 200:
                calls.append(call)
                await asyncio.sleep(0.02)
        await client.leave()

    await asyncio.gather(*(work() for _ in range(clients)))
    return tally


async def overload(service: tuple[int, str], seconds: float) -> None:
    """Ten times the clients that the service can hold, a tenth of whom leave; then calm again."""
    before = await pressure(service, CLIENTS, seconds)
    storm = await pressure(service, 10 * CLIENTS, seconds, leaving=0.1)
    after = await pressure(service, CLIENTS, seconds)
    peak = before.reviews / seconds
    show("goodput during 10x overload, of peak", f"{storm.reviews / seconds / peak:.2f}", "")
    show("goodput within 5 s after, of peak", f"{after.reviews / seconds / peak:.2f}", "0.95")
    unloaded, p99 = before.percentile(0.99, 200), storm.percentile(0.99, 200)
    show("accepted p99 over that at 64 clients", f"{p99 / unloaded:.2f}", "2")
    refused = storm.percentile(0.5, 429), storm.percentile(0.99, 429)
    show("refusal ms, median and p99", f"{refused[0] * 1e3:.0f}, {refused[1] * 1e3:.0f}", "20")
    counts = {status: len(values) for status, values in sorted(storm.seconds.items())}
    show("answers in the storm by status, left", f"{counts}, {storm.left}", "")


async def pressure(
    service: tuple[int, str], clients: int, seconds: float, leaving: float = 0.0
) -> Tally:
    """Clients that ask for one review at a time for so long; some leave in the middle of a call.

    Who is refused comes again after a second: ten times the clients are about ten times the load.
    """
    reviews, counted_from = reviews_of(2000), perf_counter() + RAMP
    until = counted_from + seconds
    tally, dice = Tally(), Random(1)

    async def work(at: int) -> None:
        client = Client(*service)
        await asyncio.sleep(dice.random() * RAMP)
        while perf_counter() < until:
            at += clients
            call = reviews[at % len(reviews) : at % len(reviews) + 1]
            started = perf_counter()
            if dice.random() < leaving:
                with suppress(TimeoutError):
                    await asyncio.wait_for(client.mine(call), 0.02)
                tally.left += 1
                await client.leave()
                await asyncio.sleep(1)
                continue
            status, _ = await client.mine(call)
            if counted_from < perf_counter() < until:
                tally.note(status, perf_counter() - started, 1)
            if status == 429:
                await asyncio.sleep(1)  # as Retry-After asks
        await client.leave()

    await asyncio.gather(*(work(k) for k in range(clients)))
    return tally


def departed(service: tuple[int, str], process: subprocess.Popen[str]) -> None:
    """CPU of calls whose clients left at once, over that of calls that were waited for."""
    calls = [reviews_of(1600)[k : k + 16] for k in range(0, 1600, 16)]

    async def run(*, wait: bool) -> None:
        async def one(call: list[Review]) -> None:
            client = Client(*service)
            with suppress(TimeoutError):
                await asyncio.wait_for(client.mine(call), None if wait else 0.03)
            await client.leave()

        for k in range(0, len(calls), 4):
            await asyncio.gather(*(one(call) for call in calls[k : k + 4]))

    spent = []
    for wait in (True, False):
        before = cpu(process.pid)
        asyncio.run(run(wait=wait))
        sleep(0.5)
        spent.append(cpu(process.pid) - before)
    show("CPU of departed clients over that of their work", f"{spent[1] / spent[0]:.2f}", "0.1")


async def switches(service: tuple[int, str], seconds: float, times: int = 8) -> None:
    """Hot switches under load: no error, no answer of two models, p99 as before."""
    before = await pressure(service, 16, seconds)
    admin = Client(*service)
    body = json.dumps({"path": str(shipped())}).encode()

    async def switching() -> list[int]:
        statuses = []
        for _ in range(times):
            statuses.append((await admin.ask("POST", "/v1/models", body))[0])
            await asyncio.sleep(2 * seconds / times)
        return statuses

    during, statuses = await asyncio.gather(pressure(service, 16, 2 * seconds), switching())
    p99 = during.percentile(0.99, 200) / before.percentile(0.99, 200)
    bad = sum(len(values) for status, values in during.seconds.items() if status != 200)
    show(f"p99 during {times} hot switches over before", f"{p99:.2f}", "1.2")
    show("errors during them", f"{bad}, switches {set(statuses)}", "0")


@contextmanager
def served() -> Iterator[tuple[int, str, subprocess.Popen[str]]]:
    """A service on a free port, ended at the end: its port, its first key, its process."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "guandian", "serve", "--port", "0", "--quiet"]
        process = subprocess.Popen(
            [*command, "--data", folder, "--rate", "0"], stdout=subprocess.PIPE, text=True
        )
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if match := re.search(r":(\d+)/#key=(\S+)", line):
                    break
            else:
                raise SystemExit("the service did not start")
            yield int(match[1]), match[2], process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def reviews_of(count: int) -> list[Review]:
    """So many reviews, no two alike."""
    shown = list(read_reviews(assets() / "examples" / "reviews.csv"))
    return [
        Review(str(k), f"{shown[k % len(shown)].text} {k}" if k >= len(shown) else shown[k].text)
        for k in range(count)
    ]


def cpu(pid: int) -> float:
    """Seconds of processor that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def show(measure: str, value: str, asked: str) -> None:
    """A row of the table."""
    print(f"| {measure} | {value} | {asked} |", flush=True)


if __name__ == "__main__":
    main()
