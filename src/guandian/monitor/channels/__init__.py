"""Where alerts are sent: addresses checked, connections guarded, messages cut and sent."""

from guandian.monitor.channels.channel_addresses import channel_address
from guandian.monitor.channels.messages import AlertMessage, message_of
from guandian.monitor.channels.outbox import Delivered, deliver
from guandian.monitor.channels.sending import ChannelError, send_message

__all__ = [
    "AlertMessage",
    "ChannelError",
    "Delivered",
    "channel_address",
    "deliver",
    "message_of",
    "send_message",
]
