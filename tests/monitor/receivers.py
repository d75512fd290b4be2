"""A receiver of web hooks on loopback, which a test allows explicitly."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Receiver:
    """What came.

    Attributes:
        port: on which it listens.
        bodies: of the posts, as JSON.
        status: that it answers.
        before_answer: called when a post has come and was not answered yet.
    """

    port: int = 0
    bodies: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200
    location: str = ""
    before_answer: Callable[[], None] = lambda: None

    @property
    def address(self) -> str:
        return f"json://127.0.0.1:{self.port}/hook/s3cret-token"

    @property
    def ids(self) -> list[str]:
        """The ids in the last lines."""
        return [body["message"].rsplit("[", 1)[1].rstrip("]") for body in self.bodies]


@contextmanager
def receiver() -> Iterator[Receiver]:
    """One that runs until the block ends."""
    its = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers.get("content-length", 0))
            its.bodies.append(json.loads(self.rfile.read(size)))
            its.before_answer()
            self.send_response(its.status)
            if its.location:
                self.send_header("location", its.location)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    its.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield its
    finally:
        server.shutdown()
        server.server_close()
