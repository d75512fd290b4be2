"""A server that speaks the interface of chat models by a script: for tests, ours and others'."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

_PIECE = 8  # characters an event
_MOST = 16 << 20


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server does when it is asked.

    Attributes:
        text: of the answer.
        status: of HTTP; other than 200, `text` is the body.
        headers: besides the usual ones.
        delay: before it answers, seconds.
        finish: why the answer ends: `stop` or `length`.
        model: who answers; None repeats whom the request names.
        broken: the connection ends in the midst of the answer.
        content_type: of a body that is sent as it stands, such as `text/html`.
    """

    text: str = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    finish: str = "stop"
    model: str | None = None
    broken: bool = False
    content_type: str | None = None


Script = Sequence[Reply] | Callable[[Mapping[str, Any]], Reply]


class ScriptedServer:
    """Answers on loopback, in a thread of its own, while the block runs.

    It tells no secrets and keeps every request body in `bodies`, and `Authorization` in `keys`.

    Args:
        script: the replies in their order, the last one again and again; or what makes a reply of
            the body of a request.
    """

    def __init__(self, script: Script) -> None:
        self._script = script
        self.bodies: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self._lock = threading.Lock()
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The address to name as endpoint."""
        if self._server is None:
            raise RuntimeError("the server runs within its `with` block alone")
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> Self:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                owner._answer(self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        interval = {"poll_interval": 0.01}
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs=interval)
        self._thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()

    def _reply(self, body: dict[str, Any], key: str | None) -> Reply:
        with self._lock:
            at = len(self.bodies)
            self.bodies.append(body)
            self.keys.append(key)
        if callable(self._script):
            return self._script(body)
        return self._script[min(at, len(self._script) - 1)]

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        size = min(int(handler.headers.get("content-length", 0)), _MOST)
        body = json.loads(handler.rfile.read(size))
        reply = self._reply(body, handler.headers.get("authorization"))
        time.sleep(reply.delay)
        with suppress(OSError):  # whoever asked has left
            if reply.status != 200 or reply.content_type:
                _send(handler, reply, reply.text.encode(), reply.content_type or "text/plain")
            elif body.get("stream"):
                _stream(handler, reply, body)
            else:
                _send(handler, reply, _whole(reply, body), "application/json")


def _send(handler: BaseHTTPRequestHandler, reply: Reply, content: bytes, kind: str) -> None:
    handler.send_response(reply.status)
    for name, value in {**reply.headers, "content-type": kind}.items():
        handler.send_header(name, value)
    handler.send_header("content-length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)


def _whole(reply: Reply, body: Mapping[str, Any]) -> bytes:
    message = {"role": "assistant", "content": reply.text}
    choice = {"index": 0, "message": message, "finish_reason": reply.finish}
    content = {"model": reply.model or body.get("model"), "choices": [choice]}
    return json.dumps(content | {"usage": _usage(reply, body)}, ensure_ascii=False).encode()


def _stream(handler: BaseHTTPRequestHandler, reply: Reply, body: Mapping[str, Any]) -> None:
    handler.send_response(200)
    for name, value in {**reply.headers, "content-type": "text/event-stream"}.items():
        handler.send_header(name, value)
    handler.send_header("connection", "close")
    handler.end_headers()
    handler.close_connection = True
    named = {"model": reply.model or body.get("model")}
    for start in range(0, len(reply.text), _PIECE):
        piece = {"delta": {"content": reply.text[start : start + _PIECE]}, "finish_reason": None}
        _event(handler, named | {"choices": [piece]})
        if reply.broken:
            return
    _event(handler, named | {"choices": [{"delta": {}, "finish_reason": reply.finish}]})
    _event(handler, named | {"choices": [], "usage": _usage(reply, body)})
    handler.wfile.write(b"data: [DONE]\n\n")


def _event(handler: BaseHTTPRequestHandler, content: Mapping[str, Any]) -> None:
    handler.wfile.write(f"data: {json.dumps(content, ensure_ascii=False)}\n\n".encode())


def _usage(reply: Reply, body: Mapping[str, Any]) -> dict[str, int]:
    """A token is a character here."""
    prompt = sum(len(message["content"]) for message in body["messages"])
    return {
        "prompt_tokens": prompt,
        "completion_tokens": len(reply.text),
        "total_tokens": prompt + len(reply.text),
    }
