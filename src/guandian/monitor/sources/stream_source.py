"""Streams of Kafka and Redis through faststream: acknowledged when stored."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import SplitResult, parse_qs

from guandian.domain import Review
from guandian.errors import GuandianError
from guandian.io.optional_libraries import needs
from guandian.monitor.channels.unlogged import without_log
from guandian.monitor.sources.review_message import Content, review_from, with_labels
from guandian.monitor.sources.review_source import MOST, DeadLetter, Delivery, SourceFailure
from guandian.monitor.sources.source_terms import shown_source

GROUP = "guandian"
"""The group of consumers, unless the address names another."""
_START = 15.0
"""Seconds that a broker gets to answer."""
_SLICE = 0.2
"""Seconds after which a connection that ended is seen."""

Handing = Callable[[Sequence[Content]], Any]
"""Hands messages over and waits until they are stored."""


class StreamConnection(Protocol):
    """A stream of one kind of broker."""

    async def run(self, hand: Handing, started: Callable[[], None]) -> None:
        """Hand over what comes, until it is cancelled.

        Args:
            hand: waits until the messages are stored; only then are they acknowledged.
            started: called when it is connected.
        """


@dataclass(frozen=True, slots=True)
class _Handed:
    """Messages that wait for being stored."""

    contents: Sequence[Content]
    stored: Future[None]


class StreamSource:
    """Takes messages from a stream; a thread of its own keeps the connection.

    Args:
        name: without secrets.
        connection: of the stream.
        labels: what holds for all its reviews.
    """

    def __init__(
        self, name: str, connection: StreamConnection, labels: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self._connection, self._labels = connection, labels or {}
        self._waiting: queue.Queue[_Handed] = queue.Queue()
        self._open: list[_Handed] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._thread: threading.Thread | None = None
        self._started, self._failure = threading.Event(), ""

    def take(self, most: int, seconds: float) -> Delivery:
        """What came; it connects at the first call."""
        self._connect()
        handed = self._next(most, seconds)
        if not handed:
            if self._thread is None or not self._thread.is_alive():
                self._thread = None
                raise SourceFailure(self._failure or "the connection is lost")
            return Delivery()
        contents = [content for its in handed for content in its.contents]
        reviews, dead = list[Review](), list[DeadLetter]()
        for content in contents:
            review = review_from(content)
            if isinstance(review, DeadLetter):
                dead.append(review)
            else:
                reviews.append(with_labels(review, self._labels))

        def stored() -> None:
            for its in handed:
                its.stored.set_result(None)
                self._open.remove(its)

        self._open += handed
        return Delivery(reviews, dead, stored)

    def close(self) -> None:
        """Leave; what was not stored is not acknowledged."""
        while not self._waiting.empty():
            self._open.append(self._waiting.get_nowait())
        for its in self._open:
            its.stored.set_exception(SourceFailure("the process ends"))
        self._open.clear()
        loop, task = self._loop, self._task
        if loop is not None and task is not None and not loop.is_closed():
            loop.call_soon_threadsafe(task.cancel)
        if self._thread is not None:
            self._thread.join(_START)

    async def hand(self, contents: Sequence[Content]) -> None:
        """Hand messages over, and wait until they are stored."""
        stored: Future[None] = Future()
        self._waiting.put(_Handed(contents, stored))
        await asyncio.wrap_future(stored)

    def _connect(self) -> None:
        if self._thread is not None:
            return
        self._failure, self._waiting = "", queue.Queue()
        self._started.clear()
        self._thread = threading.Thread(target=self._work, name="stream", daemon=True)
        self._thread.start()
        self._started.wait(_START)

    def _work(self) -> None:
        async def run() -> None:
            self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
            await self._connection.run(self.hand, self._started.set)

        try:
            with without_log():  # what fails is told once, without the address's secrets
                asyncio.run(run())
        except asyncio.CancelledError:
            pass
        except Exception as error:  # noqa: BLE001 - whatever a client raises; its words may hold secrets
            self._failure = f"no connection ({type(error).__name__})"
        finally:
            self._started.set()

    def _next(self, most: int, seconds: float) -> list[_Handed]:
        """What waits, until there are so many messages."""
        handed, number, until = list[_Handed](), 0, time.monotonic() + seconds
        while number < most:
            wait = 0.0 if handed else min(until - time.monotonic(), _SLICE)
            try:
                its = self._waiting.get(timeout=wait) if wait > 0 else self._waiting.get_nowait()
            except queue.Empty:
                if wait > 0 and self._thread and self._thread.is_alive():
                    continue
                break
            handed.append(its)
            number += len(its.contents)
        return handed


def stream_source(parts: SplitResult, labels: Mapping[str, str]) -> StreamSource:
    """The stream of an address.

    Args:
        parts: `redis://HOST:6379/0?stream=NAME` or `kafka://HOST:9092/TOPIC`, either with `group`.
        labels: what holds for all its reviews.

    Raises:
        GuandianError: it names no stream, or the extra is not installed.
    """
    needs("faststream", "streams", "reading streams")
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    group = query.get("group", GROUP)
    if parts.scheme == "kafka":
        from guandian.monitor.sources.kafka_stream import KafkaStream

        topic = parts.path.strip("/")
        if not topic or not parts.netloc:
            raise GuandianError("the address names no topic", "kafka://HOST:9092/TOPIC")
        return StreamSource(shown_source(parts), KafkaStream(parts.netloc, topic, group), labels)
    from guandian.monitor.sources.redis_stream import RedisStream

    stream = query.get("stream", "")
    if not stream:
        raise GuandianError("the address names no stream", "redis://HOST:6379/0?stream=NAME")
    server = parts._replace(query="").geturl()
    name = f"{shown_source(parts)}?stream={stream}"
    return StreamSource(name, RedisStream(server, stream, group, MOST), labels)
