"""The corrected net: what it is made of, and that its interval holds the labels' own net."""

from __future__ import annotations

import json

import numpy as np
import pytest
from numpy.typing import NDArray

from guandian.domain import Labelled, Polarity, Quad, Span
from guandian.evaluation import NetCounts, PolarityRates, corrected_net, evaluate
from guandian.evaluation.intervals.clustered import Tally
from guandian.evaluation.net_sentiment import ORDER

from .systems import Careless, examples

POS, NEU, NEG = Polarity.POSITIVE, Polarity.NEUTRAL, Polarity.NEGATIVE
RATES = (0.85, 0.7, 0.55)
"""The recall of a system by polarity, as `ORDER`; nine in ten of its answers are right."""


def quad(place: int, polarity: Polarity) -> Quad:
    return Quad(None, Span(10 * place, 10 * place + 4), "overall", polarity)


def world(
    kinds: int, reviews: int, seed: int, unlike: float = 0.0
) -> tuple[NDArray[np.int64], NDArray[np.int64], list[str]]:
    """Labelled and found opinions by polarity `[n, 3]`, and the kind of product of each review.

    The recall of criticism differs between kinds by `unlike`, and so does how much there is.
    """
    dice = np.random.default_rng(seed)
    gold, found, names = [], [], []
    for kind in range(kinds):
        shares = dice.dirichlet([6, 0.6, 6])
        recall = np.array(RATES)
        recall[2] = np.clip(recall[2] * np.exp(dice.normal(0, unlike)), 0.1, 0.95)
        for _ in range(reviews):
            counts = dice.multinomial(dice.integers(1, 6), shares)
            hits = dice.binomial(counts, recall)
            gold.append(counts)
            found.append(hits + dice.binomial(hits, 0.1))
            names.append(f"kind {kind}")
    return np.array(gold), np.array(found), names


def quads(counts: NDArray[np.int64]) -> list[list[Quad]]:
    return [
        [quad(7 * p + n, polarity) for p, polarity in enumerate(ORDER) for n in range(row[p])]
        for row in counts
    ]


def net(counts: NDArray[np.int64]) -> float:
    total = counts.sum(0)
    return float((total[0] - total[2]) / total.sum())


def test_copies_of_a_labelled_text_make_no_rate_surer() -> None:
    gold, found, names = world(2, 60, 3)
    copies = np.repeat(np.arange(120), 9)
    texts = [f"第 {place} 条评论😀" + "！" * (n % 9) for n, place in enumerate(copies)]
    many = (quads(gold[copies]), quads(found[copies]), [names[place] for place in copies])
    once = PolarityRates.measure(quads(gold), quads(found), names)
    told, fooled = PolarityRates.measure(*many, texts), PolarityRates.measure(*many)
    assert told.recall.tolist() == pytest.approx(once.recall.tolist())
    assert np.diag(told.spread)[::2] == pytest.approx(np.diag(once.spread)[::2], rel=0.1)
    assert (np.diag(fooled.spread) < np.diag(once.spread) / 4).all()


def test_the_counts_are_those_of_an_example_by_hand() -> None:
    gold = [[quad(0, POS), quad(1, NEG)], [quad(0, NEG)], []]
    found = [[quad(0, POS)], [quad(0, POS)], [quad(3, POS)]]
    rates = PolarityRates.measure(gold, found)
    assert rates.counts.tolist() == [[1, 0, 1, 2], [0, 0, 0, 0], [0, 2, 0, 0]]
    assert rates.recall.tolist() == [1, 0, 0]
    assert rates.precision[0] == pytest.approx(1 / 3)
    assert not rates.enough
    with pytest.raises(ValueError, match="3 labelled, 2 answered"):
        PolarityRates.measure(gold, found[:2])


def test_words_that_meet_are_right_and_only_one_to_one() -> None:
    aspect, near = Span(0, 2), Span(1, 4)
    gold = [[Quad(aspect, Span(2, 5), "a", POS), Quad(None, None, "b", NEG)]]
    found = [[Quad(None, Span(3, 9), None, POS), Quad(near, Span(2, 5), "a", POS),
              Quad(None, None, "c", NEG)]]  # fmt: skip
    rates = PolarityRates.measure(gold, found)
    assert rates.counts.tolist() == [[1, 0, 1, 1], [0, 0, 0, 0], [1, 0, 1, 0]]


def test_what_is_found_of_each_polarity_is_weighed_by_what_is_missed() -> None:
    gold, found, _ = world(1, 4000, seed=1)
    rates = PolarityRates.measure(quads(gold), quads(found))
    assert rates.recall[::2] == pytest.approx(RATES[::2], abs=0.03)
    corrected = corrected_net(NetCounts.of(found), rates)
    assert corrected.value == pytest.approx(net(gold), abs=0.01)
    assert net(found) > net(gold) + 0.1
    again = corrected_net(NetCounts.of(found), rates)
    assert again == corrected and again.low < again.value < again.high


