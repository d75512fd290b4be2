"""A history replayed: what was planted is found, what was not is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from tests.monitor.histories import history, said

from guandian.monitor.alerts.alert_words import words_of
from guandian.monitor.alerts.evidence import smallest_slice
from guandian.monitor.alerts.replayed_history import replay_history
from guandian.monitor.alerts.watching import WatchTerms
from guandian.monitor.series import SeriesKey
from guandian.store import Store
from guandian.store.records.watching import AlertRecord, AlertState

SURGE = date(2025, 2, 3), date(2025, 2, 16)
TODAY = date(2026, 6, 1)
WEEKLY = WatchTerms(unit="week", a_week=0.02)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("history")
    with Store.open(folder, write=True, threads=1) as store:
        store.load(history(64, SURGE, times=16))
    return folder


def test_a_planted_surge_fires_once_and_names_its_cause(folder: Path) -> None:
    with Store.open(folder, threads=1) as store:
        reader = store.reader()
        replayed = replay_history(reader, WEEKLY, TODAY, since=date(2025, 1, 6))
        fired = [alert for alert in replayed.alerts if alert.fired == date(2025, 2, 9)]
        (alert,) = [alert for alert in fired if alert.series["product"] == "星河 X2"]
        slice = SeriesKey(**alert.facts["slice"])
        assert (slice.product, slice.category, slice.source) == ("星河 X2", "battery", "app")
        words = words_of(reader, alert, slice)
    end = replayed.ends[alert.id]
    assert end.state is AlertState.CLEARED and end.until == SURGE[1]
    assert end.cleared == date(2025, 3, 2)  # within two buckets
    assert "星河 X2" in words.sentence.zh and "2025-02-03" in words.sentence.en


def test_no_bucket_that_is_running_is_judged(folder: Path) -> None:
    with Store.open(folder, threads=1) as store:
        replayed = replay_history(store.reader(), WEEKLY, date(2025, 2, 9))
    assert replayed.table.buckets.end(replayed.table.buckets.number - 1) == date(2025, 2, 2)
    assert all(alert.fired <= date(2025, 2, 2) for alert in replayed.alerts if alert.fired)


def test_a_version_of_the_owners_columns_is_part_of_the_cause(tmp_path: Path) -> None:
    pairs = []
    for review, mined in history(40, (date(2024, 9, 2), date(2024, 9, 15)), times=1.0):
        newest = int(review.id.split("-")[1]) % 3 == 0
        pairs.append((replace(review, extra={"版本": "2.1" if newest else "2.0"}), mined))
    for day in range(2, 16):
        for number in range(9):
            where = {"product": "星河 X2", "source": "app", "time": f"2024-09-{day:02d}"}
            review, mined = said(f"more-{day}-{number}", "display", where, bad=True)
            pairs.append((replace(review, extra={"版本": "2.1"}), mined))
    with Store.open(tmp_path / "shop", write=True, threads=1) as store:
        store.load(pairs)
        surge = AlertRecord(
            "x", {"product": "星河 X2", "category": None, "aspect": None, "source": None}, "week",
            AlertState.FIRING, date(2024, 9, 2), date(2024, 9, 15), 200, 30.0, 1e-9,
        )  # fmt: skip
        slice = smallest_slice(store.reader(), surge, ["版本"])
        assert (slice.category, slice.own) == ("display", "版本=2.1")
        assert smallest_slice(store.reader(), surge).own is None
        assert store.reader().own_columns() == ["版本"]
