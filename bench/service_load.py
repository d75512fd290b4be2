"""Asks a service as cheaply as Python can: `bench/service.py` runs it as a process of its own.

It reads what to do as JSON from its standard input and writes what it saw as JSON to its standard
output. One thread waits for all sockets at once; requests are bytes that were made before, and of
an answer only its status and its length are read, so that hardly any of the processor that the
service shares with it goes here. What it spent all the same is told, to be taken off. It asks this
machine alone.
"""

from __future__ import annotations

import json
import re
import resource
import selectors
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from heapq import heappop, heappush
from random import Random
from time import perf_counter

_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_MODEL = re.compile(rb'"model": ?"([^"]+)"')
_AGAIN = 1.0
"""Seconds after which who was refused comes again, as Retry-After asks."""


@dataclass
class Plan:
    """What to do.

    Attributes:
        port: of the service, on this machine.
        key: of the caller.
        bodies: of requests, taken in turns.
        clients: connections, each with one request at a time.
        seconds: for which answers are counted, after the ramp; 0 = until all is answered.
        total: requests to be answered well or left; 0 = as many as the seconds allow.
        ramp: seconds over which the clients come, before anything is counted.
        leaving: share of requests whose client leaves after `patience`.
        patience: seconds.
        again: seconds after which who was refused comes again.
        models: whether the names of models in answers are read.
        arrivals: seconds after the ramp at which requests are sent whatever was answered before,
            in place of clients that wait for their answers; each is counted from then on.
        keys: of the callers, by turns, in place of `key`.
    """

    port: int
    key: str
    bodies: list[str]
    clients: int
    seconds: float = 0.0
    total: int = 0
    ramp: float = 0.0
    leaving: float = 0.0
    patience: float = 0.02
    again: float = _AGAIN
    models: bool = False
    arrivals: list[float] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)


@dataclass
class Seen:
    """What was seen.

    Attributes:
        answers: status, when it came (seconds after the ramp) and how many seconds it took.
        left: requests whose client left.
        models: by which answers were given, with their numbers.
        mixed: answers of several models.
        seconds: that all of it took, the ramp aside.
        processor: seconds of it that this process used.
        calls: of `arrivals`: which one, when it was due and when it was answered, by the clock that
            all processes of the machine share.
    """

    answers: list[tuple[int, float, float]] = field(default_factory=list)
    left: int = 0
    models: dict[str, int] = field(default_factory=dict)
    mixed: int = 0
    seconds: float = 0.0
    processor: float = 0.0
    calls: list[tuple[int, float, float]] = field(default_factory=list)


