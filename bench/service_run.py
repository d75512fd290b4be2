"""A service in a process of its own and a load on it, with what both of them spent."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from guandian.domain import Review

_LOAD = Path(__file__).with_name("service_load.py")
_TICKS = os.sysconf("SC_CLK_TCK")
_BUCKET = re.compile(
    r'^http_server_request_duration_seconds_bucket\{.*status_code="(\d+)".*le="([^"]+)"\} (\S+)$',
    re.MULTILINE,
)


@dataclass(frozen=True)
class Answers:
    """What a load saw.

    Attributes:
        rows: status, when it came (seconds after the ramp) and how many seconds it took.
        left: requests whose client left.
        models: by which answers were given, with their numbers.
        mixed: answers of several models.
        seconds: that all of it took, the ramp aside.
        generator: seconds of processor that the load itself used, its ramp included.
        service: the same of the service.
        waited: seconds that threads of the service were ready and had no core, over `service`.
        calls: of an open load: which one, when it was due and when it was answered, by the clock.
    """

    rows: list[tuple[int, float, float]]
    left: int
    models: dict[str, int]
    mixed: int
    seconds: float
    generator: float
    service: float
    waited: float
    calls: list[tuple[int, float, float]] = field(default_factory=list)

    def percentile(self, share: float, status: int) -> float:
        """Seconds within which that share of the answers came."""
        values = sorted(seconds for code, _, seconds in self.rows if code == status)
        return values[min(len(values) - 1, int(share * len(values)))] if values else float("nan")

    def count(self, status: int) -> int:
        """Answers of a status."""
        return sum(code == status for code, *_ in self.rows)

    @property
    def counts(self) -> dict[int, int]:
        """Answers by status."""
        return {code: self.count(code) for code in sorted({code for code, *_ in self.rows})}


@dataclass(frozen=True)
class Served:
    """A running service."""

    port: int
    key: str
    pid: int

    def load(self, bodies: Sequence[str], clients: int, **plan: Any) -> Answers:
        """Let clients ask; see `service_load.Plan`."""
        asked = {"port": self.port, "key": self.key, "bodies": list(bodies), "clients": clients}
        before, waited = processor(self.pid), _waited(self.pid)
        ended = subprocess.run(
            [sys.executable, str(_LOAD)],
            input=json.dumps(asked | plan),
            capture_output=True,
            text=True,
            check=True,
        )
        spent = processor(self.pid) - before
        seen = json.loads(ended.stdout)
        return Answers(
            seen["answers"],
            seen["left"],
            seen["models"],
            seen["mixed"],
            seen["seconds"],
            seen["processor"],
            spent,
            (_waited(self.pid) - waited) / max(spent, 1e-9),
            seen["calls"],
        )

    def ask(self, method: str, path: str, content: Any = None) -> tuple[int, str]:
        """Ask something as an administrator; the status and the body."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=120)
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        body = None if content is None else json.dumps(content)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text

    def send(self, body: str) -> HTTPConnection:
        """Ask for mining, and leave the answer to come; to close the connection is to leave."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=120)
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        connection.request("POST", "/v1/mine", body, headers)
        return connection

    def inside(self, status: int) -> dict[float, float]:
        """Answers of a status within so many seconds, as the service itself counted them."""
        counted: dict[float, float] = {}
        for code, bound, count in _BUCKET.findall(self.ask("GET", "/metrics")[1]):
            if int(code) == status:
                counted[float(bound)] = counted.get(float(bound), 0.0) + float(count)
        return counted


@contextmanager
def served(
    *options: str,
    program: Sequence[str] = ("-m", "guandian"),
    data: Path | None = None,
    key: str = "",
) -> Iterator[Served]:
    """A service on a free port, ended at the end.

    Args:
        options: of `guandian serve`.
        program: what is run in place of the command.
        data: a folder with keys; None is an empty one.
        key: one of those keys.
    """
    with tempfile.TemporaryDirectory() as empty:
        folder = str(data or empty)
        command = [sys.executable, *program, "serve", "--port", "0", "--quiet"]
        process = subprocess.Popen(
            [*command, "--data", folder, "--rate", "0", *options],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout is not None
            match = None
            for line in process.stdout:
                if match := re.search(r":(\d+)/(?:#key=(\S+))?$", line):
                    break
            if match is None:
                raise SystemExit("the service did not start")
            yield Served(int(match[1]), match[2] or key, process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def quantile(before: dict[float, float], after: dict[float, float], share: float) -> float:
    """Seconds within which a share came, interpolated in buckets as Prometheus does it."""
    rows = [(bound, after[bound] - before.get(bound, 0.0)) for bound in sorted(after)]
    wanted = share * rows[-1][1] if rows else 0.0
    low, below = 0.0, 0.0
    for bound, count in rows:
        if count >= wanted and count > below:
            return (
                low
                if bound == float("inf")
                else low + (bound - low) * (wanted - below) / (count - below)
            )
        low, below = bound, count
    return float("nan")


def bodies(reviews: Sequence[Review], size: int = 1) -> list[str]:
    """Requests of so many reviews each."""
    calls = (reviews[k : k + size] for k in range(0, len(reviews), size))
    return [json.dumps({"reviews": [{"id": r.id, "text": r.text} for r in call]}) for call in calls]


def processor(pid: int) -> float:
    """Seconds of processor that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def running(pid: int) -> float:
    """The same of its threads that still run, to the nanosecond."""
    return _scheduled(pid)[0]


def resident(pid: int) -> float:
    """MiB of memory that a process holds."""
    match = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    assert match is not None
    return int(match[1]) / 1024


def _waited(pid: int) -> float:
    """Seconds that threads of a process which still run were ready and had no core."""
    return _scheduled(pid)[1]


def _scheduled(pid: int) -> tuple[float, float]:
    """Seconds that threads of a process which still run have run, and were ready without a core."""
    ran = waited = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):  # it has ended meanwhile
            first, second, _ = (task / "schedstat").read_text().split()
            ran, waited = ran + int(first), waited + int(second)
    return ran / 1e9, waited / 1e9
