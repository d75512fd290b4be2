"""Keys and rates, before a body is read."""

from __future__ import annotations

from collections import OrderedDict
from time import monotonic

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from guandian.service.auth import KeyRing, Principal, bearer, unauthorised
from guandian.service.problems import Problem
from guandian.store.records.key_text import is_well_formed

OPEN = frozenset(("/v1/openapi.json", "/v1/docs"))
"""Addresses below /v1/ that hold nothing of anybody."""
_WINDOW = 60
_MOST = 10_000
"""Keys whose rates are remembered."""


def is_guarded(path: str) -> bool:
    """Tell whether an address asks for a key."""
    return (path.startswith("/v1/") and path not in OPEN) or path == "/metrics"


class Rates:
    """A bucket of requests for each key, refilled evenly.

    Args:
        rate: requests a minute of a key without a rate of its own; 0 sets no bound.
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: Principal) -> dict[str, str]:
        """Take one request of a caller's, and say how many are left, as header fields.

        Raises:
            Problem: 429 where none is left.
        """
        rate = caller.rate or self._rate
        if not rate:
            return {}
        instant = monotonic()
        left, then = self._buckets.pop(caller.key, (float(rate), instant))
        left = min(float(rate), left + (instant - then) * rate / _WINDOW)
        self._buckets[caller.key] = (max(0.0, left - 1) if left >= 1 else left, instant)
        if len(self._buckets) > _MOST:
            self._buckets.popitem(last=False)
        seconds = max(1, round((rate - left) * _WINDOW / rate))
        fields = {
            "RateLimit-Policy": f'"key";q={rate};w={_WINDOW}',
            "RateLimit": f'"key";r={max(0, int(left) - 1)};t={seconds}',
        }
        if left < 1:
            wait = max(1, round((1 - left) * _WINDOW / rate))
            raise Problem(
                429,
                "rate",
                f"the key {caller.name!r} made its {rate:,} requests of a minute",
                f"try again in {wait} seconds",
                headers={**fields, "Retry-After": str(wait)},
            )
        return fields


class Keys:
    """Refuses requests without a good key, and those beyond its rate."""

    def __init__(self, app: ASGIApp, ring: KeyRing, rates: Rates) -> None:
        self._app, self._ring, self._rates = app, ring, rates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with its caller."""
        if scope["type"] != "http" or not is_guarded(scope["path"]):
            await self._app(scope, receive, send)
            return
        try:
            caller = await self._caller(Headers(scope=scope))
            fields = self._rates.take(caller)
        except Problem as problem:
            await problem.answer(scope)(scope, receive, send)
            return
        scope["guandian.principal"] = caller
        if not fields:
            await self._app(scope, receive, send)
            return

        async def with_fields(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in fields.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, with_fields)

    async def _caller(self, headers: Headers) -> Principal:
        secret = bearer(headers.get("authorization", ""))
        if not secret:
            raise unauthorised("the request holds no key")
        caller = self._ring.remembered(secret)
        if caller is None and is_well_formed(secret):
            caller = await run_in_threadpool(self._ring.check, secret)
        if caller is None:
            raise unauthorised("the key is mistyped, unknown, revoked or expired")
        return caller
