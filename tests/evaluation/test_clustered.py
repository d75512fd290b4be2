from __future__ import annotations

import random
from itertools import pairwise
from math import sqrt

import pytest

from guandian.evaluation.intervals.clustered import Tally, proportion, wilson

Review = tuple[int, int, int]  # positive, negative, neutral opinions


def tally(*reviews: Review) -> Tally:
    found = Tally()
    for review in reviews:
        found.add(*review)
    return found


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [  # Newcombe (1998), table 1, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_is_the_published_one(part: int, whole: int, low: float, high: float) -> None:
    found = proportion(part, whole)
    assert found
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)
    assert found.value == part / whole


def test_no_reviews_no_share() -> None:
    assert proportion(0, 0) is None
    assert Tally().net() is None
    with pytest.raises(ValueError, match="no interval"):
        wilson(0.5, 0)


def test_counts() -> None:
    found = tally((2, 0, 0), (0, 1, 3), (1, 1, 0))
    assert (found.reviews, found.praising, found.complaining) == (3, 2, 2)
    assert (found.positive, found.negative, found.neutral, found.opinions) == (3, 2, 3, 8)


def test_net_sentiment_by_hand() -> None:
    # x = positive + neutral / 2 a review: 2, 1.5, 1, 0 of 2, 4, 2, 1 opinions; mean 4.5 / 9 = 0.5
    # residuals x - 0.5 n: 1, -0.5, 0, -0.5; squares sum to 1.5; variance 4/3 * 1.5 / 81 = 0.02469
    # effective opinions 0.25 / 0.02469 = 10.125, at most 9; t(3) = 3.18 (the series gives 3.06)
    found = tally((2, 0, 0), (0, 1, 3), (1, 1, 0), (0, 1, 0)).net()
    assert found
    assert found.value == 0
    number = 9 * (1.959964 / 3.06) ** 2
    half = 1.959964 / sqrt(number + 1.959964**2) / 2
    assert found.high == pytest.approx(2 * half, abs=2e-3)
    assert found.low == pytest.approx(-2 * half, abs=2e-3)


def test_sums_give_what_the_residuals_give() -> None:
    rng = random.Random(5)
    reviews = [(rng.randrange(4), rng.randrange(3), rng.randrange(1, 3)) for _ in range(40)]
    opinions = sum(map(sum, reviews))
    share = sum(positive for positive, _, _ in reviews) / opinions
    squares = sum((review[0] - share * sum(review)) ** 2 for review in reviews)
    variance = 40 / 39 * squares / opinions**2
    number = min(opinions, share * (1 - share) / variance) * (1.959964 / 2.0227) ** 2  # t(39)
    found = tally(*reviews).positive_share()
    assert found
    want = wilson(share, number)
    assert (found.value, found.low, found.high) == pytest.approx(
        (want.value, want.low, want.high), abs=1e-4
    )


def test_talkative_reviews_widen_the_interval() -> None:
    alone = tally(*[(1, 0, 0)] * 50, *[(0, 1, 0)] * 50).net()
    together = tally(*[(5, 0, 0)] * 10, *[(0, 5, 0)] * 10).net()
    assert alone
    assert together
    assert alone.value == together.value == 0
    assert together.high - together.low > 2 * (alone.high - alone.low)


def test_unanimous_reviews_still_leave_doubt() -> None:
    found = tally(*[(2, 0, 0)] * 20).net()
    assert found
    assert found.high == found.value == 1
    assert found.low == pytest.approx(2 * wilson(1, 20).low - 1)


def test_one_review_of_many_opinions_decides_nothing() -> None:
    """Thirty short reviews, half of them bad, and one that says one thing six hundred times."""
    found = tally(*[(1, 0, 0)] * 15, *[(0, 1, 0)] * 15, (600, 0, 0))
    assert found.effective == pytest.approx(630**2 / (600**2 + 30)) == pytest.approx(1.1, abs=0.01)
    net = found.net()
    assert found.dominated and net and net.value > 0.9 and net.low < 0 < net.high
    even = tally(*[(1, 1, 0), (0, 2, 1), (3, 0, 0), (0, 1, 0)] * 20)
    assert not even.dominated and even.effective > 50
    ends = [tally(*[(1, 0, 0)] * 50, *[(0, 1, 0)] * 50, (n, 0, 0)).net() for n in range(10, 80, 5)]
    wide = [one.high - one.low for one in ends if one]
    assert all(later > earlier for earlier, later in pairwise(wide))  # and without a step
    assert max(later / earlier for earlier, later in pairwise(wide)) < 1.5


def test_a_merged_tally_is_the_tally_of_all() -> None:
    one, two = tally((2, 0, 1), (0, 1, 0)), tally((0, 3, 1))
    one.merge(two)
    assert one == tally((2, 0, 1), (0, 1, 0), (0, 3, 1))


@pytest.mark.parametrize("number", [12, 60])
@pytest.mark.parametrize("praise", [0.5, 0.85])
def test_intervals_hold_the_truth_as_often_as_they_say(number: int, praise: float) -> None:
    rng = random.Random(7)
    truth, held = 0.9 * (2 * praise - 1), 0
    for _ in range(400):
        found = tally(*(_drawn(rng, praise) for _ in range(number))).net()
        assert found
        held += found.low <= truth <= found.high
    assert 0.92 <= held / 400 <= 0.99


def _drawn(rng: random.Random, praise: float) -> Review:
    mood, counts = rng.betavariate(2 * praise, 2 * (1 - praise)), [0, 0, 0]
    for _ in range(rng.choice([1, 1, 2, 3, 4, 6])):
        counts[2 if rng.random() < 0.1 else rng.random() >= mood] += 1
    return counts[0], counts[1], counts[2]
