"""Records of what is watched: alerts, where they are sent, and what waits to be sent."""

from guandian.store.records.watching.alert_records import AlertRecord, AlertRecords, AlertState
from guandian.store.records.watching.channel_records import ChannelRecord, ChannelRecords
from guandian.store.records.watching.outbox_records import Notice, NoticeKind, OutboxRecords

__all__ = [
    "AlertRecord",
    "AlertRecords",
    "AlertState",
    "ChannelRecord",
    "ChannelRecords",
    "Notice",
    "NoticeKind",
    "OutboxRecords",
]
