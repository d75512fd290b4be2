"""UnitEffects of units on a value: exact Shapley values, their estimate, occlusion."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guandian.explain.attribution import (
    all_coalitions,
    estimated_shapley,
    exact_shapley,
    first_coalitions,
    further_coalitions,
    occlusion,
    single_losses,
)


@given(st.integers(1, 6), st.integers(0, 1000))
def test_exact_values_share_out_the_whole_and_find_an_additive_game(units: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    coalitions, weights = all_coalitions(units), rng.normal(size=(units, 2))
    additive = coalitions @ weights + 3
    assert exact_shapley(additive) == pytest.approx(weights)
    values = rng.normal(size=(2**units, 2))
    assert exact_shapley(values).sum(0) == pytest.approx(values[-1] - values[0])


def test_exact_values_of_a_game_with_two_that_need_each_other() -> None:
    """Two gloves of one hand and one of the other: the lone one is worth four times as much."""
    coalitions = all_coalitions(3)
    pairs = (coalitions[:, 0] & (coalitions[:, 1] | coalitions[:, 2])).astype(float)
    assert exact_shapley(pairs[:, None])[:, 0] == pytest.approx([2 / 3, 1 / 6, 1 / 6])


@given(st.integers(2, 12), st.integers(0, 1000))
def test_an_estimate_shares_out_the_whole_and_ranks_an_additive_game(units: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    weights = rng.normal(size=(units, 1))
    kept = first_coalitions(units)
    kept = np.vstack([kept, further_coalitions(kept, kept @ weights, 18 - len(kept))])
    assert len(kept) <= 18 and len({row.tobytes() for row in kept}) == len(kept)
    told = estimated_shapley(kept, kept @ weights)
    assert told.sum() == pytest.approx(weights.sum())
    assert np.corrcoef(told[:, 0], weights[:, 0])[0, 1] > 0.95


def test_one_unit_is_worth_the_whole() -> None:
    kept = first_coalitions(1)
    assert kept.tolist() == [[True], [False]]
    assert estimated_shapley(kept, np.array([[0.75], [0.25]])) == pytest.approx(np.array([[0.5]]))
    assert not len(further_coalitions(kept, np.array([[0.75], [0.25]]), 9))


def test_occlusion_tells_what_each_loss_costs() -> None:
    kept = single_losses(3)
    values = np.array([[float(row[0] and row[1])] for row in kept])
    assert occlusion(kept, values)[:, 0].tolist() == [1.0, 1.0, 0.0]


def test_all_coalitions_of_a_long_text_are_refused() -> None:
    with pytest.raises(ValueError, match="15 units"):
        all_coalitions(15)
