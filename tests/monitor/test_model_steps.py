"""A switch of model fires nothing: its step is measured and taken out, or baselines begin anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from zlib import crc32

from tests.monitor.histories import MODEL, history, said

from guandian.domain import Mined, Polarity, Review
from guandian.monitor.alerts.model_steps import measured_steps, model_changes
from guandian.monitor.alerts.replayed_history import ReplayedAlerts, replay_history, table_of
from guandian.monitor.alerts.watching import SeriesWatch, WatchTerms
from guandian.monitor.series import SeriesKey
from guandian.monitor.series.mined_twice import SaidTwice
from guandian.store import Store
from guandian.store.records.watching import NoticeKind

SWITCH, SURGE = date(2025, 1, 6), date(2025, 3, 10)
TODAY = date(2025, 3, 17)
WEEKLY = WatchTerms(unit="week", a_week=0.05)
NEW = "guandian-small@2.0.0"


def anew(pair: tuple[Review, Mined]) -> tuple[Review, Mined]:
    """As a model mines it that finds every third praise to be a complaint."""
    review, mined = pair
    harsh = crc32(review.id.encode()) % 3 == 0
    opinions = tuple(
        replace(its, polarity=Polarity.NEGATIVE) if harsh else its for its in mined.opinions
    )
    return review, replace(mined, opinions=opinions, model=NEW)


def replayed(store: Store) -> ReplayedAlerts:
    return replay_history(store.reader(), WEEKLY, TODAY, since=date(2024, 12, 2))


def test_a_switch_of_model_fires_nothing(tmp_path: Path) -> None:
    pairs = list(history(63))
    before = [pair for pair in pairs if str(pair[0].time) < str(SWITCH)]
    after = [anew(pair) for pair in pairs if str(SWITCH) <= str(pair[0].time)]
    with Store.open(tmp_path, write=True, threads=1) as store:
        store.load([*before, *after])
        table = table_of(store.reader(), WEEKLY, TODAY)
        alone = SeriesWatch.begun(table, WEEKLY)
        kinds = [its.kind for step in alone.happenings(table, 48) for its in step]
        assert NoticeKind.FIRED in kinds  # who does not know of the switch

        unsampled = replayed(store)
        assert list(unsampled.alerts) == []
        (switch,) = unsampled.switches
        assert (switch.day, switch.before, switch.after) == (SWITCH, MODEL, NEW)
        assert "nothing fires until 2025-04-27" in switch.words.en and not switch.sample

        store.load([anew(pair) for pair in before[-2500::5]])
        sampled = replayed(store)
        assert list(sampled.alerts) == []
        (switch,) = sampled.switches
        assert switch.sample == 500 and "500 reviews mined by both" in switch.words.en
        assert 1.6 < switch.step(SeriesKey("星河 X2")).complaints < 2.4

        where = {"product": "Kite 14", "source": "app", "time": str(SURGE)}
        surge = [said(f"s{k}", "display", where, bad=True) for k in range(90)]
        store.load([(review, replace(mined, model=NEW)) for review, mined in surge])
        (alert,) = replayed(store).alerts
        assert (alert.series["product"], alert.since) == ("Kite 14", SURGE)


def test_two_models_side_by_side_are_no_switch(tmp_path: Path) -> None:
    with Store.open(tmp_path, write=True, threads=1) as store:
        store.load(history(4))
        table = table_of(store.reader(), WatchTerms(), date(2024, 2, 1))
    days = [table.buckets.start(bucket) for bucket in range(20)]
    beside = [(day, model, 5) for day in days for model in ("zh@1", "en@1")]
    assert model_changes(beside, table) == []
    mixed = [(days[9], "zh@1", 6), (days[9], "zh@2", 4)]
    one_after_other = [
        (day, "zh@1" if day < days[9] else "zh@2", 9) for day in days if day != days[9]
    ]
    assert model_changes([*one_after_other, *mixed], table) == [(9, "zh@1", "zh@2")]


def test_a_topic_that_only_the_new_model_names_is_told_apart() -> None:
    before = frozenset({("display", "屏幕", True)})
    said_of = SaidTwice("X200", "app", before, before | {("display", "边框", True)})
    keys = [SeriesKey("X200", None, aspect, "app") for aspect in ("屏幕", "边框", "电池")]
    steps, sample = measured_steps([said_of] * 30, keys)
    assert sample == 30 and [steps[key].named_anew for key in keys] == [False, True, False]
    assert measured_steps([said_of] * 9, keys) == ({}, 0)
