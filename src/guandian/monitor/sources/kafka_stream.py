"""A topic of Kafka: offsets are committed when what came before them is stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from guandian.io.optional_libraries import needs
from guandian.monitor.sources.redis_stream import until_stopped
from guandian.monitor.sources.review_message import Content
from guandian.monitor.sources.review_source import MOST


@dataclass(frozen=True, slots=True)
class KafkaStream:
    """One topic, read by a group that begins with its first message.

    Attributes:
        servers: `HOST:9092`, several with commas.
        topic, group: their names.
    """

    servers: str
    topic: str
    group: str

    async def run(self, hand: Callable[[Sequence[Content]], Any], started: Any) -> None:
        """Hand over what comes, until it is cancelled."""
        broker = self.broker(hand)
        try:
            await broker.start()
            started()
            await until_stopped(broker)
        finally:
            await broker.stop()

    def broker(self, hand: Callable[[Sequence[Content]], Any]) -> Any:
        """The broker with its subscriber, which commits what `hand` came back from."""
        kafka = needs("faststream.kafka", "streams", "Kafka")
        ack = needs("faststream", "streams", "Kafka").AckPolicy.NACK_ON_ERROR
        broker = kafka.KafkaBroker(
            self.servers.split(","), apply_types=False, logger=None, consumer_only=True
        )

        async def decode(message: Any) -> list[Content]:
            return [record.value or b"" for record in message.raw_message]

        broker.subscriber(
            self.topic,
            batch=True,
            max_records=MOST,
            group_id=self.group,
            auto_offset_reset="earliest",
            ack_policy=ack,
            decoder=decode,
        )(hand)
        return broker
