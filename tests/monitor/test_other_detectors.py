"""Slow drifts, shares of complaints, new topics, and the day of a change."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from tests.monitor.samples import WEEKS, weekly

from guandian.monitor.detectors import (
    ComplaintShare,
    CountPanel,
    Cusum,
    Ewma,
    NewTopic,
    Predictive,
    level_changes,
)
from guandian.monitor.detectors.complaint_share import LIKENESS, _tails

BASE = Predictive(bands=False, renewed=50, left_out=0)
SINCE = WEEKS - 50


@pytest.mark.parametrize("detector", [Cusum(base=BASE), Ewma(base=BASE)], ids=["cusum", "ewma"])
def test_a_drift_is_found_that_no_bucket_shows(detector: Cusum | Ewma) -> None:
    counts = weekly(150, 9.0, 1.0, seed=1)
    level = 1 / 2000 if isinstance(detector, Cusum) else detector.level
    quiet = detector.judge(CountPanel(counts), SINCE).p <= level
    assert quiet.any(axis=1).mean() < 0.08
    drift = np.random.default_rng(2).poisson(np.linspace(0, 6, 50), (150, 50))
    counts[:, SINCE:] += drift
    panel = CountPanel(counts)
    loud = detector.judge(panel, SINCE).p <= level
    assert loud.any(axis=1).mean() > 0.95
    single = BASE.judge(panel, SINCE).fires(level)
    assert loud.any(axis=1).mean() > single.any(axis=1).mean() + 0.1


def test_cusum_runs_as_long_as_stated_between_false_alarms() -> None:
    """On exact normal scores: 400 series of 2,000 buckets at one alarm in 200."""

    class Exact:
        name, needs = "exact", 0

        def judge(self, panel: CountPanel, since: int):
            said = replace(NewTopic(window=1).judge(panel, since))
            said.fair[:] = np.random.default_rng(3).random(panel.counts.shape)
            said.p[:] = said.fair
            return said

    said = Cusum(between=200, base=Exact()).judge(CountPanel(np.zeros((400, 2000))), 0)
    assert (said.p <= 1 / 200).mean() == pytest.approx(1 / 200, rel=0.1)


def test_tails_are_beta_binomial() -> None:
    volume = np.array([40, 7])
    share = np.array([0.2, 0.5])
    support = np.zeros((2, len(LIKENESS)))
    support[:, 3] = 1
    tails = _tails(volume, share, support, np.zeros_like(support))
    strength = 1 / LIKENESS[3] - 1
    for row, (n, m) in enumerate(zip(volume, share, strict=True)):
        exact = stats.betabinom(n, m * strength, (1 - m) * strength).sf(np.arange(n + 1) - 1)
        np.testing.assert_allclose(tails[row, : n + 1], exact, rtol=1e-8, atol=1e-14)


def shares(series: int, seed: int, likeness: float, busy: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Complaints and volumes `[series, 100]`; the last five buckets are so many times as busy."""
    dice = np.random.default_rng(seed)
    volume = dice.poisson(np.where(np.arange(100) < 95, 60, 60 * busy), (series, 100)).astype(float)
    strength = 1 / likeness - 1
    share = dice.beta(0.15 * strength, 0.85 * strength, volume.shape)
    return dice.binomial(volume.astype(int), share).astype(np.float64), volume


@pytest.mark.parametrize("likeness", [1e-5, 0.03])
def test_false_alarms_of_shares_are_as_many_as_stated(likeness: float) -> None:
    counts, volume = shares(300, 4, likeness)
    said = ComplaintShare().judge(CountPanel(counts, volume=volume), 60)
    assert said.fires(0.01).mean() == pytest.approx(0.01, rel=0.35)


def test_more_written_is_no_alarm_and_more_complaints_are() -> None:
    counts, volume = shares(60, 5, 0.01, busy=6)
    busy = ComplaintShare().judge(CountPanel(counts, volume=volume), 95)
    assert busy.fires(0.001).mean() < 0.02
    counts[:, 95:] = np.random.default_rng(6).binomial(volume[:, 95:].astype(int), 0.4)
    said = ComplaintShare().judge(CountPanel(counts, volume=volume), 95)
    assert said.fires(0.001).mean() > 0.9
    assert (counts[:, 95:] > said.upper)[said.p < 0.005].all()
    with pytest.raises(ValueError, match="volume"):
        ComplaintShare().judge(CountPanel(counts), 95)


def test_a_bucket_without_volume_is_not_judged() -> None:
    counts, volume = shares(2, 6, 0.01)
    counts[:, 90], volume[:, 90] = 0, 0
    said = ComplaintShare().judge(CountPanel(counts, volume=volume), 80)
    assert np.isnan(said.p[:, 10]).all() and np.isfinite(said.p[:, 11]).all()


def test_a_topic_is_new_once_and_not_by_one_mention() -> None:
    counts = np.zeros((3, 60))
    counts[0, 50], counts[1, 50] = 1, 6
    counts[2] = np.random.default_rng(7).poisson(3, 60)
    said = NewTopic().judge(CountPanel(counts), 40)
    fired = said.fires(0.001)
    assert fired[:, 10].tolist() == [False, True, False]
    assert fired.sum() == 1
    assert np.isnan(said.p[2]).all() and np.isnan(said.p[1, 11:]).all()


@pytest.mark.parametrize("start", [5, 13, 21])
def test_a_change_is_dated_to_the_bucket(start: int) -> None:
    counts = np.random.default_rng(8).poisson(4, 30).astype(np.float64)
    counts[start:] += 40
    changes = level_changes(counts)
    assert [change.bucket for change in changes] == [start]
    assert changes[0].after - changes[0].before == pytest.approx(40, abs=4)


def test_no_change_is_made_up() -> None:
    assert level_changes(np.zeros(20)) == []
    assert level_changes(np.full(30, 7.0)) == []
    dice = np.random.default_rng(9)
    noise = [level_changes(dice.poisson(6, 60).astype(np.float64)) for _ in range(60)]
    assert sum(map(bool, noise)) <= 3


def test_up_and_down_are_two_changes() -> None:
    counts = np.random.default_rng(10).poisson(5, 60).astype(np.float64)
    counts[23:37] += 30
    assert [change.bucket for change in level_changes(counts)] == [23, 37]
