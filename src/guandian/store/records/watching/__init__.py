"""Records of what is watched: alerts, where they are sent, and what waits to be sent."""

from guandian.store.records.watching.alert_records import (
    AlertKind,
    AlertRecord,
    AlertRecords,
    AlertSeverity,
    AlertState,
)
from guandian.store.records.watching.channel_records import (
    ChannelRecord,
    ChannelRecords,
    ChannelTerms,
)
from guandian.store.records.watching.outbox_records import Notice, NoticeKind, OutboxRecords
from guandian.store.records.watching.watch_state import WatchStates

__all__ = [
    "AlertKind",
    "AlertRecord",
    "AlertRecords",
    "AlertSeverity",
    "AlertState",
    "ChannelRecord",
    "ChannelRecords",
    "ChannelTerms",
    "Notice",
    "NoticeKind",
    "OutboxRecords",
    "WatchStates",
]
