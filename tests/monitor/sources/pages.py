"""A server of pages on loopback, which a test allows explicitly."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Pages:
    """What is served, whatever the path.

    Attributes:
        content, kind: of the page.
        status: that it answers.
        headers: that it sends besides, such as `ETag` or `Location`.
        asked: headers of the requests that came.
    """

    port: int = 0
    content: bytes = b""
    kind: str = "application/x-ndjson"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)

    def address(self, path: str = "/reviews?token=s3cret") -> str:
        return f"http://127.0.0.1:{self.port}{path}"


@contextmanager
def pages() -> Iterator[Pages]:
    """One that runs until the block ends."""
    its = Pages()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            its.asked.append({name.lower(): value for name, value in self.headers.items()})
            same = its.headers.get("ETag") and its.headers["ETag"] == its.asked[-1].get(
                "if-none-match"
            )
            self.send_response(304 if same else its.status)
            for name, value in its.headers.items():
                self.send_header(name, value)
            body = b"" if same else its.content
            self.send_header("content-type", its.kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    its.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield its
    finally:
        server.shutdown()
        server.server_close()
