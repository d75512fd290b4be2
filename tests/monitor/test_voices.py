"""Near copies and one user's flood count once, and are shown as such."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from tests.monitor.histories import history, said

from guandian.domain import Mined, Review
from guandian.monitor.alerts.alert_words import words_of
from guandian.monitor.alerts.replayed_history import ReplayedAlerts, replay_history
from guandian.monitor.alerts.voices import repeats_among
from guandian.monitor.alerts.watching import WatchTerms
from guandian.monitor.series import SeriesKey
from guandian.store import Store

DAY, TODAY = date(2024, 12, 16), date(2025, 6, 1)
WEEKLY = WatchTerms(unit="week", a_week=0.02)
LONG = "用了三天就开始掉电，半夜还自己关机，客服一直说正常，{}真的很失望"
PLACE = {"product": "星河 X2", "source": "app", "time": str(DAY)}


def test_what_many_people_write_is_no_copy() -> None:
    short = [Review(str(k), f"{k} 电池不耐用") for k in range(9)]
    assert repeats_among(short).number == 0
    near = [Review(str(k), LONG.format(f"第{k}次，")) for k in range(9)]
    assert (repeats_among(near).copies, repeats_among(near[:1]).copies) == (8, 0)
    other = Review("x", "物流还可以，就是包装有点旧，里面的说明书也没有看到，给个中评吧")
    assert repeats_among([*near, other]).copies == 8
    flood = [replace(review, user="u1") for review in short[:4]]
    assert repeats_among([*flood, *short[4:]]).floods == 3
    assert repeats_among([*flood, *short[4:]]).number == 0  # whom the store counts once
    both = [replace(review, user=f"u{k // 2}") for k, review in enumerate(near)]
    assert repeats_among(both).number == 4


def burst(of_one: bool) -> list[tuple[Review, Mined]]:
    """Forty complaints of one day: near copies, or by one user."""
    pairs = []
    for k in range(40):
        review, mined = said(f"b{k}", "battery", PLACE, bad=True)
        text = review.text + ("" if of_one else f"。{LONG.format('不' * (k % 7))}")
        pairs.append((replace(review, text=text, user="u7" if of_one else None), mined))
    return pairs


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("voices")
    with Store.open(folder, write=True, threads=1) as store:
        store.load(history(54, times=1))
    return folder


@pytest.fixture
def folder(base: Path, tmp_path: Path) -> Path:
    shutil.copytree(base, tmp_path, dirs_exist_ok=True)
    return tmp_path


def replayed(folder: Path) -> ReplayedAlerts:
    with Store.open(folder, threads=1) as store:
        return replay_history(store.reader(), WEEKLY, TODAY, since=date(2024, 12, 2))


def ours(history_of: ReplayedAlerts) -> list[SeriesKey]:
    keys = [SeriesKey(**alert.series) for alert in history_of.alerts if alert.since == DAY]
    return [key for key in keys if key.product == "星河 X2"]


@pytest.mark.parametrize("of_one", [False, True], ids=["near copies", "one user"])
def test_a_burst_of_one_voice_fires_nothing_and_is_shown(folder: Path, of_one: bool) -> None:
    with Store.open(folder, write=True, threads=1) as store:
        store.load(burst(of_one))
    after = replayed(folder)
    assert ours(after) == []
    repeats = [its.repeats for its in after.bursts if its.key.product == "星河 X2"]
    assert bool(repeats) is not of_one  # a user counts once in all numbers
    assert all(its.copies >= 39 and its.number >= 39 for its in repeats)


def test_a_burst_of_more_than_is_compared_fires_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("guandian.monitor.alerts.voices._MOST", 22)
    with Store.open(folder, write=True, threads=1) as store:
        store.load(burst(of_one=False))
    assert ours(replayed(folder)) == []


def test_many_voices_fire_and_the_copies_among_them_are_told(folder: Path) -> None:
    voices = [said(f"v{k}", "battery", PLACE, bad=True) for k in range(40)]
    with Store.open(folder, write=True, threads=1) as store:
        store.load([*voices, *burst(of_one=False)])
        after = replay_history(store.reader(), WEEKLY, TODAY, since=date(2024, 12, 2))
        assert ours(after)
        alert = next(its for its in after.alerts if its.since == DAY)
        words = words_of(store.reader(), alert, SeriesKey(**alert.series))
    assert words.repeats is not None and "39 near copies" in words.repeats.en
    assert alert.observed < 80
