"""Traces: a span a request by OpenTelemetry's conventions, sent where its environment says."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from starlette.datastructures import Headers
from starlette.types import Scope

from guandian import __version__
from guandian.errors import GuandianError
from guandian.service.log import LOG

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
"""Without one of these in the environment nothing is traced, and nothing sent anywhere."""
_METHODS = frozenset(
    ("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY")
)


class Tracing:
    """Makes a span of each request.

    Neither words of a review nor of a question, no id, key or address of a caller stands in it: of
    the address of a request the template alone.

    Args:
        provider: of OpenTelemetry, with what exports its spans.
    """

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("guandian.service", __version__)

    @contextmanager
    def request(self, scope: Scope, number: str) -> Iterator[Span]:
        """The span of a request, begun by whom its `traceparent` names.

        Args:
            scope: of the request.
            number: of the request in the log.
        """
        from opentelemetry import trace
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        headers = Headers(scope=scope)
        carrier = {name: headers[name] for name in ("traceparent", "tracestate") if name in headers}
        attributes: dict[str, Any] = {
            "url.scheme": scope.get("scheme", "http"),
            "network.protocol.version": scope.get("http_version", "1.1"),
            "guandian.request": number,
        }
        method = scope["method"]
        attributes["http.request.method"] = method if method in _METHODS else "_OTHER"
        if scope.get("server"):
            attributes["server.address"], attributes["server.port"] = scope["server"]
        with self._tracer.start_as_current_span(
            attributes["http.request.method"],
            TraceContextTextMapPropagator().extract(carrier),
            kind=trace.SpanKind.SERVER,
            attributes={name: value for name, value in attributes.items() if value is not None},
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            yield span

    def end(self, span: Span, scope: Scope, route: str, status: int) -> None:
        """Note how a request ended.

        Args:
            span: of the request.
            scope: of the request, which knows its caller by now.
            route: the template of its address; `other` where it has none.
            status: of HTTP.
        """
        from opentelemetry.trace import Status, StatusCode

        method = scope["method"] if scope["method"] in _METHODS else "HTTP"
        span.set_attribute("url.path", route if route.startswith("/") else "/")
        span.set_attribute("http.response.status_code", status)
        if route.startswith("/"):
            span.update_name(f"{method} {route}")
            span.set_attribute("http.route", route)
        caller = scope.get("guandian.principal")
        if caller is not None:
            span.set_attribute("guandian.tenant", caller.tenant)
        if status >= 500:
            span.set_attribute("error.type", str(status))
            span.set_status(Status(StatusCode.ERROR))

    def close(self) -> None:
        """Send the last spans; where nothing takes them, within the exporter's time-out."""
        self._provider.shutdown()


def trace_of(span: Span | None) -> str | None:
    """The number of a span's trace, as the log tells it."""
    return None if span is None else f"{span.get_span_context().trace_id:032x}"


def open_tracing() -> Tracing | None:
    """Traces by OTLP over HTTP, as OpenTelemetry's environment describes it; None without any.

    Raises:
        GuandianError: an address is named, and OpenTelemetry is not installed.
    """
    named = next((name for name in ENDPOINTS if os.environ.get(name)), None)
    if named is None or os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ModuleNotFoundError as error:
        raise GuandianError(
            f"{named} is set, and traces need {error.name}, which is not installed",
            f"pip install 'guandian[traces]', or unset {named}",
        ) from error

    name = os.environ.get("OTEL_SERVICE_NAME") or "guandian"
    resource = Resource.create({SERVICE_NAME: name, SERVICE_VERSION: __version__})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    logger = logging.getLogger("opentelemetry")
    logger.handlers[:] = [_AsEvents()]
    logger.propagate = False
    return Tracing(provider)


class _AsEvents(logging.Handler):
    """What OpenTelemetry logs, as lines of the service's log."""

    def emit(self, record: logging.LogRecord) -> None:
        line = {"event": "traces", "problem": record.getMessage()[:500]}
        LOG.log(record.levelno, json.dumps(line, ensure_ascii=False))