@pytest.mark.parametrize(("reviews", "unlike"), [(30, 0.0), (30, 0.3)])
def test_the_interval_holds_the_net_of_the_labels_on_kinds_left_out(
    reviews: int, unlike: float
) -> None:
    held = 0
    for seed in range(100):
        gold, found, names = world(9, reviews, seed, unlike)
        left = np.array([name == "kind 8" for name in names])
        kept = [name for name in names if name != "kind 8"]
        rates = PolarityRates.measure(quads(gold[~left]), quads(found[~left]), kept)
        around = corrected_net(NetCounts.of(found[left]), rates)
        held += around.low <= net(gold[left]) <= around.high
    assert held >= 90


def test_many_kinds_even_out() -> None:
    gold, found, names = world(12, 40, 3, unlike=0.4)
    rates = PolarityRates.measure(quads(gold), quads(found), names)
    one, many = (corrected_net(NetCounts.of(found), rates, kinds=n) for n in (1, 12))
    assert rates.between[0] > 0.02
    assert many.high - many.low < 0.7 * (one.high - one.low)


def test_nothing_is_sure_where_all_agree() -> None:
    gold, found, _ = world(1, 500, seed=2)
    rates = PolarityRates.measure(quads(gold), quads(found))
    praise = np.tile([[1, 0, 0]], (6, 1))
    around = corrected_net(NetCounts.of(praise), rates)
    assert around.value == 1 == around.high
    assert -0.4 < around.low < 0.9


@pytest.mark.parametrize(
    "counts",
    [
        [[0, 1, 0]] * 20,
        [[1, 0, 0]] * 20,
        [[0, 0, 1]] * 7,
        [[1, 0, 0]] * 4 + [[0, 0, 1]],
        [[0, 1, 0]] * 23,
        [[0, 1, 0]],
        [[3, 0, 1], [0, 2, 0], [0, 0, 5], [1, 0, 0]],
        [[1, 0, 0]] * 300 + [[0, 1, 0]] * 20 + [[0, 0, 1]] * 100,
    ],
)
@pytest.mark.parametrize("level", [0.5, 0.95, 0.999])
def test_the_corrected_interval_is_no_narrower_than_that_of_sampling_alone(
    counts: list[list[int]], level: float
) -> None:
    many = np.array([[9000, 1000, 9000, 1000], [900, 100, 900, 100], [800, 200, 800, 100]])
    rates = PolarityRates(9000, 1, many, np.eye(3) / 1e6)
    found = NetCounts.of(np.array(counts))
    around = corrected_net(found, rates, level=level)
    tally = Tally()
    for positive, neutral, negative in counts:
        tally.add(positive, negative, neutral)
    plain = tally.net(level)
    assert plain and found.sampled(level) == pytest.approx((plain.low, plain.high))
    assert around.high - around.low >= plain.high - plain.low - 1e-9
    assert -1 <= around.low <= around.value <= around.high <= 1


def test_twenty_neutral_opinions_leave_the_net_in_doubt() -> None:
    """23 of 23 neutral: from -38 to +38 as found, so not from -5 to +5 corrected."""
    counts = np.array([[90, 10, 90, 10], [9, 1, 9, 1], [50, 50, 50, 5]])
    found = NetCounts.of(np.array([[0, 1, 0]] * 23))
    around = corrected_net(found, PolarityRates(300, 1, counts, np.eye(3) / 400))
    assert around.low < -0.3 and around.high > 0.3


def test_rates_come_back_from_json_and_what_is_none_is_refused() -> None:
    gold, found, names = world(5, 30, seed=4, unlike=0.3)
    rates = PolarityRates.measure(quads(gold), quads(found), names)
    told = json.loads(json.dumps(rates.to_json()))
    again = PolarityRates.from_json(told)
    assert again.to_json() == told
    counts = NetCounts.of(found)
    assert corrected_net(counts, again).low == pytest.approx(
        corrected_net(counts, rates).low, abs=1e-4
    )
    unlikely = [[1, 2, 0], [2, 1, 0], [0, 0, 1]]  # no covariance
    for broken in (
        {},
        {**told, "spread": [[0]]},
        {**told, "spread": unlikely},
        {**told, "reviews": 0},
        {**told, "between": [1]},
    ):
        with pytest.raises(ValueError, match="no rates by polarity"):
            PolarityRates.from_json(broken)


def test_an_evaluation_has_them() -> None:
    gold: list[Labelled] = examples()
    result = evaluate(Careless(gold, spoil=0.3), gold)
    assert result.opinions
    rates, scores = result.opinions.rates, result.opinions.scores.relaxed
    assert int(rates.labelled.sum()) == sum(len({*one.quads}) for one in gold if one.quads)
    assert int(rates.answered.sum()) >= scores.predicted
    told = result.opinions.to_json()["found_right"]
    assert isinstance(told, dict)
    assert PolarityRates.from_json(told).counts.tolist() == rates.counts.tolist()
