"""A replica: a process that mines what the service hands it, and holds no data of anybody."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from threading import Thread
from time import perf_counter

import uvicorn
from starlette.types import Receive, Scope, Send

from guandian import __version__
from guandian.bundle.adapter import adapter_of
from guandian.errors import GuandianError
from guandian.mining.engines.wire import mined_bytes, sent_review
from guandian.mining.miner import Miner
from guandian.service.answering.batcher import Batcher
from guandian.service.answering.model_switch import opened_model
from guandian.service.answering.waiting import answered
from guandian.service.problems import Problem
from guandian.service.tenants.recently_used import RecentlyUsed
from guandian.service.tenants.tenant_adapters import MOST_BYTES

ADAPTER = b"guandian-adapter"
"""The header in which the service names a tenant's adapter, by its digest."""
SECONDS = b"guandian-seconds"
"""The header in which the service says how many a call may take."""


class ReplicaApp:
    """Answers `GET /` with its version and model, and `POST /` with the records of reviews.

    A body is a review a line, an answer a record a line (`guandian.mining.engines.wire`). A call
    may name the adapter that it is to be answered by; one that is not there is 409, and then comes
    by `PUT /`.

    Args:
        bundle: the model; None is the shipped one.
        threads: batches that are read at the same time.
        tokens: of a batch.
        adapters: whether it takes those of tenants.
        most: bytes of adapters that stay.

    Attributes:
        own: a miner for each adapter that is here, by its digest.
    """

    def __init__(
        self,
        bundle: Path | None,
        threads: int,
        tokens: int,
        *,
        adapters: bool = False,
        most: int = MOST_BYTES,
    ) -> None:
        served = opened_model(bundle, adapters=adapters)
        self.miner, self._base = served.miner, served.base
        self.own = RecentlyUsed[bytes, Miner](most)
        self.batcher = Batcher(threads, tokens, self._noted)
        self._tokens, self._busy = 0, 0.0

    def _noted(self, _: int, tokens: int, seconds: float) -> None:
        self._tokens += tokens
        self._busy += seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            return
        if scope["method"] == "GET":
            greeting = {"version": __version__, "key": self.miner.key}
            await _answer(send, 200, json.dumps(greeting).encode())
            return
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
        headers = dict(scope["headers"])
        named = headers.get(ADAPTER, b"")
        if scope["method"] == "PUT":
            await self._take(send, named, body)
            return
        miner = self.own.get(named) if named else self.miner
        if miner is None:
            await _answer(send, 409, b"adapter")
            return
        reviews = [sent_review(line) for line in body.splitlines()]
        seconds = float(headers[SECONDS])
        started = perf_counter()
        try:
            future = self.batcher.submit(miner, reviews, seconds)
            mined = await answered(future, receive, seconds)
        except Problem as problem:
            await _answer(send, problem.status, problem.kind.encode())
            return
        content = b"\n".join(mined_bytes(reviews, mined))
        await _answer(send, 200, content, perf_counter() - started)

    async def _take(self, send: Send, named: bytes, content: bytes) -> None:
        """Keep an adapter; others go by last use where there are many."""
        try:
            if self._base is None:
                raise GuandianError("this replica takes no adapters", "start the service again")
            adapter = adapter_of(content, named.decode())
            self.own.put(named, self._base.beside(self.miner, adapter), len(content))
        except GuandianError as error:
            await _answer(send, 422, str(error).encode())
            return
        await _answer(send, 200, b"")


async def _answer(send: Send, status: int, content: bytes, seconds: float = 0.0) -> None:
    head = [(b"content-length", str(len(content)).encode()), (SECONDS, f"{seconds:.6f}".encode())]
    await send({"type": "http.response.start", "status": status, "headers": head})
    await send({"type": "http.response.body", "body": content})


def end_with_parent() -> None:
    """End as soon as standard input does, which the service holds open."""

    def read() -> None:
        while os.read(0, 1):  # not sys.stdin, whose lock would hold up the end
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    Thread(target=read, name="parent", daemon=True).start()


def main() -> None:
    """Serve on a socket of a private folder; `ReplicaProcess.started` says with which words."""
    path, bundle, threads, tokens, drain, adapters = sys.argv[1:]
    model = Path(bundle) if bundle else None
    app = ReplicaApp(model, int(threads), int(tokens), adapters=bool(int(adapters)))
    end_with_parent()
    config = uvicorn.Config(
        app, uds=path, log_config=None, access_log=False, server_header=False, lifespan="off",
        timeout_graceful_shutdown=max(1, round(float(drain))),
    )  # fmt: skip
    uvicorn.Server(config).run()
    app.batcher.close()


if __name__ == "__main__":
    main()
