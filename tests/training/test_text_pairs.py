"""Pairs as padded ids, their order, and what a tiny network learns from them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tests.tiny_base import config, tokenizer

from guandian.modeling.encoders.pretrained import build_encoder
from guandian.modeling.text_networks import PairScore, TextVector
from guandian.training.pairs.contrastive import learn_vectors
from guandian.training.pairs.pair_scoring import learn_scores
from guandian.training.pairs.text_batches import Padded, PairSettings, Steps, orders

SETTINGS = PairSettings(epochs=6, batch=6, rate=5e-3, layers=2, longest=12)
PAIRS = [(f"{word} 很 好", f"好 {word}") for word in "屏电物价声手"]


@pytest.fixture
def tokens(tmp_path: Path) -> Padded:
    tokenizer().save(str(tmp_path / "tokenizer.json"))
    return Padded(tmp_path / "tokenizer.json", SETTINGS.longest)


def test_rows_are_cut_and_batches_are_padded_to_their_longest(tokens: Padded) -> None:
    rows = tokens.rows(["好", "很 好 " * 40])
    assert [len(row) for row in rows] == [1, 12] and rows[1][:2] == [rows[1][2], rows[0][0]]
    ids, mask = tokens.batch(rows)
    assert ids.shape == mask.shape == (2, 12) and mask.sum(1).tolist() == [1, 12]
    assert ids[0, 1:].eq(0).all() and ids[1].tolist() == rows[1]


def test_every_epoch_sees_every_pair_once_in_its_own_order() -> None:
    settings = PairSettings(epochs=2, batch=4, seed=3)
    batches = [*orders(9, settings)]
    assert [len(part) for part in batches] == [4, 4, 4, 4]  # the ninth has no contrast
    assert batches == [*orders(9, settings)] != [*orders(9, PairSettings(2, 4, seed=4))]
    for epoch in (batches[:2], batches[2:]):
        assert len({place for part in epoch for place in part}) == 8
    assert batches[:2] != batches[2:]


def test_the_rate_goes_up_and_down_to_nothing() -> None:
    network = torch.nn.Linear(1, 1)
    steps, rates = Steps(network, PairSettings(rate=0.5), 20), []
    for _ in range(20):
        steps.take(network(torch.ones(1, 1)).sum())
        rates.append(steps._optimiser.param_groups[0]["lr"])
    assert rates[:2] == pytest.approx([0.25, 0.5]) and rates[-1] == pytest.approx(0.5 / 18)
    assert rates[1:] == sorted(rates[1:], reverse=True)


def test_vectors_and_scores_are_learned_and_the_same_seed_learns_the_same(tokens: Padded) -> None:
    labelled = [*((a, b, True) for a, b in PAIRS)]
    labelled += [(a, b.replace("好", "差"), False) for a, b in PAIRS]
    told = [_losses(tokens, labelled) for _ in range(2)]
    assert told[0] == told[1] and [len(losses) for losses in told[0]] == [6, 12]
    assert all(losses[-1] < 0.8 * losses[0] for losses in told[0])


def _losses(tokens: Padded, labelled: list[tuple[str, str, bool]]) -> tuple[list[float], ...]:
    """Of a tiny network that learns vectors, then of one that goes on with scores."""
    torch.manual_seed(5)
    network, near, right = TextVector(build_encoder(config())), list[float](), list[float]()
    learn_vectors(network, tokens, PAIRS, SETTINGS, lambda *step: near.append(step[2]))
    scorer = PairScore(network.encoder, config()["hidden_size"])
    learn_scores(scorer, tokens, labelled, SETTINGS, lambda *step: right.append(step[2]))
    return near, right
