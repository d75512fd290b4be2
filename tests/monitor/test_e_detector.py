"""The e-detector: what it states holds for counts of any kind, and a change is found."""

from __future__ import annotations

import numpy as np
import pytest

from guandian.monitor.detectors import CountPanel, Ears, EDetector
from guandian.monitor.detectors.judgement import Floats

SERIES, BUCKETS, LEVEL = 400, 300, 0.01


def drawn(kind: str, seed: int) -> Floats:
    """Counts that could have come in any order, `[series, buckets]`."""
    dice, shape = np.random.default_rng(seed), (SERIES, BUCKETS)
    if kind == "rare":
        return dice.poisson(0.3, shape).astype(float)
    if kind == "unruly":
        return dice.poisson(dice.gamma(0.2, 40, shape)).astype(float)
    return np.floor(dice.lognormal(2, 2, shape))


@pytest.mark.parametrize("kind", ["rare", "unruly", "heavy tails"])
def test_false_alarms_are_at_most_as_many_as_stated(kind: str) -> None:
    counts = drawn(kind, seed=4)
    said = EDetector(LEVEL).judge(CountPanel(counts), 20)
    realised = (said.p <= LEVEL).mean()
    assert LEVEL / 5 < realised < 1.05 * LEVEL
    assert (Ears(level=LEVEL).judge(CountPanel(counts), 20).p <= LEVEL).mean() > 3 * LEVEL


def test_a_change_is_found_with_three_weeks_of_history() -> None:
    dice = np.random.default_rng(5)
    counts = dice.poisson(5.0, (SERIES, 35)).astype(float)
    counts[:, 21:] += dice.poisson(10.0, (SERIES, 14))
    fires = EDetector(0.001).judge(CountPanel(counts), 7).p <= 0.001
    assert fires[:, :14].any(axis=1).mean() < 0.014
    found = fires[:, 14:].any(axis=1)
    assert found.mean() > 0.9
    assert np.median(fires[found, 14:].argmax(axis=1)) <= 6


def test_what_is_above_upper_fires() -> None:
    counts = np.random.default_rng(6).poisson(5.0, (SERIES, 60)).astype(float)
    counts[:, 50:] += 40
    counts[:, 50:] += np.arange(10)  # no ties with what was before
    said = EDetector(0.01).judge(CountPanel(counts), 40)
    above = said.alarms(counts[:, 40:])
    assert above.any(axis=1).all()
    assert (said.p <= 0.01)[above].all()


def test_what_comes_later_and_other_series_change_nothing() -> None:
    counts = drawn("unruly", seed=7)[:5]
    counts[1, 50:60] = np.nan
    keys = np.arange(5, dtype=np.uint64)
    whole = EDetector().judge(CountPanel(counts, keys=keys), 40)
    early = EDetector().judge(CountPanel(counts[:, :100], keys=keys), 40)
    alone = EDetector().judge(CountPanel(counts[1:2], keys=keys[1:2]), 40)
    np.testing.assert_array_equal(whole.p[:, :60], early.p)
    np.testing.assert_array_equal(whole.p[1:2], alone.p)
    assert np.isnan(whole.p[1, 10:20]).all() and np.isfinite(whole.p[1, 20:]).all()
