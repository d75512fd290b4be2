"""A message sent through apprise, to a public address unless the channel may reach others."""

from __future__ import annotations

from contextlib import nullcontext

from guandian.monitor.channels.channel_addresses import plugin_of
from guandian.monitor.channels.guarded import public_connections
from guandian.monitor.channels.messages import AlertMessage
from guandian.monitor.channels.unlogged import without_log
from guandian.store.records.watching import ChannelRecord

_MOST_BYTES = 2048
"""What a bot of WeCom takes; apprise itself cuts nothing."""


class ChannelError(Exception):
    """A message did not arrive; the words hold no secret."""


def send_message(channel: ChannelRecord, message: AlertMessage) -> None:
    """Send once.

    Raises:
        ChannelError: it did not arrive, or nobody knows whether it did.
    """
    with without_log() as statuses:
        plugin = plugin_of(channel.address)
        if plugin is None:
            raise ChannelError("its address is none any more")
        most = min(int(plugin.body_maxlen), _MOST_BYTES)
        guard = nullcontext(list[str]()) if channel.private else public_connections()
        with guard as refused:
            arrived = bool(plugin.notify(body=message.text(most), body_format="text"))
    if refused:
        raise ChannelError(f"its address leads into a private range: {refused[0]}")
    if not arrived:
        raise ChannelError(f"it answered {statuses[-1]}" if statuses else "no connection")
