"""What waits is sent: marked after the receiver has it, so that nothing is lost by any kill."""

from __future__ import annotations

from dataclasses import dataclass

from guandian.monitor.channels.messages import message_of
from guandian.monitor.channels.sending import ChannelError, send_message
from guandian.store import StoreReader
from guandian.store.records import Records


@dataclass(frozen=True, slots=True)
class Delivered:
    """How many messages were sent, failed and are tried again, and were dropped."""

    sent: int = 0
    failed: int = 0
    dropped: int = 0


def deliver(reader: StoreReader, records: Records, tenant: str) -> Delivered:
    """Try everything that is due.

    A process that is killed after the receiver took a message and before that was marked sends it
    again, under the same id.
    """
    channels = {channel.name: channel for channel in records.channels.list(tenant)}
    sent = failed = dropped = 0
    for notice in records.outbox.due(tenant):
        channel = channels.get(notice.channel)
        alert = records.alerts.get(tenant, notice.alert)
        if channel is None or alert is None:
            records.outbox.drop(tenant, notice.id, "its channel or its alert is gone")
            dropped += 1
            continue
        if records.alerts.quiet(tenant, alert.series):
            records.outbox.drop(tenant, notice.id, "somebody asked for quiet")
            dropped += 1
            continue
        try:
            send_message(channel, message_of(reader, alert, notice, channel.language))
        except ChannelError as error:
            records.outbox.mark_failed(tenant, notice, str(error))
            failed += 1
        else:
            records.outbox.mark_sent(tenant, notice.id)
            sent += 1
    return Delivered(sent, failed, dropped)
