"""What waits is sent: marked after the receiver has it, so that nothing is lost by any kill."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from guandian.monitor.alerts.alert_sentences import severity_of
from guandian.monitor.channels.messages import AlertMessage, message_of
from guandian.monitor.channels.nothing_happened import add_nothing_happened, nothing_message
from guandian.monitor.channels.sending import ChannelError, send_message
from guandian.store import StoreReader
from guandian.store.records import Records
from guandian.store.records.watching import AlertSeverity, ChannelRecord, Notice, NoticeKind

_ORDER = list(AlertSeverity)


@dataclass(frozen=True, slots=True)
class Delivered:
    """How many messages were sent, failed and are tried again, were dropped, or put off."""

    sent: int = 0
    failed: int = 0
    dropped: int = 0
    waiting: int = 0


class _Fate(StrEnum):
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"
    WAITING = "waiting"


def deliver(
    reader: StoreReader, records: Records, tenant: str, moment: datetime | None = None
) -> Delivered:
    """Try everything that is due.

    A process that is killed after the receiver took a message and before that was marked sends it
    again, under the same id.

    Args:
        reader: of the store.
        records: with channels and what waits.
        tenant: whose.
        moment: by which hours and gaps are kept; the present one without.
    """
    moment = datetime.now(UTC) if moment is None else moment
    channels = {channel.name: channel for channel in records.channels.list(tenant)}
    for channel in channels.values():
        add_nothing_happened(records, tenant, channel, moment)
    fates: Counter[_Fate] = Counter()
    for notice in records.outbox.due(tenant):
        if (wanted := channels.get(notice.channel)) is None:
            records.outbox.drop(tenant, notice.id, "its channel or its alert is gone")
            fates[_Fate.DROPPED] += 1
            continue
        fates[_deliver(reader, records, tenant, notice, wanted, moment)] += 1
    return Delivered(*(fates[fate] for fate in _Fate))


def _deliver(
    reader: StoreReader,
    records: Records,
    tenant: str,
    notice: Notice,
    channel: ChannelRecord,
    moment: datetime,
) -> _Fate:
    first = channel.terms.from_when(moment, records.outbox.last_sent(tenant, channel.name))
    message = _message(reader, records, tenant, notice, channel)
    if isinstance(message, str):
        records.outbox.drop(tenant, notice.id, message)
        return _Fate.DROPPED
    if first > moment:
        records.outbox.put_off(tenant, notice.id, first)
        return _Fate.WAITING
    try:
        send_message(channel, message)
    except ChannelError as error:
        records.outbox.mark_failed(tenant, notice, str(error))
        return _Fate.FAILED
    records.outbox.mark_sent(tenant, notice.id)
    return _Fate.SENT


def _message(
    reader: StoreReader, records: Records, tenant: str, notice: Notice, channel: ChannelRecord
) -> AlertMessage | str:
    """The message, or why there is none to send."""
    if notice.kind is NoticeKind.NOTHING:
        return nothing_message(records, tenant, notice, channel.language)
    alert = records.alerts.get(tenant, notice.alert)
    if alert is None:
        return "its channel or its alert is gone"
    if records.alerts.quiet(tenant, alert.series):
        return "somebody asked for quiet"
    if _ORDER.index(severity_of(alert)) < _ORDER.index(channel.terms.severity):
        return "it is less severe than what the channel is told"
    return message_of(reader, alert, notice, channel.language)
