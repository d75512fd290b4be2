"""One replica as the service sees it: started, greeted, asked, drained, ended."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from guandian import __version__
from guandian.bundle.adapter import TenantAdapter
from guandian.domain import Mined, Review
from guandian.errors import GuandianError
from guandian.mining.engines.wire import mined_of, review_bytes
from guandian.service.answering.batcher import Abandoned, TooLate
from guandian.service.replicas.replica_app import ADAPTER, SECONDS

_MODULE = "guandian.service.replicas.replica_app"
_LOOK_SECONDS = 0.05
_BESIDE = 5.0
"""Seconds beyond a call's own after which a replica counts as lost."""


class ReplicaLost(Exception):
    """A replica that does not answer any more; another one may."""


@dataclass(eq=False)
class ReplicaProcess:
    """A process that mines.

    Attributes:
        socket: where it listens, in a folder of the service's alone.
        bundle: its model; None is the shipped one.
        process: that was started.
        key: of the model that it opened; empty until it is ready.
        calls, tokens: that it was handed and has not answered.
        leaving: nothing more is handed to it.
    """

    socket: Path
    bundle: Path | None
    process: subprocess.Popen[bytes]
    key: str = ""
    calls: int = 0
    tokens: int = 0
    leaving: bool = False
    _client: httpx2.AsyncClient | None = field(default=None, repr=False)

    @classmethod
    def started(
        cls,
        socket: Path,
        bundle: Path | None,
        threads: int,
        batch: int,
        drain: float,
        *,
        adapters: bool = False,
    ) -> ReplicaProcess:
        """Start one; it is ready when `greeted` returns."""
        numbers = map(str, (threads, batch, drain, int(adapters)))
        command = [sys.executable, "-m", _MODULE, str(socket), str(bundle or ""), *numbers]
        # In a session of its own: Ctrl-C is the service's, which ends this one.
        process = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
        return cls(socket, bundle, process)

    @property
    def lives(self) -> bool:
        """Tell whether its process runs."""
        return self.process.poll() is None

    async def greeted(self) -> None:
        """Wait until it answers.

        Raises:
            GuandianError: it ended, or is of another version.
        """
        while self.lives and not self.socket.exists():
            await asyncio.sleep(_LOOK_SECONDS)
        transport = httpx2.AsyncHTTPTransport(uds=str(self.socket))
        self._client = httpx2.AsyncClient(transport=transport, base_url="http://replica")
        while self.lives:
            with suppress(httpx2.HTTPError):
                greeting = json.loads((await self._client.get("/")).content)
                if greeting["version"] != __version__:
                    raise GuandianError(
                        f"a replica has guandian {greeting['version']}, and the service"
                        f" {__version__}: it was replaced meanwhile",
                        "start the service again",
                    )
                self.key = str(greeting["key"])
                return
            await asyncio.sleep(_LOOK_SECONDS)
        raise GuandianError(
            f"a replica ended before it was ready, with {self.process.returncode}",
            "see what it wrote to the service's standard error; it may be memory: fewer --replicas",
        )

    async def mined(
        self, reviews: Sequence[Review], seconds: float, adapter: TenantAdapter | None = None
    ) -> tuple[list[Mined], float]:
        """Its answers, and the seconds that they took it.

        Args:
            reviews: of a call.
            seconds: that it may take.
            adapter: by which it is answered, sent along where the replica does not have it.

        Raises:
            ReplicaLost: it ended meanwhile.
            TooLate, Abandoned: as those of a batcher.
        """
        assert self._client is not None
        body = b"\n".join(review_bytes(review) for review in reviews)
        headers = {SECONDS.decode(): f"{seconds:.3f}"}
        if adapter is not None:
            headers[ADAPTER.decode()] = adapter.digest
        limit = seconds + _BESIDE
        try:
            answer = await self._client.post("/", content=body, headers=headers, timeout=limit)
            if answer.status_code == 409 and adapter is not None:
                content = adapter.to_bytes()
                await self._client.put("/", content=content, headers=headers, timeout=limit)
                answer = await self._client.post("/", content=body, headers=headers, timeout=limit)
        except httpx2.HTTPError as error:
            raise ReplicaLost(str(error)) from error
        if answer.status_code == 200:
            return mined_of(answer.content.splitlines()), float(answer.headers[SECONDS.decode()])
        if answer.text == "late":
            raise TooLate
        if answer.text == "ending":
            raise ReplicaLost(answer.text)
        raise Abandoned

    async def ended(self) -> None:
        """End it, and wait until it has; calls that it has are answered first."""
        if self._client is not None:
            await self._client.aclose()
        with suppress(OSError):
            self.process.terminate()
        while self.lives:
            await asyncio.sleep(_LOOK_SECONDS)
        if self.process.stdin is not None:
            with suppress(OSError):
                self.process.stdin.close()
        self.socket.unlink(missing_ok=True)
