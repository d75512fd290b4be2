"""What the records promise of alerts, channels and the outbox, in each data base."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from tests.store.records.conftest import Clock

from guandian.errors import GuandianError
from guandian.store.records import Records
from guandian.store.records.watching import (
    AlertRecord,
    AlertState,
    ChannelRecord,
    NoticeKind,
)

SERIES = {"product": "手机\0壳 😀 ' %s", "category": "battery", "aspect": None, "source": None}
ALERT = AlertRecord(
    "a_1", SERIES, "day", AlertState.FIRING, date(2026, 3, 2), date(2026, 3, 3), 17, 4.25, 1e-9,
    fired=date(2026, 3, 3), facts={"slice": SERIES, "budget": {"a_week": 0.25}},
)  # fmt: skip
CHILD = replace(ALERT, id="a_2", series=SERIES | {"source": "app"}, parent="a_1")


def test_an_alert_stands_as_it_was_saved_last(
    records: Records, opened: Callable[[], Records]
) -> None:
    records.alerts.save("main", [ALERT, CHILD])
    over = replace(ALERT, state=AlertState.CLEARED, cleared=date(2026, 3, 5), calm=2)
    assert records.alerts.acknowledge("main", "a_1", "k_1").acknowledged_by == "k_1"
    records.alerts.save("main", [over])
    other = opened()
    alert = other.alerts.get("main", "a_1")
    assert alert is not None and alert.acknowledged_by == "k_1"  # saving says nothing of who saw it
    assert replace(alert, acknowledged=None, acknowledged_by=None) == over
    assert other.alerts.acknowledge("main", "a_1", "k_2").acknowledged_by == "k_1"
    assert [its.id for its in other.alerts.active("main", "day")] == ["a_2"]
    assert [its.id for its in other.alerts.list("main", children=False)] == ["a_1"]
    assert other.alerts.count("main") == 2 and other.alerts.count("other") == 0
    assert other.alerts.get("other", "a_1") is None
    with pytest.raises(GuandianError, match="there is no alert"):
        other.alerts.acknowledge("other", "a_1", "k_1")


def test_what_was_nothing_is_counted_by_name_until_it_is_taken_back(records: Records) -> None:
    book = records.alerts
    book.save("main", [replace(ALERT, fired=date(2026, 3, 2)), CHILD])
    assert book.dismiss("main", "a_1", "Lin").dismissed_by == "Lin"
    assert book.dismiss("main", "a_1", "Wang").dismissed_by == "Lin"
    book.save("main", [replace(ALERT, fired=date(2026, 3, 2), calm=1)])
    assert book.count("main", children=False, unit="day", dismissed=True) == 1
    assert book.count("main", children=False, unit="day") == 1
    assert book.count("other", unit="day", dismissed=True) == 0
    assert book.reinstate("main", "a_1").dismissed is None
    assert book.count("main", children=False, unit="day", dismissed=True) == 0
    with pytest.raises(GuandianError, match="there is no alert"):
        book.dismiss("other", "a_1", "Lin")


def test_a_series_is_quiet_until_it_is_not(records: Records, clock: Clock) -> None:
    book = records.alerts
    assert book.quiet("main", SERIES) is None and not book.wake("main", SERIES)
    book.quieten("main", SERIES, "k_1", clock() + timedelta(hours=2))
    assert book.quiet("main", SERIES) and not book.quiet("other", SERIES)
    assert book.quiet("main", CHILD.series) is None
    clock.pass_by(timedelta(hours=2))
    assert book.quiet("main", SERIES) is None
    book.quieten("main", SERIES, "k_2", None)
    clock.pass_by(timedelta(days=999))
    quiet = book.quiet("main", SERIES)
    assert quiet and (quiet.until, quiet.who) == (None, "k_2")
    assert book.wake("main", SERIES) and book.quiet("main", SERIES) is None


def test_what_waits_is_tried_with_longer_waits_until_it_is_sent(
    records: Records, clock: Clock
) -> None:
    outbox = records.outbox
    for _ in range(2):  # found again after a kill: put in once
        outbox.add("main", "a_1", NoticeKind.FIRED, ["ops", "mail"])
    assert len(outbox.due("main")) == 2 and outbox.due("other") == []
    first, second = outbox.due("main")
    assert first.id != second.id
    outbox.mark_sent("main", first.id)
    waits = []
    for _ in range(12):
        (notice,) = outbox.waiting("main")
        assert notice.id == second.id
        outbox.mark_failed("main", notice, "it answered 500")
        waits.append((outbox.waiting("main")[0].due - clock()).total_seconds())
        assert outbox.due("main") == []
        clock.pass_by(timedelta(seconds=waits[-1]))
    assert waits[:3] == [10, 20, 40] and waits[-1] == 3600
    for _ in range(60 - 12):
        outbox.mark_failed("main", outbox.waiting("main")[0], "no connection")
    assert outbox.waiting("main") == []


def test_an_outbox_and_its_alert_are_one_transaction(records: Records) -> None:
    class Killed(Exception):
        pass

    def look() -> None:
        with records.together():
            records.alerts.save("main", [ALERT])
            records.outbox.add("main", "a_1", NoticeKind.FIRED, ["ops"])
            records.alerts.set_watched("main", "day", date(2026, 1, 1), date(2026, 3, 3))
            raise Killed

    with pytest.raises(Killed):
        look()
    assert records.alerts.get("main", "a_1") is None and records.outbox.waiting("main") == []
    assert records.alerts.watched("main", "day") is None


def test_channels_and_what_was_judged(records: Records) -> None:
    channel = ChannelRecord("群", "dingtalk://s3cret", language="zh")
    records.channels.put("main", channel)
    records.channels.put("main", replace(channel, private=True))
    assert records.channels.list("main") == [replace(channel, private=True)]
    assert records.channels.list("other") == [] and "s3cret" not in repr(channel)
    assert records.channels.remove("main", "群") and not records.channels.remove("main", "群")
    for day in (3, 4):
        records.alerts.set_watched("main", "day", date(2026, 1, day), date(2026, 3, day))
    assert records.alerts.watched("main", "day") == (date(2026, 1, 3), date(2026, 3, 4))