class Connection:
    """One client."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._socket: socket.socket | None = None
        self._waits = False
        self._received = b""
        self._request = b""
        self._turn = self.number = 0
        self.sent = 0.0

    def ask(self) -> None:
        """Send the next request."""
        request = self._load.next_request()
        if request is None:
            self.close()
            return
        self._request, self._received, self._waits = request, b"", True
        self._turn += 1
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._load.plan.port))
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._load.selector.register(self._socket, selectors.EVENT_READ, self)
        self.sent = perf_counter()
        self._socket.sendall(request)
        if self._load.leaves():
            turn = self._turn
            self._load.later(self._load.plan.patience, lambda: self._leave(turn))

    def receive(self, instant: float) -> None:
        """Read what came; `instant` is when it was there."""
        assert self._socket is not None
        try:
            chunk = self._socket.recv(1 << 18)
        except ConnectionError:
            chunk = b""
        self._received += chunk
        head = self._received.find(b"\r\n\r\n")
        if head < 0 and chunk:
            return
        match = _LENGTH.search(self._received, 0, head) if head >= 0 else None
        if chunk and match and len(self._received) < head + 4 + int(match[1]):
            return
        if not self._waits:
            self.close()
            return
        self._waits = False
        status = int(self._received[9:12]) if match else 0
        if not chunk:
            self.close()
        self._load.answered(self, status, instant, self._received)

    def _leave(self, turn: int) -> None:
        if self._waits and self._turn == turn:
            self._waits = False
            self.close()
            self._load.departed(self)

    def close(self) -> None:
        """Close the connection, whatever was asked."""
        if self._socket is not None:
            self._load.selector.unregister(self._socket)
            self._socket.close()
            self._socket = None


class Load:
    """All clients, one thread."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.seen = plan, Seen()
        self.selector = selectors.DefaultSelector()
        keys = plan.keys or [plan.key]
        self._requests = [_request(keys[k % len(keys)], body) for k, body in enumerate(plan.bodies)]
        self._idle: list[Connection] = []
        self._dice = Random(1)
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._made = self._at = 0
        self._done = self._open = 0
        self._until = self._from = 0.0

    def run(self) -> Seen:
        """Do all of it."""
        plan = self.plan
        began = perf_counter()
        self._from = began + plan.ramp
        self._until = self._from + plan.seconds if plan.seconds else float("inf")
        for k, seconds in enumerate(plan.arrivals):
            self.later(plan.ramp + seconds, partial(self._arrive, k, self._from + seconds))
        for _ in range(0 if plan.arrivals else plan.clients):
            self.later(self._dice.random() * plan.ramp, Connection(self).ask)
        spent = _processor()
        while self._timers or self._open:
            instant = perf_counter()
            if instant >= self._until or (plan.total and self._done >= plan.total):
                break
            while self._timers and self._timers[0][0] <= instant:
                heappop(self._timers)[2]()
            until = min(self._timers[0][0] if self._timers else self._until, self._until)
            wait = max(0.0, min(until - perf_counter(), 1.0))
            events = self.selector.select(wait)
            instant = perf_counter()
            for entry, _ in events:
                entry.data.receive(instant)
        self.seen.seconds = perf_counter() - self._from
        self.seen.processor = _processor() - spent
        for entry in list(self.selector.get_map().values()):
            entry.data.close()
        return self.seen

    def _arrive(self, number: int, due: float) -> None:
        """Send a request on a connection that waits for nothing."""
        connection = self._idle.pop() if self._idle else Connection(self)
        connection.ask()
        connection.sent = due  # a load that is late itself waits as whoever asks would
        connection.number = number

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        """Do something in so many seconds."""
        self._at += 1
        heappush(self._timers, (perf_counter() + seconds, self._at, act))

    def leaves(self) -> bool:
        """Tell whether the client of this request is one that leaves."""
        return bool(self.plan.leaving) and self._dice.random() < self.plan.leaving

    def next_request(self) -> bytes | None:
        """The next request, None where there are enough."""
        if self.plan.total and self._made >= self.plan.total:
            return None
        request = self._requests[self._made % len(self._requests)]
        self._made += 1
        self._open += 1
        return request

    def answered(self, connection: Connection, status: int, instant: float, content: bytes) -> None:
        """Note an answer; who was refused comes again."""
        self._open -= 1
        if self._from <= instant < self._until:
            row = (status, instant - self._from, instant - connection.sent)
            self.seen.answers.append(row)
        if status == 200:
            self._done += 1
            if self.plan.models:
                self._note_models(content)
            if not self.plan.arrivals:
                connection.ask()
        if self.plan.arrivals:
            self._idle.append(connection)
            if status == 200:
                self.seen.calls.append((connection.number, connection.sent, instant))
            return
        if status == 200:
            return
        self._made -= 1 if self.plan.total else 0
        self.later(self.plan.again, connection.ask)

    def departed(self, connection: Connection) -> None:
        """Note that a client left in the middle of a call; it comes again."""
        self._open -= 1
        self._done += 1
        self.seen.left += 1
        self.later(self.plan.again, connection.ask)

    def _note_models(self, content: bytes) -> None:
        names = set(_MODEL.findall(content))
        self.seen.mixed += len(names) != 1
        for name in names:
            self.seen.models[name.decode()] = self.seen.models.get(name.decode(), 0) + 1


def _request(key: str, body: str) -> bytes:
    content = body.encode()
    head = (
        f"POST /v1/mine HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def _processor() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Do what the standard input asks for."""
    seen = Load(Plan(**json.load(sys.stdin))).run()
    json.dump(vars(seen), sys.stdout)


if __name__ == "__main__":
    main()
