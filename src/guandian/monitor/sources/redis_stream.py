"""A Redis stream: what an earlier process took and did not store comes first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from guandian.io.optional_libraries import needs
from guandian.monitor.sources.review_message import Content

_CONSUMER = "guandian"
_ENVELOPE = b"__data__"
"""The field in which faststream and its like send a whole message."""


@dataclass(frozen=True, slots=True)
class RedisStream:
    """One stream, read by a group that begins with its first message.

    Attributes:
        server: `redis://...`.
        stream, group: their names.
        most: messages that are handed over at once.
    """

    server: str
    stream: str
    group: str
    most: int

    async def run(self, hand: Callable[[Sequence[Content]], Any], started: Any) -> None:
        """Hand over what comes, until it is cancelled."""
        broker = self.broker(hand)
        client = await broker.connect()
        try:
            await self._begin(client)
            started()
            await self._unfinished(client, hand)
            await broker.start()
            await until_stopped(broker)
        finally:
            await broker.stop()

    def broker(self, hand: Callable[[Sequence[Content]], Any]) -> Any:
        """The broker with its subscriber, which acknowledges what `hand` came back from."""
        redis = needs("faststream.redis", "streams", "Redis")
        ack = needs("faststream", "streams", "Redis").AckPolicy.NACK_ON_ERROR
        broker = redis.RedisBroker(self.server, apply_types=False, logger=None)
        subscription = redis.StreamSub(
            self.stream, group=self.group, consumer=_CONSUMER, batch=True, max_records=self.most
        )

        async def decode(message: Any) -> list[Content]:
            return [_content(fields) for fields in message.raw_message["data"]]

        broker.subscriber(stream=subscription, ack_policy=ack, decoder=decode)(hand)
        return broker

    async def _begin(self, client: Any) -> None:
        errors = needs("redis.exceptions", "streams", "Redis")
        try:
            await client.xgroup_create(self.stream, self.group, id="0", mkstream=True)
        except errors.ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise

    async def _unfinished(self, client: Any, hand: Callable[[Sequence[Content]], Any]) -> None:
        """Hand over what was taken and never acknowledged; new messages are not among it."""
        while True:
            answer = await client.xreadgroup(
                self.group, _CONSUMER, {self.stream: "0"}, count=self.most
            )
            entries = answer[0][1] if answer else []
            if not entries:
                return
            await hand([_content(fields) for _, fields in entries if fields])
            await client.xack(self.stream, self.group, *(name for name, _ in entries))


async def until_stopped(broker: Any) -> None:
    """Wait while the subscribers of a broker run; one whose stream went away stops by itself.

    Raises:
        ConnectionError: one stopped.
    """
    while all(subscriber.running for subscriber in broker.subscribers):
        await asyncio.sleep(1)
    raise ConnectionError("the stream went away")


def _content(fields: Mapping[bytes, bytes]) -> Content:
    """What a message says: its envelope, or its fields as an object."""
    if _ENVELOPE in fields:
        form = needs("faststream.redis", "streams", "Redis").BinaryMessageFormatV1
        content: bytes = form.parse(fields[_ENVELOPE])[0]
        return content
    return {
        name.decode(errors="replace"): value.decode(errors="replace")
        for name, value in fields.items()
    }
