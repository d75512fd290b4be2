"""Carries requests of a waiting client to an application in this process."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import httpx2
from tests.service.callers import Caller


class Bridge(httpx2.BaseTransport):
    """A transport of the waiting face; it may be used within a running loop too."""

    def __init__(self, caller: Caller) -> None:
        self._transport = httpx2.ASGITransport(caller.app)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        async def ask() -> httpx2.Response:
            content = request.read()
            sent = httpx2.Request(
                request.method, request.url, headers=request.headers, content=content
            )
            answer = await self._transport.handle_async_request(sent)
            return httpx2.Response(
                answer.status_code, headers=answer.headers, content=await answer.aread()
            )

        with ThreadPoolExecutor(1) as pool:
            return pool.submit(lambda: asyncio.run(ask())).result()
