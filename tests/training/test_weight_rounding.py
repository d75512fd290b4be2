"""Training with rounded weights: what is computed with is what a bundle holds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from tests.tiny_base import model

from guandian.bundle.four_bits import four_bits
from guandian.bundle.weights import MATRIX_LIMIT, TABLE_LIMIT, QuantizedWeights
from guandian.modeling.encoders.weight_rounding import WeightRounding
from guandian.tracking.events import ignore
from guandian.training import checkpoint, loop

from .fixtures import SPEC, recipe, started
from .fixtures import prepared as texts

MATRIX = "encoder.encoder.layer.0.intermediate.dense.weight"
TABLE = "encoder.embeddings.word_embeddings.weight"


@pytest.fixture(autouse=True)
def tiny_matrices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guandian.modeling.encoders.weight_rounding.SMALLEST", 256)


@pytest.mark.parametrize("rounding", ["int8", "int4"])
def test_meanwhile_the_weights_are_those_of_a_bundle(rounding: str) -> None:
    network = model(SPEC)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    stored = QuantizedWeights(rounding)  # type: ignore[arg-type]
    stored.add_matrix(MATRIX, before[MATRIX].numpy())
    stored.add_table(TABLE, before[TABLE].numpy())
    with WeightRounding(network, rounding).applied():  # type: ignore[arg-type]
        held = network.state_dict()
        matrix = stored.arrays[MATRIX].T * stored.arrays[f"{MATRIX}.scale"][:, None]
        table = stored.arrays[TABLE] * stored.arrays[f"{TABLE}.scale"]
        np.testing.assert_allclose(held[MATRIX].numpy(), matrix, rtol=1e-5, atol=1e-7)
        np.testing.assert_allclose(held[TABLE].numpy(), table, rtol=1e-5, atol=1e-7)
        assert not torch.equal(held[MATRIX], before[MATRIX])
    for name, value in network.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_none_rounds_nothing() -> None:
    network = model(SPEC)
    before = network.state_dict()[MATRIX].clone()
    with WeightRounding(network, "none").applied():
        assert torch.equal(network.state_dict()[MATRIX], before)


def test_the_rounded_ones_are_kept_and_the_others_learn(tmp_path: Path) -> None:
    settings = recipe(optimisation={"rounding": "int4", "epochs": 2})
    network = model(SPEC)
    first = network.state_dict()[MATRIX].clone()
    inputs = started(network, texts().examples)
    loop.train(settings, inputs, tmp_path, ignore)
    kept = network.state_dict()[MATRIX].numpy()
    assert not np.allclose(kept, first.numpy(), atol=1e-4)
    bits = four_bits(kept, MATRIX_LIMIT)
    np.testing.assert_allclose(bits.whole() * bits.scale, kept, rtol=1e-4, atol=1e-6)
    table = network.state_dict()[TABLE].numpy()
    bits = four_bits(table, TABLE_LIMIT)
    np.testing.assert_allclose(bits.whole() * bits.scale, table, rtol=1e-4, atol=1e-6)


def test_interrupted_or_not_it_learns_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = recipe(optimisation={"rounding": "int4", "epochs": 2})
    whole = model(SPEC)
    loop.train(settings, started(whole, texts().examples), tmp_path / "whole", ignore)
    monkeypatch.setattr(loop, "SAVE_EVERY_SECONDS", 0.0)
    saved: list[int] = []

    def stop(event: object) -> None:
        step = getattr(event, "step", 0)
        if hasattr(event, "path") and step == 3:
            saved.append(step)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        loop.train(settings, started(model(SPEC), texts().examples), tmp_path / "cut", stop)
    assert saved == [3]
    again = model(SPEC)
    loop.train(settings, started(again, texts().examples), tmp_path / "cut", ignore)
    first, second = (
        checkpoint.best_file(tmp_path / name).read_bytes() for name in ("whole", "cut")
    )
    assert first == second
