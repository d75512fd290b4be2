"""The bet that tells when a model is worse, however often one looks."""

from __future__ import annotations

import numpy as np

from guandian.evaluation.wager import Wager, wager


def test_losses_alone_are_told_soon_and_wins_never() -> None:
    assert [wager([-1] * n).crossed(0.05) for n in (6, 7)] == [False, True]
    assert not wager([1] * 1000).crossed(0.05)
    assert wager([0] * 50) == Wager(), "what is alike is no bet"
    assert (wager([1, -1, 0, -1]).wins, wager([1, -1, 0, -1]).losses) == (1, 2)


def test_a_model_that_is_as_good_is_seldom_taken_for_worse() -> None:
    rng = np.random.default_rng(0)
    even = [wager(rng.choice([-1, 1], 400).tolist()).crossed(0.05) for _ in range(200)]
    assert np.mean(even) <= 0.05
    odds = [0.7, 0.3]
    worse = [wager(rng.choice([-1, 1], 400, p=odds).tolist()).crossed(0.05) for _ in range(40)]
    assert np.mean(worse) >= 0.95
