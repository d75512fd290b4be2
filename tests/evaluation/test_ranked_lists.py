"""Figures of ranked lists, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from guandian.evaluation.rankings.ranked_lists import mean_interval, score_lists, strata

POPULARITY = np.array([3.0, 1.0, 0.0, 0.0, 4.0])


def test_by_hand() -> None:
    lists = [[0, 1, 2], [4, 3, 2]]
    scores = score_lists(lists, [frozenset({1}), frozenset({4, 2, 0})], POPULARITY, 4)
    best = 1 + 1 / np.log2(3) + 0.5
    np.testing.assert_allclose(scores.ndcg, [1 / np.log2(3), 1.5 / best])
    np.testing.assert_allclose(scores.recall, [1, 2 / 3])
    np.testing.assert_allclose(scores.reciprocal, [0.5, 1])
    assert scores.coverage == 1
    rarity = -np.log2((POPULARITY + 1) / 5)
    assert scores.novelty == pytest.approx(
        (rarity[[0, 1, 2]].mean() + rarity[[4, 3, 2]].mean()) / 2
    )


def test_a_list_may_be_short_or_empty() -> None:
    scores = score_lists([[], [1]], [frozenset({1}), frozenset({1})], POPULARITY, 4)
    np.testing.assert_allclose(scores.ndcg, [0, 1])
    with pytest.raises(ValueError, match="liked later"):
        score_lists([[1]], [frozenset()], POPULARITY, 4)


def test_strata_hold_the_same_number_of_actions() -> None:
    popularity = np.array([1.0] * 30 + [3.0] * 10 + [30.0])
    parts = strata(popularity, np.arange(41))
    assert [popularity[parts == k].sum() for k in range(3)] == [30, 30, 30]


def test_the_interval_holds_the_mean() -> None:
    values = np.random.default_rng(0).normal(0.2, 1, 2000)
    gain = mean_interval(values)
    assert gain.low < gain.value < gain.high
    assert gain.high - gain.low == pytest.approx(2 * 1.96 / np.sqrt(2000), rel=0.1)
    assert mean_interval(values) == gain


def test_a_user_is_drawn_with_all_his_figures() -> None:
    """Ten users with one figure each twenty times over know no more than ten figures."""
    values = np.random.default_rng(3).random(10)
    alone, often = mean_interval(values), mean_interval(np.tile(values, 20), np.tile(range(10), 20))
    blind = mean_interval(np.tile(values, 20))
    assert often.value == pytest.approx(alone.value)
    assert often.high - often.low == pytest.approx(alone.high - alone.low)
    assert blind.high - blind.low < 0.5 * (alone.high - alone.low)
