"""Corrected shares of whole reviews: exact where the rates are, honest where they are not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from guandian.domain import Polarity
from guandian.evaluation.correction import Correction, net_of_reviews
from guandian.evaluation.net_sentiment import ORDER, PolarityRates
from guandian.evaluation.sentiment_shares import SentimentRates

POS, NEU, NEG = ORDER
ANSWERS = np.array([[0.9, 0.08, 0.02], [0.2, 0.7, 0.1], [0.15, 0.05, 0.8]])
"""What a system answers to reviews of each sentiment."""


def labelled(
    numbers: tuple[int, int, int], answers: np.ndarray = ANSWERS, seed: int = 0
) -> tuple[list[Polarity], list[Polarity]]:
    """So many reviews of each sentiment, and what such a system answers by chance."""
    dice = np.random.default_rng(seed)
    gold = [polarity for polarity, number in zip(ORDER, numbers, strict=True)
            for _ in range(number)]  # fmt: skip
    return gold, [ORDER[dice.choice(3, p=answers[ORDER.index(side)])] for side in gold]


def test_the_answers_of_a_shop_without_complaint_tell_that_there_is_none() -> None:
    gold, answers = labelled((1000, 1000, 1000))
    rates = SentimentRates.measure(gold, answers)
    happy = dict(zip(ORDER, (rates.counts[0]).tolist(), strict=True))
    told = rates.corrected(happy)
    assert told.shares[POS].value == pytest.approx(1, abs=1e-6)
    assert told.shares[NEG].value == pytest.approx(0, abs=1e-6)
    assert told.shares[NEG].low == 0 and told.shares[NEG].high > 0  # few reviews leave doubt
    mixed = dict(zip(ORDER, (rates.counts.T @ [6, 1, 3]).tolist(), strict=True))
    shares = rates.corrected(mixed).shares
    assert [shares[side].value for side in ORDER] == pytest.approx([0.6, 0.1, 0.3], abs=1e-6)
    assert sum(share.value for share in shares.values()) == pytest.approx(1)
    net = rates.corrected(mixed).net
    assert net.value == pytest.approx(0.3, abs=1e-6) and net.low < 0.3 < net.high


def test_intervals_hold_shares_that_moved_far_and_errors_shrink() -> None:
    dice = np.random.default_rng(3)
    held, plain, ours = 0, [], []
    for draw in range(150):
        rates = SentimentRates.measure(*labelled((200, 60, 200), seed=draw))
        shares = dice.dirichlet([1, 0.3, 1])
        _, answers = labelled(tuple(dice.multinomial(400, shares)), seed=1000 + draw)
        counts = {side: answers.count(side) for side in ORDER}
        told = rates.corrected(counts).shares[NEG]
        held += told.low <= shares[2] <= told.high
        plain.append(abs(counts[NEG] / 400 - shares[2]))
        ours.append(abs(told.value - shares[2]))
    assert 0.92 <= held / 150 <= 0.99
    assert np.mean(ours) < 0.5 * np.mean(plain)


def test_kinds_that_are_answered_differently_widen_the_interval() -> None:
    careless = np.array([[0.6, 0.2, 0.2], [0.3, 0.4, 0.3], [0.4, 0.1, 0.5]])
    gold, answers, kinds = [], [], []
    for kind in range(10):
        some = labelled((30, 10, 30), careless if kind % 2 else ANSWERS, seed=kind)
        gold += some[0]
        answers += some[1]
        kinds += [f"kind {kind}"] * 70
    alike, unlike = (
        SentimentRates.measure(gold, answers),
        SentimentRates.measure(gold, answers, kinds),
    )
    assert alike.between.tolist() == [0, 0, 0] and unlike.between[0] > 0.05
    assert unlike.certain[0] < alike.certain[0] == 300
    counts = {POS: 60, NEU: 10, NEG: 30}
    one, many, none = (
        rates.corrected(counts, kinds).net
        for rates, kinds in ((unlike, 1), (unlike, 10), (alike, 1))
    )
    assert one.high - one.low > 1.2 * (many.high - many.low) > 1.2 * (none.high - none.low)


def test_a_sentiment_that_nobody_labelled_has_no_share() -> None:
    rates = SentimentRates.measure(*labelled((100, 0, 100)))
    told = rates.corrected({POS: 50, NEU: 20, NEG: 30})
    assert told.shares[NEU].value == 0 == told.shares[NEU].high
    assert told.shares[POS].value + told.shares[NEG].value == pytest.approx(1)


def test_too_few_labels_correct_nothing_and_the_switch_says_as_found() -> None:
    counts = {POS: 8, NEU: 0, NEG: 2}
    found = net_of_reviews(counts, None)
    assert found and found.value == pytest.approx(0.6) and net_of_reviews({}, None) is None
    bare = PolarityRates.measure([[]], [[]])
    few = replace(bare, sentiment=SentimentRates.measure(*labelled((9, 0, 50))))
    assert few.sentiment and not few.sentiment.enough
    for rates in (bare, few):
        assert net_of_reviews(counts, Correction(rates)) == found
    enough = Correction(replace(bare, sentiment=SentimentRates.measure(*labelled((90, 9, 50)))))
    corrected = net_of_reviews(counts, enough)
    assert corrected and corrected != found
    assert enough.of_reviews({}) is None


def test_rates_survive_a_manifest_and_broken_ones_are_named() -> None:
    rates = SentimentRates.measure(*labelled((30, 5, 20)), groups=["a", "b"] * 27 + ["a"])
    written = rates.to_json()
    again = SentimentRates.from_json(written)
    assert again.to_json() == written and again.counts.tolist() == rates.counts.tolist()
    for broken in (
        {},
        {**written, "answered": {}},
        {**written, "certain": [1, 2]},
        {**written, "between": [0, float("nan"), 0]},
        {**written, "certain": [-1, 2, 3]},
    ):
        with pytest.raises(ValueError, match="no rates of whole reviews"):
            SentimentRates.from_json(broken)
    with pytest.raises(ValueError, match="1 labelled, 2 answered"):
        SentimentRates.measure([POS], [POS, NEG])
