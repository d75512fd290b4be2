"""The project's own p-value keeps its budget, finds surges, and expects what comes every year."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from tests.monitor.samples import WEEKS, weekly

from guandian.monitor.detectors import (
    CountPanel,
    Farrington,
    Predictive,
    special_days,
    special_weeks,
)

SINCE = WEEKS - 50
QUICK = Predictive(bands=False, renewed=10)


@pytest.mark.parametrize(
    ("level", "dispersion"),
    [(0.3, 1.5), (3.0, 4.0), (60.0, 1.0)],
    ids=["rare", "unruly", "poisson"],
)
def test_false_alarms_are_as_many_as_stated(level: float, dispersion: float) -> None:
    """600 series, 30,000 weeks at 0.5 %: 150 expected, four standard errors are about 35 %."""
    counts = weekly(600, level, dispersion, seed=7)
    said = replace(QUICK, renewed=50, left_out=0).judge(CountPanel(counts), SINCE)
    assert said.fires(0.005).mean() == pytest.approx(0.005, rel=0.35)
    assert said.fires(0.005, cautious=True).mean() < 0.0062
    assert (said.fires(0.005) | ~said.fires(0.005, cautious=True)).all()
    assert said.fires(0.05).mean() == pytest.approx(0.05, rel=0.15)


def test_fewer_false_alarms_than_farrington_and_the_same_surges() -> None:
    counts = weekly(150, 0.5, 3.0, seed=8)
    panel = CountPanel(counts)
    ours = QUICK.judge(panel, SINCE)
    theirs = Farrington().judge(panel, SINCE).alarms(counts[:, SINCE:])
    assert ours.fires(0.005).mean() < 0.8 * theirs.mean()
    counts = counts.copy()
    counts[:, -10] += 12
    assert QUICK.judge(CountPanel(counts), SINCE).fires(0.005)[:, -10].mean() > 0.9


def test_upper_is_where_p_crosses_the_level() -> None:
    counts = weekly(6, 4.0, 2.0, seed=9)
    detector = Predictive(level=0.01)
    upper = detector.judge(CountPanel(counts), WEEKS - 3).upper
    for extra, crossed in ((0, False), (1, True)):
        tried = counts.copy()
        tried[:, -3:] = upper + extra
        p = detector.judge(CountPanel(tried), WEEKS - 3).p
        assert ((p <= 0.01) == crossed).all()


def test_what_comes_later_changes_nothing() -> None:
    counts = weekly(3, 5.0, 2.0, seed=10)
    before = QUICK.judge(CountPanel(counts), SINCE)
    later = counts.copy()
    later[:, -20:] += 500
    after = QUICK.judge(CountPanel(later), SINCE)
    np.testing.assert_array_equal(before.p[:, :30], after.p[:, :30])
    np.testing.assert_array_equal(before.fair[:, :30], after.fair[:, :30])


def test_a_series_is_judged_alike_in_any_company() -> None:
    counts = weekly(5, 1.0, 2.0, seed=11)
    keys = np.array([9, 8, 7, 6, 5], dtype=np.uint64)
    together = QUICK.judge(CountPanel(counts, keys=keys), SINCE).fair
    alone = QUICK.judge(CountPanel(counts[[3]], keys=keys[[3]]), SINCE).fair
    np.testing.assert_allclose(together[3], alone[0], rtol=1e-9)


def test_many_series_are_judged_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = weekly(5, 1.0, 2.0, seed=11)
    whole = QUICK.judge(CountPanel(counts), SINCE)
    monkeypatch.setattr("guandian.monitor.detectors.judgement._SERIES", 2)
    parts = QUICK.judge(CountPanel(counts), SINCE)
    for values, others in zip(whole.arrays(), parts.arrays(), strict=True):
        np.testing.assert_allclose(values, others, rtol=1e-9)


def test_past_surges_do_not_hide_a_new_one() -> None:
    counts = weekly(40, 10.0, 1.2, seed=12)
    counts[:, 150:154] += 60
    counts[:, 230] += 80
    counts[:, -5] += 18
    said = QUICK.judge(CountPanel(counts), SINCE)
    assert said.fires(0.005)[:, -5].mean() > 0.8


def test_unknown_buckets_and_young_series_are_not_judged() -> None:
    counts = weekly(2, 5.0, 1.0, seed=13)
    counts[0, SINCE + 3] = np.nan
    counts[1, 100:120] = np.nan
    said = QUICK.judge(CountPanel(counts), SINCE)
    assert np.isnan(said.p[0, 3]) and not said.fires(0.9)[0, 3]
    assert np.isfinite(said.p[1]).all()
    young = QUICK.judge(CountPanel(counts[:, :36]), 0)
    assert np.isnan(young.p[:, : QUICK.needs]).all()
    assert np.isfinite(young.p[:, QUICK.needs :]).all()


def test_nothing_at_all_is_unsurprising() -> None:
    said = QUICK.judge(CountPanel(np.zeros((2, 200))), 150)
    assert (said.p > 1 - 1e-9).all()
    assert (said.expected < 0.05).all()
    first = CountPanel(np.append(np.zeros((1, 199)), [[4.0]], axis=1))
    assert QUICK.judge(first, 199).p[0, 0] < 0.005


def test_double_eleven_is_expected() -> None:
    days = [date(2022, 1, 1) + timedelta(days=n) for n in range(3 * 365 + 1)]
    special = special_days(days)
    weekday = np.array([day.weekday() for day in days])
    dice = np.random.default_rng(14)
    mean = 20 * np.exp(0.3 * (weekday >= 5) + 1.2 * special[:, 3])
    counts = dice.poisson(np.broadcast_to(mean, (30, len(days)))).astype(np.float64)
    since = days.index(date(2024, 11, 1))
    daily = CountPanel(counts, per_year=365.25, weekday=weekday)
    sale = slice(days.index(date(2024, 11, 11)) - since, days.index(date(2024, 11, 19)) - since)
    without = QUICK.judge(daily, since).fires(0.001)[:, sale]
    assert without.mean() > 0.5
    known = QUICK.judge(replace(daily, special=special), since)
    assert known.fires(0.001)[:, sale].mean() < 0.02
    counts[:, since + sale.start] *= 2
    assert QUICK.judge(replace(daily, special=special), since).fires(0.001)[:, sale.start].all()


def test_the_week_of_double_eleven_is_expected_too() -> None:
    mondays = [date(2021, 1, 4) + timedelta(weeks=n) for n in range(204)]
    special = special_weeks(mondays)
    sale = mondays.index(date(2024, 11, 11))
    assert special[sale, 3] == 1 and special[sale + 1, 3] == pytest.approx(1 / 7)
    mean = 20 * np.exp(1.2 * special[:, 3])
    counts = np.random.default_rng(15).poisson(np.broadcast_to(mean, (30, 204))).astype(np.float64)
    weekly, since = CountPanel(counts), sale - 2
    without = QUICK.judge(weekly, since).fires(0.001)[:, 2]
    known = QUICK.judge(replace(weekly, special=special), since)
    assert without.mean() > 0.3 and known.fires(0.001).mean() < 0.02
    counts[:, sale] *= 3
    assert QUICK.judge(replace(weekly, special=special), since).fires(0.001)[:, 2].mean() > 0.9


def test_spring_festival_moves_with_the_moon() -> None:
    days = [date(2026, 2, 13), date(2026, 2, 14), date(2026, 2, 24), date(2026, 2, 25)]
    assert special_days(days)[:, 0].tolist() == [0, 1, 1, 0]
