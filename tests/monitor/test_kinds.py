"""Every kind of alert over simulated series: what was planted is told, in its own sentence."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np

from guandian.monitor.alerts.alert_sentences import sentence_of
from guandian.monitor.alerts.dating import dated
from guandian.monitor.alerts.episodes import Happening
from guandian.monitor.alerts.watching import SeriesWatch, WatchTerms
from guandian.monitor.series import SeriesKey, SeriesTable, TimeBuckets
from guandian.store.records.watching import AlertKind, AlertRecord, NoticeKind
from guandian.wording import Name

DAYS, SINCE = 190, 120
BUCKETS = TimeBuckets("day", date(2025, 1, 6), DAYS)
TERMS = WatchTerms(a_week=0.02)
WHERE = Name("屏幕", "display")
KEYS = tuple(SeriesKey(f"P{k}", "display", aspect) for k in range(6) for aspect in ("屏幕", "边框"))


def table(seed: int = 3) -> SeriesTable:
    """Twelve steady series of complaints out of a volume."""
    dice = np.random.default_rng(seed)
    volume = dice.poisson(40, (len(KEYS), DAYS)).astype(float)
    return SeriesTable(KEYS, BUCKETS, dice.binomial(volume.astype(int), 0.2).astype(float), volume)


def fired(planted: SeriesTable, since: int = SINCE) -> list[AlertRecord]:
    watching = SeriesWatch.begun(planted, TERMS)
    steps = watching.happenings(planted, since)
    return [its.alert for happenings in steps for its in happenings if its.kind is NoticeKind.FIRED]


@cache
def steady() -> tuple[AlertRecord, ...]:
    return tuple(fired(table()))


def test_no_number_is_a_multiple_of_nothing() -> None:
    planted = table()
    planted.complaints[2, 150:156] = 20
    planted.volume[2, 150:156] = 40
    alert = fired(planted)[0]
    shown = sentence_of(replace(alert, kind=AlertKind.SURGE, expected=0.02, observed=1), WHERE)
    assert "where ≤ 0.1 were expected: ≥ 10.0 times as many" in shown.en
    assert "≤ 0.1" in shown.zh and "≥ 10.0" in shown.zh


def test_nothing_fires_where_nothing_changed() -> None:
    assert steady() == ()


def test_more_reviews_of_the_same_mind_are_no_share_and_a_worse_mind_is() -> None:
    planted = table()
    planted.volume[2, 150:156] = 40
    planted.complaints[2, 150:156] = 24  # three times the share, in no more reviews
    (alert,) = [alert for alert in fired(planted) if alert.series["product"] == "P1"]
    assert alert.since == BUCKETS.start(150)
    planted = table()
    planted.complaints[2, 150:156] = 16
    planted.volume[2, 150:156] = 20
    (alert,) = fired(planted)
    assert alert.kind is AlertKind.SHARE
    assert sentence_of(alert, WHERE).zh.startswith("2025-06-05 提到屏幕的 20 条评论中有 80% 抱怨")


def test_an_aspect_that_did_not_exist_is_a_new_topic() -> None:
    planted = table()
    planted.complaints[4], planted.volume[4] = 0, 0
    planted.complaints[4, 160:165] = planted.volume[4, 160:165] = 9
    (alert,) = fired(planted)
    assert (alert.kind, alert.observed) == (AlertKind.TOPIC, 9)
    assert "about which next to nobody had before" in sentence_of(alert, WHERE).en


def test_a_slow_drift_fires_once_and_is_dated() -> None:
    buckets, dice = TimeBuckets("day", date(2024, 1, 1), 560), np.random.default_rng(4)
    volume = dice.poisson(40, (4, 560)).astype(float)
    complaints = dice.binomial(volume.astype(int), 0.2).astype(float)
    more = dice.poisson(np.minimum(np.arange(100) / 12, 4))
    complaints[1, 460:] += more
    volume[1, 460:] += 5 * more  # the share stays
    drifting = SeriesTable(KEYS[:4], buckets, complaints, volume)
    (alert,) = [alert for alert in fired(drifting, 440) if alert.series == KEYS[1].values]
    assert alert.kind is AlertKind.DRIFT
    alert = dated(drifting, alert, TERMS.detectors)
    assert buckets.start(455) <= alert.since <= buckets.start(500)
    assert alert.facts["change"]["since"] == str(alert.since)
    assert "in the 28 days until" in sentence_of(alert, WHERE).en


def test_one_episode_over_two_hundred_steps_and_the_all_clear_in_two() -> None:
    dice = np.random.default_rng(8)
    buckets = TimeBuckets("day", date(2025, 1, 6), 360)
    volume = dice.poisson(40, (3, 360)).astype(float)
    complaints = dice.binomial(volume.astype(int), 0.2).astype(float)
    complaints[1, 130:330] = dice.poisson(60, 200)
    volume[1, 130:330] += 60
    surging = SeriesTable(KEYS[:3], buckets, complaints, volume)
    watching, notices = SeriesWatch.begun(surging, TERMS), list[Happening]()
    for happenings in watching.happenings(surging, SINCE):
        notices += [its for its in happenings if its.kind is not None]
    assert [its.kind for its in notices] == [NoticeKind.FIRED, NoticeKind.CLEARED]
    assert notices[0].alert.since == buckets.start(130)
    assert notices[1].alert.cleared is not None
    assert notices[1].alert.cleared <= buckets.end(331)
