"""Heads and inner features cut out: what is left computes what it computed without them."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch
from tests.tiny_base import config, model

from guandian.errors import GuandianError
from guandian.modeling.encoders.narrowing import (
    Importance,
    Narrowed,
    cut,
    measured_importance,
    most_important,
    narrowed,
    shrink,
)
from guandian.modeling.encoders.pretrained import build_encoder
from guandian.modeling.model import OpinionModel
from guandian.tasks.head_spec import HeadSpec

SPEC = HeadSpec(("price", "taste"))
IDS = torch.tensor([[0, 9, 30, 12, 40, 2], [0, 7, 7, 21, 33, 2]])
HEADS = [np.array([0, 2]), np.array([3])]
INNER = [np.arange(5, 40), np.arange(64)]


def silenced(network: OpinionModel) -> None:
    """Let what would be cut say nothing, in place."""
    encoder: Any = network.encoder
    for layer, heads, inner in zip(encoder.encoder.layer, HEADS, INNER, strict=True):
        mute_heads = [head for head in range(4) if head not in heads]
        mute_inner = [feature for feature in range(64) if feature not in inner]
        for head in mute_heads:
            layer.attention.output.dense.weight[:, 8 * head : 8 * head + 8] = 0
        layer.output.dense.weight[:, mute_inner] = 0


@torch.no_grad()
def test_it_computes_as_if_what_was_cut_had_said_nothing() -> None:
    network = model(SPEC).eval()
    silent = model(SPEC).eval()
    silenced(silent)
    cut(network.encoder, HEADS, INNER)
    expected = silent(IDS)
    for name, array in network(IDS).items():
        torch.testing.assert_close(array, expected[name], msg=name)
    assert sum(p.numel() for p in network.parameters()) < sum(
        p.numel() for p in silent.parameters()
    )


def test_its_configuration_builds_it_again() -> None:
    network = model(SPEC)
    assert "narrowed" not in network.config()
    cut(network.encoder, HEADS, INNER)
    told = json.loads(json.dumps(network.config()))
    assert told["narrowed"] == {"heads": [2, 1], "widths": [35, 64]}
    again = OpinionModel.from_config(told)
    again.load_state_dict(network.state_dict(), strict=True)
    assert narrowed(again.encoder) == Narrowed((2, 1), (35, 64))
    with pytest.raises(GuandianError, match=r"has 2 layers, and its heads are told of 1"):
        shrink(build_encoder(config()), Narrowed((2,), (35,)))


def test_what_says_nothing_is_of_no_importance_and_goes_first() -> None:
    network = model(SPEC).eval()
    with torch.no_grad():
        silenced(network)
    with measured_importance(network.encoder) as importance:
        for _ in range(2):
            sum(array.square().mean() for array in network(IDS).values()).backward()
    for heads, scores in zip(HEADS, importance.heads, strict=True):
        assert {*np.flatnonzero(scores)} == {*heads}
    assert (importance.inner[0] > 0).sum() == len(INNER[0])
    kept, inner = most_important(importance, 3 / 8, 99 / 128, multiple=1)
    assert [row.tolist() for row in kept] == [row.tolist() for row in HEADS]
    assert [row.tolist() for row in inner] == [row.tolist() for row in INNER]
    network(IDS)["sentiment"].sum().backward()  # nothing is watched any more
    assert {*np.flatnonzero(importance.heads[1])} == {3}


def test_importance_is_the_change_of_the_loss_to_first_order() -> None:
    network = model(SPEC).eval()

    def loss() -> torch.Tensor:
        return torch.square(network(IDS)["sentiment"]).sum()

    encoder: Any = network.encoder
    with measured_importance(network.encoder) as importance:
        loss().backward()
    weight = encoder.encoder.layer[1].output.dense.weight
    # A feature's own weights times their gradient is the same product, from the other side.
    across_tokens = (weight.grad * weight.detach()).sum(0).abs().numpy()
    assert (across_tokens <= importance.inner[1] * 1.001 + 1e-9).all()
    small = 1e-3
    with torch.no_grad():
        before = loss()
        weight[:, 11] *= 1 - small
        change = float(before - loss()) / small
    assert abs(change) <= importance.inner[1][11] * 1.05 + 1e-6


def test_every_layer_keeps_a_head_and_a_multiple_of_features() -> None:
    importance = Importance(
        [np.array([9.0, 8, 7, 6]), np.array([1e-3, 0, 0, 0])],
        [np.linspace(1, 2, 128), np.linspace(1, 3, 128)],
    )
    heads, inner = most_important(importance, 0.25, 0.4)
    assert [len(row) for row in heads] == [1, 1]
    assert all(len(row) % 32 == 0 and len(row) >= 32 for row in inner)
    assert inner[1].tolist() == sorted(inner[1].tolist())
    whole = most_important(importance, 1.0, 1.0)
    assert [len(row) for row in (*whole[0], *whole[1])] == [4, 4, 128, 128]


def test_another_family_is_refused_by_name_and_told_as_it_is() -> None:
    encoder = build_encoder(
        {**config(), "model_type": "modernbert", "sep_token_id": 2, "cls_token_id": 0}
    )
    assert narrowed(encoder) is None
    with pytest.raises(GuandianError, match=r"modernbert models are not of BERT's kind"):
        cut(encoder, HEADS, INNER)
