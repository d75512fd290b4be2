"""Late reviews: the delay is learnt, recent days are judged by what has come, the same fires."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from tests.monitor.histories import history

from guandian.monitor.alerts.arrivals import Arrivals
from guandian.monitor.alerts.watch_pass import look_once
from guandian.monitor.alerts.watching import WatchTerms
from guandian.monitor.detectors import CountPanel, Predictive
from guandian.monitor.series import TimeBuckets
from guandian.store import Store
from guandian.store.records import Records
from guandian.store.records.watching import AlertRecord

FIRST = date(2025, 3, 3)
SURGE = date(2025, 2, 3), date(2025, 2, 9)


def looks(number: int, looked: bool = True) -> Arrivals:
    """Looks on so many days; a tenth comes a day late, a tenth two days late."""
    arrivals, totals = Arrivals(), Counter[date]()
    for k in range(number):
        today = FIRST + timedelta(days=k)
        for late, reviews in ((1, 80), (2, 10), (3, 10)):
            totals[today - timedelta(days=late)] += reviews
        if looked or k == number - 1:
            arrivals = Arrivals.resumed(json.loads(json.dumps(arrivals.state())))
            arrivals.see(totals, today)
    return arrivals


def test_the_delay_is_learnt_from_looks() -> None:
    arrivals, today = looks(20), FIRST + timedelta(days=19)
    assert [round(arrivals.part(lag), 2) for lag in (0, 1, 2, 3)] == [0.8, 0.9, 1.0, 1.0]
    days = arrivals.complete(TimeBuckets("day", FIRST, 19), today)
    assert days[-3:].round(2).tolist() == [1.0, 0.9, 0.8] and (days[:-3] == 1).all()
    weeks = looks(22).complete(TimeBuckets("week", FIRST, 3), FIRST + timedelta(days=21))
    assert weeks[-1] == pytest.approx((5 + 0.9 + 0.8) / 7, abs=0.03)


def test_of_days_that_nobody_looked_at_in_time_nothing_is_learnt() -> None:
    assert looks(20, looked=False).part(0) == 1.0
    assert looks(5).part(0) == 1.0  # too few days


def test_what_is_expected_is_of_what_has_come() -> None:
    counts = np.random.default_rng(4).poisson(40.0, (1, 80)).astype(float)
    complete = np.ones(80)
    complete[-1] = 0.5
    whole = Predictive(bands=False).judge(CountPanel(counts), 79)
    half = Predictive(bands=False).judge(CountPanel(counts, complete=complete), 79)
    assert half.expected[0, 0] == pytest.approx(whole.expected[0, 0] / 2)
    assert half.p[0, 0] < 1e-3 < whole.p[0, 0]


def fired(folder: Path, late: float) -> list[AlertRecord]:
    """Looks on 28 days, a surge among them, with a share of reviews one to four days late."""
    dice, days = np.random.default_rng(9), defaultdict(list)
    begin = date(2025, 1, 20)
    for pair in history(60, SURGE, a_day=10, times=8):
        day = date.fromisoformat(pair[0].time or "")
        delay = int(dice.integers(1, 5)) if day >= begin and dice.random() < late else 0
        days[max(day + timedelta(days=delay), begin)].append(pair)
    alerts = list[AlertRecord]()
    with Store.open(folder, write=True, threads=1) as store, Records.open(folder) as records:
        for k in range(28):
            today = begin + timedelta(days=k + 1)
            store.load(days[today - timedelta(days=1)])
            terms = WatchTerms(a_week=0.02)
            alerts += look_once(store.reader(), records, "main", terms, today).fired
    return alerts


@pytest.mark.slow
def test_a_fifth_of_late_reviews_fires_the_same_alerts(tmp_path: Path) -> None:
    told = {}
    for late in (0.0, 0.2):
        (tmp_path / str(late)).mkdir()
        alerts = fired(tmp_path / str(late), late)
        assert {its.series["product"] for its in alerts} == {"星河 X2"}
        told[late] = [(its.since, its.kind) for its in alerts]
    assert told[0.0] == told[0.2] and told[0.0][0][0] == SURGE[0] and len(told[0.0]) == 1
