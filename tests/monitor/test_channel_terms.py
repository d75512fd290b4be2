"""Hours, gaps, severity, and days in which nothing happened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from tests.monitor.receivers import Receiver, receiver

from guandian.monitor.alerts.alert_sentences import severity_of
from guandian.monitor.channels import Delivered, deliver
from guandian.store import Store
from guandian.store.records import Records
from guandian.store.records.watching import (
    AlertKind,
    AlertRecord,
    AlertSeverity,
    AlertState,
    ChannelRecord,
    ChannelTerms,
    NoticeKind,
)

DAY = date(2026, 3, 2)  # a Monday
SERIES = {"product": "X200", "category": None, "aspect": None, "source": None}
ALERT = AlertRecord("a_1", SERIES, "day", AlertState.FIRING, DAY, DAY, 40, 10.0, 1e-9, fired=DAY)
NIGHT = datetime(2026, 3, 2, 20, 30, tzinfo=UTC)  # 4:30 in Shanghai
ZONE = "Asia/Shanghai"


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as its:
        yield its


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path, write=True, threads=1) as its:
        yield its


@pytest.fixture
def records(tmp_path: Path, store: Store) -> Iterator[Records]:
    with Records.open(tmp_path) as its:
        its.alerts.save("main", [ALERT])
        yield its


def told(records: Records, store: Store, moment: datetime) -> Delivered:
    return deliver(store.reader(), records, "main", moment)


def channel(records: Records, hook: Receiver, **terms: object) -> None:
    its = ChannelRecord("ops", hook.address, private=True, terms=ChannelTerms(**terms))  # type: ignore[arg-type]
    records.channels.put("main", its)
    assert records.channels.list("main") == [its]


@pytest.mark.parametrize(
    ("hours", "moment", "first"),
    [
        ((9, 22), NIGHT, NIGHT.replace(day=3, hour=1, minute=0)),
        ((9, 22), NIGHT.replace(day=3, hour=1), NIGHT.replace(day=3, hour=1)),
        ((22, 6), NIGHT, NIGHT),
        ((22, 6), NIGHT.replace(hour=22), NIGHT.replace(day=3, hour=14, minute=0)),
        ((0, 24), NIGHT, NIGHT),
    ],
)
def test_hours_are_those_of_the_shop(
    hours: tuple[int, int], moment: datetime, first: datetime
) -> None:
    assert ChannelTerms(hours).from_when(moment, None) == first


def test_outside_of_its_hours_a_channel_waits_and_nothing_is_lost(
    records: Records, store: Store, hook: Receiver
) -> None:
    channel(records, hook, hours=(9, 22))
    records.outbox.add("main", "a_1", NoticeKind.FIRED, ["ops"])
    assert told(records, store, NIGHT).waiting == 1 and hook.ids == []
    (notice,) = records.outbox.waiting("main")
    assert (notice.due, notice.attempts) == (NIGHT.replace(day=3, hour=1, minute=0), 0)


def test_two_messages_keep_their_gap(records: Records, store: Store, hook: Receiver) -> None:
    channel(records, hook, gap=30)
    records.alerts.save("main", [replace(ALERT, id="a_2", kind=AlertKind.DRIFT)])
    for id in ("a_1", "a_2"):
        records.outbox.add("main", id, NoticeKind.FIRED, ["ops"])
    moment = datetime.now(UTC)
    passed = told(records, store, moment)
    assert (passed.sent, passed.waiting) == (1, 1)
    (notice,) = records.outbox.waiting("main")
    assert notice.due - moment == pytest.approx(timedelta(minutes=30), abs=timedelta(seconds=9))
    records.outbox.put_off("main", notice.id, moment)
    assert told(records, store, moment + timedelta(minutes=31)).sent == 1


def test_a_channel_is_told_of_what_is_severe_enough(
    records: Records, store: Store, hook: Receiver
) -> None:
    assert severity_of(ALERT) is AlertSeverity.MAJOR
    assert severity_of(replace(ALERT, observed=90)) is AlertSeverity.CRITICAL
    assert severity_of(replace(ALERT, observed=4, expected=0.7)) is AlertSeverity.MINOR
    channel(records, hook, severity=AlertSeverity.CRITICAL)
    records.outbox.add("main", "a_1", NoticeKind.FIRED, ["ops"])
    assert told(records, store, NIGHT).dropped == 1
    records.alerts.save("main", [replace(ALERT, observed=90)])
    records.outbox.add("main", "a_1", NoticeKind.CLEARED, ["ops"])
    assert told(records, store, NIGHT).sent == 1


def test_a_week_without_alerts_is_told_once_and_only_if_somebody_watched(
    records: Records, store: Store, hook: Receiver
) -> None:
    channel(records, hook, nothing="week")
    monday = datetime(2026, 3, 16, 2, tzinfo=UTC)
    assert told(records, store, monday).sent == 0
    records.alerts.set_watched("main", "day", date(2026, 2, 1), date(2026, 3, 14))
    assert told(records, store, monday).sent == 0  # Sunday was not judged yet
    records.alerts.set_watched("main", "day", date(2026, 2, 1), date(2026, 3, 15))
    assert told(records, store, monday).sent == 1
    assert told(records, store, monday + timedelta(hours=5)).sent == 0
    assert "Nothing stood out from 2026-03-09 to 2026-03-15." in hook.bodies[0]["message"]
    assert told(records, store, datetime(2026, 3, 9, 2, tzinfo=UTC)).sent == 0  # one fired then
