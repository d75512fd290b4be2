"""The outermost part: counts and logs every request, adds the headers of safety, hides failures."""

from __future__ import annotations

import json
import logging
import re
import traceback
from contextlib import AbstractContextManager, nullcontext
from random import Random
from time import perf_counter
from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from guandian.service.log import LOG
from guandian.service.metrics import Metrics
from guandian.service.problems import KIND, REQUEST, failed
from guandian.service.tracing import Tracing, trace_of
from guandian.store.readings import READERS

if TYPE_CHECKING:
    from opentelemetry.trace import Span

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
SAFETY = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
_SAFETY = tuple((name.encode(), value.encode()) for name, value in SAFETY.items())
_NOT_KEPT = b"cache-control", b"no-store"
LEFT, _LEFT = "left", 499
"""The kind of a problem that nobody waits for any more, and the status under which it is noted."""
_REFUSALS = frozenset(
    ("busy", "rate", "quota", "late", "too-much", "body", "slow", "ending", "storage", "incomplete")
)
"""Kinds of problems that tell of a lack of room, time or allowance, not of a wrong request."""
_SILENT = ("/healthz", "/readyz", "/metrics")
"""Routes that machines ask every few seconds: they are counted and not logged."""
INCOMPLETE = b"guandian-incomplete"
"""The header that says how many parts of the store were missing when an answer was made of it."""
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Observing:
    """Knows of every request: how long it took and how it ended, never what it said."""

    def __init__(self, app: ASGIApp, metrics: Metrics, tracing: Tracing | None = None) -> None:
        self._app, self._metrics, self._tracing = app, metrics, tracing
        # Numbers are no secrets, and the system's dice let another thread go first at each throw.
        self._numbers = Random()  # noqa: S311

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and note it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        number = scope[REQUEST] = self._number(scope)
        status, started, readers = 0, perf_counter(), READERS.set([])

        async def watching() -> Message:
            nonlocal status
            message = await receive()
            if message["type"] == "http.disconnect" and not status:
                status = _LEFT
            return message

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = status or message["status"]  # nobody reads what follows a leaving
                _add_headers(message, scope["path"], number)
            await send(message)

        self._metrics.begun(scope["method"])
        with self._span(scope, number) as span:
            try:
                await self._app(scope, watching, noting)
            except Exception as error:  # noqa: BLE001
                _log_failure(error, number)
                if not status:
                    await failed(number).answer(scope)(scope, receive, noting)
            finally:
                READERS.reset(readers)
                seconds = perf_counter() - started
                route, kind = route_of(scope), scope.get(KIND)
                status = _LEFT if kind == LEFT else status or _LEFT
                if kind in _REFUSALS and status != _LEFT and route not in _SILENT:
                    self._metrics.refused(kind)
                self._metrics.request(scope["method"], route, status, seconds)
                if self._tracing is not None and span is not None:
                    self._tracing.end(span, scope, route, status)
                _log_request(scope, route, status, seconds, (number, trace_of(span)))

    def _number(self, scope: Scope) -> str:
        """The number that a request bears, or a new one."""
        for name, value in scope["headers"]:
            if name == b"x-request-id" and _REQUEST_ID.fullmatch(number := value.decode("latin-1")):
                return str(number)
        return f"{self._numbers.getrandbits(64):016x}"

    def _span(self, scope: Scope, number: str) -> AbstractContextManager[Span | None]:
        if self._tracing is None or scope["path"] in _SILENT:
            return nullcontext()
        return self._tracing.request(scope, number)


def _add_headers(message: Message, path: str, number: str) -> None:
    """Give the start of an answer the headers of safety, its number, and what the store lacked."""
    present = {name.lower() for name, _ in message["headers"]}
    more = [pair for pair in _SAFETY if pair[0] not in present]
    if path.startswith("/v1/") and _NOT_KEPT[0] not in present:
        more.append(_NOT_KEPT)
    more.append((b"x-request-id", number.encode()))
    if missing := max((len(r.incomplete) for r in READERS.get() or ()), default=0):
        more.append((INCOMPLETE, str(missing).encode()))
    message["headers"] = [*message["headers"], *more]


def route_of(scope: Scope) -> str:
    """The template of the address, which has few values, where the address itself has many."""
    route = scope.get("route")
    return str(getattr(route, "path", "")) or "other"


def _log_failure(error: Exception, number: str) -> None:
    """Where it failed, without the words of the error, which may hold those of a review."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    steps = [f"{frame.filename.rsplit('/', 2)[-1]}:{frame.lineno} {frame.name}" for frame in frames]
    line = {"event": "failure", "request": number, "error": type(error).__name__, "at": steps}
    LOG.error(json.dumps(line, ensure_ascii=False))


def _log_request(
    scope: Scope, route: str, status: int, seconds: float, numbers: tuple[str, str | None]
) -> None:
    if route in _SILENT or not LOG.isEnabledFor(logging.INFO):
        return
    caller = scope.get("guandian.principal")
    line = {
        "event": "request",
        "request": numbers[0],
        "method": scope["method"],
        "route": route,
        "status": status,
        "milliseconds": round(seconds * 1000, 2),
        "tenant": getattr(caller, "tenant", None),
        "key": getattr(caller, "key", None),
    }
    if numbers[1] is not None:
        line["trace"] = numbers[1]
    LOG.info(json.dumps(line, ensure_ascii=False))
