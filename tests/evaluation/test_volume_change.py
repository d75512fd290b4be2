"""The change of volume and of the net: intervals that hold the truth as often as they say."""

from __future__ import annotations

import numpy as np
import pytest

from guandian.evaluation.changes import net_change, volume_change
from guandian.evaluation.intervals.clustered import Tally


def tally(dice: np.random.Generator, reviews: int, praise: float) -> Tally:
    counts = Tally()
    for mood in dice.normal(0, 1, reviews):
        number = int(dice.integers(1, 7))
        positive = int(dice.binomial(number, 1 / (1 + np.exp(-mood - praise))))
        counts.add(positive, number - positive, 0)
    return counts


def test_the_week_of_its_own_is_no_doubt() -> None:
    week = [100, 90, 95, 105, 140, 260, 240]
    change = volume_change(week, [2 * number for number in week])
    assert change.ratio is not None
    assert (change.before, change.after, change.ratio.value) == (1030, 2060, 2.0)
    assert change.significant
    assert change.ratio.low == pytest.approx(2 / 1.1, rel=0.02)
    uneven = volume_change(week, [400, 10, 600, 20, 30, 500, 500])
    assert uneven.ratio is not None
    assert uneven.ratio.value == 2
    assert not uneven.significant, "days so unlike leave it open"


def test_days_that_differ_wildly_leave_more_doubt_than_poisson_counts() -> None:
    dice = np.random.default_rng(2)
    held = {"poisson": 0, "wild": 0}
    for _ in range(400):
        rates = {"poisson": np.ones((2, 14)), "wild": dice.gamma(4, 1 / 4, (2, 14))}
        for name, rate in rates.items():
            before, after = dice.poisson(30 * rate)
            change = volume_change(before.tolist(), (after * 1).tolist())
            assert change.ratio is not None
            held[name] += change.ratio.low <= 1 <= change.ratio.high
    assert held["poisson"] >= 0.94 * 400
    assert held["wild"] >= 0.92 * 400


def test_none_at_all_and_one_day_alone() -> None:
    silent = volume_change([0, 0], [0, 0])
    assert silent.ratio is None and not silent.significant
    assert volume_change([0, 0], [30, 40]).significant
    assert volume_change([400], [500]).significant
    assert not volume_change([40], [45]).significant
    longer = volume_change([10] * 7, [10] * 14)
    assert longer.ratio is not None
    assert (longer.ratio.value, longer.difference.value) == (1, 0)
    with pytest.raises(ValueError, match="no volume"):
        volume_change([], [1])


def test_the_change_of_the_net_is_held_as_often_as_said() -> None:
    dice = np.random.default_rng(1)
    many = [tally(dice, 60_000, praise) for praise in (0.8, 0.3)]
    nets = [(counts.positive - counts.negative) / counts.opinions for counts in many]
    truth = nets[1] - nets[0]
    held = 0
    for _ in range(300):
        change = net_change(tally(dice, 80, 0.8), tally(dice, 120, 0.3))
        assert change is not None
        held += change.low <= truth <= change.high
    assert held >= 0.93 * 300


def test_no_opinions_no_change() -> None:
    assert net_change(Tally(), Tally.alone(5, 5, 0)) is None
    change = net_change(Tally.alone(0, 9, 0), Tally.alone(9, 0, 0))
    assert change is not None
    assert change.value == 2 and change.high == 2 and 0 < change.low < 2
