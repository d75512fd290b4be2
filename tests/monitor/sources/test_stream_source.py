"""Streams: acknowledged when stored, taken again after any end, what is no review kept."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.monitor.sources.miners import Finder, intake_of
from tests.monitor.sources.redis_servers import redis_server

from guandian.errors import GuandianError
from guandian.monitor.sources import Intake, SourceFailure, TakenIn
from guandian.monitor.sources.kafka_stream import KafkaStream
from guandian.monitor.sources.redis_stream import RedisStream
from guandian.monitor.sources.review_message import ReviewMessage, review_from
from guandian.monitor.sources.review_source import DeadLetter
from guandian.monitor.sources.stream_source import StreamSource, stream_source
from guandian.service.schemas.mining_schemas import ReviewIn

REVIEWS = [{"id": str(k), "text": f"电池不耐用🔋{k}", "time": "2026-01-05"} for k in range(3)]


@dataclass(frozen=True)
class InMemory:
    """The stream with faststream's broker in memory, to which messages are sent one by one."""

    stream: RedisStream | KafkaStream
    messages: Sequence[Any]
    sent: list[Any]

    async def run(self, hand: Any, started: Callable[[], None]) -> None:
        broker = self.stream.broker(hand)
        started()
        if isinstance(self.stream, RedisStream):
            from faststream.redis import TestRedisBroker

            async with TestRedisBroker(broker) as its:
                for message in self.messages:
                    await its.publish(message, stream=self.stream.stream)
                    self.sent.append(message)
        else:
            from faststream.kafka import TestKafkaBroker

            async with TestKafkaBroker(broker) as its:
                for message in self.messages:
                    await its.publish(message, self.stream.topic)
                    self.sent.append(message)


def all_of(intake: Intake, source: StreamSource, number: int) -> TakenIn:
    total, end = TakenIn(), time.monotonic() + 20
    while total.reviews + total.known + total.dead < number and time.monotonic() < end:
        total += intake.take(source, 1.0)
    return total


@pytest.mark.parametrize(
    "stream",
    [RedisStream("redis://h", "评论", "g", 10), KafkaStream("h:9092", "reviews", "g")],
    ids=["redis", "kafka"],
)
def test_messages_are_stored_and_what_is_none_is_kept(
    tmp_path: Path, stream: RedisStream | KafkaStream
) -> None:
    sent: list[Any] = []
    wrong = ["not JSON", {"id": "9"}, {"id": "8", "text": "a", "stars": 5}]
    source = StreamSource("memory", InMemory(stream, [*REVIEWS, *wrong, REVIEWS[0]], sent))
    with intake_of(tmp_path, Finder()) as intake:
        assert all_of(intake, source, 7) == TakenIn(3, 1, 3)
        stored = {review.id: review.text for review, _ in intake.store.reader().reviews()}
    source.close()
    assert stored == {row["id"]: row["text"] for row in REVIEWS} and len(sent) == 7
    letters = (tmp_path / "sources" / "dead_letters.jsonl").read_text().splitlines()
    reasons = [json.loads(letter)["reason"] for letter in letters]
    assert reasons[1:] == ["text is missing", "stars is no part of a review"], reasons


def test_a_real_redis_gives_again_what_was_not_stored(tmp_path: Path) -> None:
    with redis_server(tmp_path) as (address, client), intake_of(tmp_path, Finder()) as intake:
        client.xadd("评论", REVIEWS[0])  # fields
        client.xadd("评论", {"data": json.dumps(REVIEWS[1])})  # one text
        parts = urlsplit(f"{address}?stream=评论")
        first = stream_source(parts, {"product": "X200"})
        delivery = first.take(10, 10.0)
        assert [review.id for review in delivery.reviews] == ["0", "1"]
        intake.put(first.name, delivery)  # stored, and the process ends before it says so
        first.close()
        assert client.xpending("评论", "guandian")["pending"] == 2
        client.xadd("评论", REVIEWS[2])
        second = stream_source(parts, {"product": "X200"})
        assert all_of(intake, second, 3) == TakenIn(1, 2, 0)
        second.close()
        assert client.xpending("评论", "guandian")["pending"] == 0
        products = {review.product for review, _ in intake.store.reader().reviews()}
        assert products == {"X200"}


def test_a_broker_that_is_not_there_is_a_failure_without_its_password() -> None:
    source = stream_source(urlsplit("redis://u:s3cret@127.0.0.1:1/0?stream=s"), {})
    with pytest.raises(SourceFailure) as failure:
        source.take(1, 10.0)
    assert "s3cret" not in f"{failure.value} {source.name}"
    for address in ("redis://h/0", "kafka://h:9092"):
        with pytest.raises(GuandianError, match="names no"):
            stream_source(urlsplit(address), {})


def test_a_message_is_what_the_service_takes() -> None:
    ours, theirs = ReviewMessage.model_json_schema(), ReviewIn.model_json_schema()
    assert ours["properties"] == theirs["properties"] and ours["required"] == theirs["required"]
    for content in (b"\xff", b"[" * 100_000, b'{"id": "1", "id": "2", "text": ""}', b"1" * 5000):
        assert isinstance(review_from(content), DeadLetter)
