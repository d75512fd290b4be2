"""Bounds of bodies: bytes, and seconds in which they must have arrived."""

from __future__ import annotations

import asyncio
from time import monotonic

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from guandian.service.problems import Problem
from guandian.service.settings import Limits

UPLOADS = "/v1/uploads"


class BodyBounds:
    """Refuses bodies that are too long or too slow, without holding them."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app, self._limits = app, limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, its body counted as it is read."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        upload = scope["path"] == UPLOADS
        most = self._limits.upload if upload else self._limits.body
        declared = Headers(scope=scope).get("content-length", "0")
        if not (declared.isascii() and declared.isdecimal()):
            await _unclear().answer(scope)(scope, receive, send)
            return
        if int(declared[:20]) > most:
            await _too_long(most).answer(scope)(scope, receive, send)
            return
        size, started, whole = 0, False, False
        until = monotonic() + self._limits.receive

        async def bounded() -> Message:
            nonlocal size, whole, until
            if whole:
                return await receive()
            try:
                # `wait_for` would let others go first even where the body is there already: a call
                # that finds no room would learn it turns of the loop later.
                async with asyncio.timeout(until - monotonic()):
                    message = await receive()
            except TimeoutError:
                raise _too_slow(self._limits.receive) from None
            if upload:  # a long file may take long, as long as it goes on
                until = monotonic() + self._limits.receive
            size += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            if size > most:
                raise _too_long(most)
            return message

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, bounded, watched)
        except Problem as problem:
            if started:
                raise
            await problem.answer(scope)(scope, receive, send)


def _too_long(most: int) -> Problem:
    return Problem(
        413,
        "body",
        f"the body is longer than the {most:,} bytes that are taken",
        "send it in several requests, or a file to /v1/uploads",
        headers={"Connection": "close"},
    )


def _too_slow(seconds: float) -> Problem:
    return Problem(
        408,
        "slow",
        f"the body did not arrive within {seconds:g} seconds",
        "send it anew",
        headers={"Connection": "close"},
    )


def _unclear() -> Problem:
    return Problem(
        400, "length", "Content-Length is not a number", "send the length of the body in bytes"
    )
