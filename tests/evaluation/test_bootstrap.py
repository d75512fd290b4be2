import numpy as np
import pytest

from guandian.evaluation.intervals.bootstrap import (
    Interval,
    PairedDifference,
    f1,
    interval,
    paired_difference,
)


def some_counts(reviews: int, recall: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    gold = rng.integers(1, 5, reviews)
    return np.column_stack([rng.binomial(gold, recall), gold, gold])


def test_it_agrees_with_the_plain_bootstrap() -> None:
    counts = some_counts(150, 0.7, seed=1)
    ours = interval(counts, resamples=4000, seed=2)
    rng = np.random.default_rng(3)
    plain = [float(f1(counts[rng.integers(0, 150, 150)].sum(axis=0))) for _ in range(4000)]
    assert ours.value == pytest.approx(float(f1(counts.sum(axis=0))))
    assert (ours.low, ours.high) == pytest.approx(
        tuple(np.quantile(plain, [0.025, 0.975])), abs=0.008
    )


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    inside = sum(
        found.low <= 0.7 <= found.high
        for found in (interval(some_counts(120, 0.7, seed), resamples=300) for seed in range(200))
    )
    assert 178 <= inside <= 199


def test_the_same_seed_gives_the_same_interval() -> None:
    counts = some_counts(50, 0.5, seed=1)
    assert interval(counts, seed=4) == interval(counts, seed=4)
    assert interval(counts, seed=4) != interval(counts, seed=5)


def test_pairing_uses_that_both_saw_the_same_reviews() -> None:
    theirs = some_counts(300, 0.6, seed=1)
    ours = theirs.copy()
    ours[::10, 0] = ours[::10, 2]  # a tenth of the reviews put right, none made worse
    paired = paired_difference(ours, theirs)
    alone = interval(ours)
    assert paired.difference.low > 0 and paired.better == 1.0
    assert paired.difference.high - paired.difference.low < alone.high - alone.low
    assert str(paired).startswith("better by ")
    turned = paired_difference(theirs, ours)
    assert turned.difference.value == -paired.difference.value
    assert paired_difference(ours, ours).better == 0.5


def test_how_it_reads() -> None:
    gain = PairedDifference(Interval(0.012, 0.003, 0.02), 0.99)
    assert str(gain) == "better by 1.2, 95 % 0.3 to 2.0"
    loss = PairedDifference(Interval(-0.012, -0.02, 0.003), 0.1)
    assert str(loss) == "worse by 1.2, 95 % -0.3 to 2.0"


def test_no_reviews_and_unequal_reviews() -> None:
    assert interval(np.zeros((0, 3), dtype=np.int64)).value == 0.0
    with pytest.raises(ValueError, match="same reviews"):
        paired_difference(some_counts(3, 0.5, 0), some_counts(4, 0.5, 0))


def test_no_interval_is_sure_at_none_or_all() -> None:
    right = np.tile([1, 1], (10, 1))
    share = interval(right, lambda totals: totals[..., 0] / np.maximum(totals[..., 1], 1))
    assert (share.value, share.high) == (1, 1)
    assert share.low == pytest.approx(0.7225, abs=1e-4)  # Wilson's of ten of ten
    none = interval(np.tile([0, 3, 3], (20, 1)))
    assert (none.value, none.low) == (0, 0)
    assert none.high == pytest.approx(0.1611, abs=1e-4)  # Newcombe (1998): 0 of 20
    silent = interval(np.zeros((5, 3), dtype=np.int64))
    assert (silent.low, silent.high) == (0, 1)  # nothing to be right about tells nothing
    alike = interval(np.tile([1, 2, 2], (4, 1)))
    assert alike.low < 0.5 < alike.high
    errors = interval(np.tile([0, 9], (20, 1)), lambda totals: totals[..., 0] / 1.0, most=4)
    assert (errors.low, errors.high) == (0, pytest.approx(4 * 0.1611, abs=4e-4))  # a scale of four


def test_one_rule_for_all_differences_of_two_systems() -> None:
    ours, theirs = np.tile([1, 1, 1], (12, 1)), np.tile([0, 1, 1], (12, 1))
    unseen = pytest.approx(0.2425, abs=1e-4)  # Wilson's upper end of none of twelve
    gain = paired_difference(ours, theirs).difference
    assert gain.value == gain.high == 1
    assert 1 - gain.low == unseen
    same = paired_difference(ours, ours).difference
    assert (same.value, same.high) == (0, -same.low)
    assert same.high == unseen
    one = ours.copy()
    one[0, 0] = 0  # one review that differs makes nothing surer than none
    ends = paired_difference(ours, one).difference
    assert ends.high - ends.low >= same.high - same.low
    few = np.tile([1, 1, 1], (200, 1))
    few[:5, :2] = 0  # five worse and none better, which draws leave out zero for
    loss = paired_difference(few, np.tile([1, 1, 1], (200, 1))).difference
    assert loss.value + 0.0188 > 0 > loss.high
    nothing = np.zeros((12, 3), dtype=np.int64)
    assert paired_difference(nothing, nothing).difference == Interval(0.0, -1.0, 1.0)


def test_theirs_less_ours_is_the_same_with_its_sign_turned() -> None:
    ours, theirs = some_counts(40, 0.7, seed=1), some_counts(40, 0.5, seed=2)
    gain, turned = paired_difference(ours, theirs), paired_difference(theirs, ours)
    assert gain == turned.turned and gain.difference.low == -turned.difference.high
    assert gain.better == pytest.approx(1 - turned.better)
