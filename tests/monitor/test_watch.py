"""A store that is watched: one notice an episode, late reviews, and no kill loses any."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from tests.monitor.histories import history
from tests.monitor.receivers import Receiver, receiver

from guandian.monitor.alerts.watch_pass import PassedLook, look_once
from guandian.monitor.alerts.watching import WatchTerms
from guandian.monitor.channels import deliver
from guandian.store import Store
from guandian.store.records import Records
from guandian.store.records.watching import AlertState, ChannelRecord

SURGE = date(2025, 2, 3), date(2025, 2, 16)
WEEKLY = WatchTerms(unit="week", a_week=0.02)
PAIRS = list(history(64, SURGE, times=16))
BEFORE, FIRST_MONDAY = date(2025, 2, 2), date(2025, 2, 10)


@pytest.fixture(scope="module")
def quiet_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store until the day before the surge."""
    folder = tmp_path_factory.mktemp("quiet")
    load(folder, PAIRS, BEFORE)
    return folder


@pytest.fixture
def folder(quiet_folder: Path, tmp_path: Path) -> Path:
    shutil.copytree(quiet_folder, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as its:
        yield its


def load(folder: Path, pairs: list, until: date, since: date = date.min) -> None:  # type: ignore[type-arg]
    days = [pair for pair in pairs if str(since) <= pair[0].time <= str(until)]
    with Store.open(folder, write=True, threads=1) as store:
        store.load(days)


def look(folder: Path, today: date) -> PassedLook:
    with Store.open(folder, threads=1) as store, Records.open(folder) as records:
        reader = store.reader()
        passed = look_once(reader, records, "main", WEEKLY, today)
        deliver(reader, records, "main")
        return passed


def set_channel(folder: Path, hook: Receiver) -> None:
    with Records.open(folder) as records:
        records.channels.put("main", ChannelRecord("ops", hook.address, private=True))


def test_one_notice_an_episode_and_one_all_clear(folder: Path, hook: Receiver) -> None:
    set_channel(folder, hook)
    look(folder, date(2025, 2, 3))
    hook.bodies.clear()
    monday = FIRST_MONDAY
    for _ in range(6):
        load(folder, PAIRS, monday - timedelta(days=1), monday - timedelta(days=7))
        look(folder, monday)
        look(folder, monday + timedelta(days=1))  # once more: nothing new
        monday += timedelta(days=7)
    ours = [body["message"] for body in hook.bodies if "星河 X2" in body["message"]]
    assert len([m for m in ours if ".fired." in m]) == 1, ours
    assert len([m for m in ours if ".cleared." in m]) == 1
    assert len(set(hook.ids)) == len(hook.ids)
    with Records.open(folder) as records:
        alerts = records.alerts.list("main", children=False)
    (alert,) = [alert for alert in alerts if alert.series["product"] == "星河 X2"]
    assert (alert.state, alert.since, alert.until) == (AlertState.CLEARED, *SURGE)


def test_late_reviews_fire_the_alert_of_their_own_day(folder: Path) -> None:
    late = [pair for pair in PAIRS if pair[0].source == "app" and "电池不" in pair[0].text]
    monday, names = FIRST_MONDAY, {review.id for review, _ in late}
    others = [pair for pair in PAIRS if pair[0].id not in names]
    look(folder, date(2025, 2, 3))
    load(folder, others, date(2025, 2, 9), SURGE[0])
    quiet = look(folder, monday)
    assert not [alert for alert in quiet.fired if alert.series["product"] == "星河 X2"]
    load(folder, late, date(2025, 2, 9), SURGE[0])
    fired = look(folder, monday + timedelta(days=1)).fired
    (alert,) = [alert for alert in fired if alert.series["product"] == "星河 X2"]
    assert alert.since == SURGE[0]
    assert not look(folder, monday + timedelta(days=2)).fired


def test_the_budget_goes_on_where_it_ended(folder: Path) -> None:
    terms, states = replace(WEEKLY, share=0.05), []
    load(folder, PAIRS, SURGE[1], SURGE[0])
    for today in (date(2025, 2, 10), date(2025, 2, 10), date(2025, 2, 17)):
        with Store.open(folder, threads=1) as store, Records.open(folder) as records:
            passed = look_once(store.reader(), records, "main", terms, today)
            states.append(records.watchers.get("main", "week"))
            assert passed.budget is not None and passed.budget.words.en.startswith(
                "Budget: 5 wrong in a hundred alerts over"
            )
    first, again, later = (state["budget"] for state in states if state)
    assert first == again  # nothing new is nothing judged
    surges = [state["streams"]["surge"] for state in (first, later)]
    assert surges[0]["discoveries"] and surges[0]["passed"] < surges[1]["passed"]
    assert surges[1]["discoveries"][: len(surges[0]["discoveries"])] == surges[0]["discoveries"]
    assert passed.budget and passed.budget.allowed == pytest.approx(0.05 * passed.budget.fired)


@pytest.mark.slow
def test_killed_between_sending_and_marking_it_is_sent_again_under_its_id(
    folder: Path, hook: Receiver
) -> None:
    set_channel(folder, hook)
    load(folder, PAIRS, SURGE[1], SURGE[0])
    command = [sys.executable, "-m", "guandian", "watch", "--data", str(folder), "--once"]
    command += ["--unit", "week", "--budget", "0.02"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    hook.before_answer = lambda: os.kill(process.pid, signal.SIGKILL)
    assert process.wait(60) == -signal.SIGKILL
    (first,) = hook.ids
    hook.before_answer = lambda: None
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=60)
    assert hook.ids.count(first) == 2
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=60)
    assert hook.ids.count(first) == 2
    with Records.open(folder) as records:
        assert records.outbox.waiting("main") == []


def test_what_fails_is_tried_again_later(folder: Path, hook: Receiver) -> None:
    set_channel(folder, hook)
    load(folder, PAIRS, SURGE[1], SURGE[0])
    hook.status = 500
    look(folder, date(2025, 2, 17))
    with Records.open(folder) as records:
        waiting = records.outbox.waiting("main")
        assert waiting and {notice.error for notice in waiting} == {"it answered 500"}
        assert records.outbox.due("main") == []  # after ten seconds, then twenty, ...
        assert {notice.attempts for notice in waiting} == {1}


def test_a_muted_series_is_kept_and_not_sent(folder: Path, hook: Receiver) -> None:
    set_channel(folder, hook)
    load(folder, PAIRS, SURGE[1], SURGE[0])
    with Records.open(folder) as records, Store.open(folder, threads=1) as store:
        alert = look_once(store.reader(), records, "main", WEEKLY, date(2025, 2, 17)).fired[0]
        records.alerts.quieten("main", alert.series, "k_1", None)
        assert deliver(store.reader(), records, "main").dropped == 1
    assert alert.id not in "".join(hook.ids)
