"""A day or a week in which nothing fired is told too, so that silence means that nobody watches."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from guandian.domain.periods import period_start
from guandian.monitor.alerts.realised import realised_of
from guandian.monitor.channels.messages import AlertMessage, spoken_lines
from guandian.monitor.series.buckets import UNITS
from guandian.store.records import Records
from guandian.store.records.watching import ChannelRecord, Notice, NoticeKind
from guandian.wording import term

_DAYS = {"day": 1, "week": 7}


def add_nothing_happened(
    records: Records, tenant: str, channel: ChannelRecord, moment: datetime
) -> None:
    """Let a channel that wants it be told of the last whole day or week, once.

    Nothing is told of days that nobody judged yet.
    """
    unit = channel.terms.nothing
    if unit not in _DAYS:
        return
    today = moment.astimezone(ZoneInfo(channel.terms.zone)).date()
    after = period_start(today, "week") if unit == "week" else today
    since, until = after - timedelta(days=_DAYS[unit]), after - timedelta(days=1)
    watched = [its for kind in UNITS if (its := records.alerts.watched(tenant, kind))]
    if not any(_day(first) <= since and _whole(last) >= until for first, last in watched):
        return
    if not records.alerts.fired_between(tenant, since, until):
        id = f"{unit}_{after.isoformat()}"
        records.outbox.add(tenant, id, NoticeKind.NOTHING, [channel.name])


def _day(day: date) -> date:
    return day.date() if isinstance(day, datetime) else day


def _whole(last: date) -> date:
    """The last day of which all hours were judged."""
    if isinstance(last, datetime):
        return (last + timedelta(hours=1)).date() - timedelta(days=1)
    return last


def nothing_message(records: Records, tenant: str, notice: Notice, language: str) -> AlertMessage:
    """The words of such a notice."""
    unit, _, day = notice.alert.partition("_")
    after = date.fromisoformat(day)
    values = {
        "since": (after - timedelta(days=_DAYS[unit])).isoformat(),
        "until": (after - timedelta(days=1)).isoformat(),
    }
    budgets = [realised_of(records, tenant, kind) for kind in UNITS]
    words = [
        term("Nothing stood out from {since} to {until}.", **values),
        *(budget.words for budget in budgets if budget is not None),
    ]
    lines = [line for name in words for line in spoken_lines(name, language)]
    return AlertMessage(notice.id, lines)
