"""A span a request: by the conventions of OpenTelemetry, and without what anybody said."""

from __future__ import annotations

import http.server
import json
import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from tests.service.callers import REVIEW, Caller, new_caller

from guandian.service.app import create_app
from guandian.service.log import LOG
from guandian.service.parts import Service
from guandian.service.settings import Limits
from guandian.service.tracing import ENDPOINTS, Tracing, open_tracing

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture(scope="module")
def exported() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, exported: InMemorySpanExporter
) -> Iterator[Service]:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exported))
    opened = Service.open(tmp_path_factory.mktemp("traced") / "data", Limits(threads=1))
    assert opened.tracing is None, "nobody asked for traces"
    yield replace(opened, tracing=Tracing(provider))
    opened.close()


def spans(exported: InMemorySpanExporter) -> list[ReadableSpan]:
    finished = list(exported.get_finished_spans())
    exported.clear()
    return finished


def test_each_request_has_a_span_by_the_conventions(
    service: Service, exported: InMemorySpanExporter
) -> None:
    caller = new_caller(service, "read", "mine")
    for method, path, more in (
        ("POST", "/v1/mine", {"json": {"reviews": [REVIEW]}}),
        ("GET", "/v1/search?words=屏幕", {}),
        ("GET", "/v1/reviews/of-a-person", {}),
        ("GET", "/nowhere.js", {}),
        ("BREW", "/v1/mine", {}),
    ):
        caller(method, path, **more)
    Caller(caller.app)("GET", "/v1/me")
    caller("GET", "/healthz")
    shown = [
        (span.name, (span.attributes or {})["http.response.status_code"])
        for span in spans(exported)
    ]
    assert shown == [
        ("POST /v1/mine", 200),
        ("GET /v1/search", 200),
        ("GET /v1/reviews/{id:path}", 404),
        ("GET /{path:path}", 404),
        ("HTTP /v1/mine", 405),
        ("GET", 401),
    ], "also those that are refused; health is asked by machines, and left out"
    caller("GET", "/v1/summary", headers={"traceparent": PARENT})
    (span,) = spans(exported)
    attributes = dict(span.attributes or {})
    assert attributes.pop("guandian.request")
    assert attributes == {
        "http.request.method": "GET",
        "http.route": "/v1/summary",
        "http.response.status_code": 200,
        "url.scheme": "http",
        "url.path": "/v1/summary",
        "network.protocol.version": "1.1",
        "server.address": "guandian",
        "guandian.tenant": "main",
    }
    assert span.kind is SpanKind.SERVER and span.status.status_code is StatusCode.UNSET
    assert span.parent is not None and f"{span.context.trace_id:032x}" in PARENT
    assert f"{span.parent.span_id:016x}" in PARENT


def test_a_failure_of_the_service_is_an_error(
    service: Service, exported: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = new_caller(service, "read")
    monkeypatch.setattr(type(service.readings), "reader", lambda *_: {}["a word of a review"])
    assert caller("GET", "/v1/summary").status_code == 500
    (span,) = spans(exported)
    assert span.status.status_code is StatusCode.ERROR
    assert (span.attributes or {})["error.type"] == "500"
    assert "a word of a review" not in span.to_json()


def test_no_word_key_or_id_stands_in_a_span(
    service: Service, exported: InMemorySpanExporter
) -> None:
    caller = new_caller(service, "admin")
    secret = "独一无二"
    review = {"id": f"id-{secret}", "text": secret, "product": secret}
    caller("POST", "/v1/mine", json={"reviews": [review]})
    caller("GET", "/v1/search", params={"words": secret, "product": secret})
    caller("GET", f"/v1/reviews/{secret}")
    caller("GET", f"/{secret}")
    caller("POST", "/v1/mine", content=secret.encode())
    written = "".join(span.to_json() for span in spans(exported))
    assert json.dumps(secret)[1:-1] not in written and secret not in written
    assert caller.key not in written and "%E7%8B" not in written
    assert "/v1/reviews/{id:path}" in written, "the control"


def test_the_log_names_the_trace(
    service: Service, exported: InMemorySpanExporter, caplog: pytest.LogCaptureFixture
) -> None:
    caller = new_caller(service, "read")
    with caplog.at_level(logging.INFO, LOG.name):
        caller("GET", "/v1/me")
    (span,) = spans(exported)
    lines = [json.loads(record.getMessage()) for record in caplog.records]
    assert [line["trace"] for line in lines] == [f"{span.context.trace_id:032x}"]


def test_nothing_is_traced_unless_an_address_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ENDPOINTS:
        monkeypatch.delenv(name, raising=False)
    assert open_tracing() is None
    monkeypatch.setenv(ENDPOINTS[1], "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    assert open_tracing() is None


def test_spans_go_where_the_environment_says(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    received: list[tuple[str, bytes]] = []

    class Collector(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append((self.path, self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Collector) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv(ENDPOINTS[1], f"http://127.0.0.1:{server.server_address[1]}")
        service = Service.open(data, Limits(threads=1))
        Caller(create_app(service))("GET", "/v1/me")
        service.close()
        server.shutdown()
    ((path, body),) = received
    assert path == "/v1/traces"
    (group,) = ExportTraceServiceRequest.FromString(body).resource_spans
    names = {entry.key: entry.value.string_value for entry in group.resource.attributes}
    assert names["service.name"] == "guandian"
    assert [span.name for span in group.scope_spans[0].spans] == ["GET"]
