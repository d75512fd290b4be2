"""Weights of four bits: read, adapted, made whole again."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from tests.tiny_base import config, pieces, tokenizer
from tests.training.fixtures import SPEC, prepared, recipe

from guandian.errors import GuandianError
from guandian.modeling.encoders import quantised
from guandian.modeling.encoders.attention import chosen
from guandian.modeling.encoders.pretrained import build_encoder, configuration, load_encoder
from guandian.modeling.encoders.quantised import dequantise, is_quantised, loading, pack, steady
from guandian.modeling.fine_tuning import fold, learned
from guandian.modeling.model import OpinionModel
from guandian.recipes.methods import parse_method
from guandian.training import checkpoint
from guandian.training.data.batches import collate
from guandian.training.estimate.requirements import (
    Meter,
    bytes_of,
    measure_requirements,
    numbers,
    shape_of,
    weightless,
)
from guandian.training.loop import schedule
from guandian.training.step import TrainingInputs, TrainState, train_step

BASE = {"base": {"model": "tiny", "bits": 4}}
LORA = {"kind": "lora", "rank": 4}
QWEN = config(64) | {"model_type": "qwen3", "num_key_value_heads": 2, "head_dim": 16}
FAST = {"precision": "fp32", "learning_rate": 1e-2, "batch_texts": 8}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(1)
    folder = tmp_path_factory.mktemp("base")
    encoder: Any = build_encoder(QWEN)
    encoder.save_pretrained(folder)
    tokenizer().save(str(folder / "tokenizer.json"))
    return folder


def four_bits(base: Path, compute: torch.dtype = torch.float32) -> OpinionModel:
    pytest.importorskip("bitsandbytes")
    encoder = load_encoder(str(base), how=loading(compute))
    steady(encoder)
    torch.manual_seed(1)
    return OpinionModel(encoder, SPEC, chosen(encoder.config, "auto"))


def answers(network: OpinionModel) -> dict[str, torch.Tensor]:
    ids = torch.tensor([[0, 9, 30, 12, 40, 2], [0, 7, 7, 21, 33, 2]])
    with torch.inference_mode():
        return dict(network.eval()(ids))


@pytest.mark.parametrize("kind", ["lora", "dora", "ia3", "adapter", "frozen"])
def test_it_learns_on_four_bits_and_answers_alike_when_whole(
    kind: str, base: Path, tmp_path: Path
) -> None:
    network, data = four_bits(base), prepared(False)
    before = {n: p.clone() for n, p in network.encoder.named_parameters() if p.dtype == torch.uint8}
    assert len(before) == 14
    batch = collate([data.examples[k] for k in range(8)], SPEC, pieces().pad_id, range(8))
    wanted = recipe(**BASE, method={"kind": kind}, optimisation=FAST)
    with TrainState(wanted, TrainingInputs(network, pieces(), data), 40, tmp_path) as learner:
        losses = [sum(train_step(learner, [batch], 4 + k).values()) for k in range(2)]
        answers(network)  # scoring in between must leave the weights ready to learn
        network.train()
        losses += [sum(train_step(learner, [batch], 6 + k).values()) for k in range(2)]
    assert losses[3] < losses[0]
    assert losses[3] < losses[1]
    packed = [p for p in network.encoder.parameters() if p.dtype == torch.uint8]
    assert all(torch.equal(a, b) for a, b in zip(before.values(), packed, strict=True))
    checkpoint.save_weights(tmp_path / "best.safetensors", network)
    assert load_file(tmp_path / "best.safetensors").keys() == learned(network).keys()
    assert not any("absmax" in name or "quant" in name for name in learned(network))

    apart = answers(network)
    fold(network)
    assert not is_quantised(network.encoder)
    assert {p.dtype for p in network.parameters()} == {torch.float32}
    for name, value in answers(network).items():
        torch.testing.assert_close(value, apart[name], atol=1e-4, rtol=1e-4)
    again = OpinionModel.from_config(network.config())
    again.load_state_dict(network.state_dict())
    for name, value in answers(again).items():
        torch.testing.assert_close(value, apart[name], atol=1e-4, rtol=1e-4)


def test_four_bits_are_near_the_weights(base: Path) -> None:
    encoder = four_bits(base).encoder
    dequantise(encoder)
    plain = load_encoder(str(base)).state_dict()
    for name, value in encoder.state_dict().items():
        apart = (value - plain[name]).norm() / plain[name].norm()
        # NF4 rounds normal values by about a tenth of their spread; the rest is as it was.
        assert 0.08 < apart < 0.1 if "proj" in name else apart == 0


@pytest.mark.slow
def test_it_needs_without_weights_what_it_needs_with_them(base: Path, tmp_path: Path) -> None:
    network, data = four_bits(base, torch.bfloat16), prepared(False)
    wanted = recipe(**BASE, method=LORA, optimisation=FAST | {"precision": "bf16"})
    steps = schedule(wanted, data)
    with weightless(torch.device("cpu")):
        shape = OpinionModel.from_config(network.config())
        pack(shape.encoder, torch.bfloat16)
    needs = measure_requirements(wanted, TrainingInputs(shape, pieces(), data), steps)
    held = sum(
        value.numel() * value.element_size()
        for name, value in network.encoder.state_dict().items()
        if "quant_state" not in name
    )
    offsets = 14 * 4  # of the scales, which the state dictionary has within `quant_state`
    heads = bytes_of((*network.heads.parameters(), *network.buffers()))
    added = 4 * needs.parameters.added
    assert needs.memory.weights == pytest.approx(held + offsets + heads + added, rel=1e-3)
    batches = [batch for step in steps for batch in step]
    chosen_batch = max(batches, key=lambda batch: math.prod(shape_of(data.examples, batch)))
    rows = [data.examples[k] for k in chosen_batch]
    batch = collate(rows, SPEC, pieces().pad_id, chosen_batch)
    with TrainState(
        wanted, TrainingInputs(network, pieces(), data), len(steps), tmp_path
    ) as learner:
        train_step(learner, [batch], 0)
        with Meter() as meter:
            train_step(learner, [batch], 0)
    assert needs.parameters.all == numbers(network)
    assert needs.parameters.learned == numbers(network, learned=True)
    assert needs.memory.whole == 4 * numbers(network)
    constant = needs.memory.weights + needs.memory.optimiser
    assert needs.memory.most - constant == pytest.approx(meter.peak, rel=0.05)


REFUSED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "would change weights of 4 bits": ({}, {"kind": "full"}),
    "'frozen' would change": ({}, {"kind": "frozen", "layers": 1}),
    "keep their maps transposed": ({"model_type": "gpt2"}, {"kind": "lora"}),
    "multiple of 64 inputs, and qwen3 here has 96": ({"intermediate_size": 96}, {"kind": "lora"}),
}


@pytest.mark.parametrize("told", REFUSED)
def test_what_four_bits_cannot_take_is_refused(told: str) -> None:
    pytest.importorskip("bitsandbytes")
    changes, method = REFUSED[told]
    with pytest.raises(GuandianError, match=told):
        quantised.require_quantiser(configuration(QWEN | changes), parse_method(method))


def test_the_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quantised, "find_spec", {}.get)
    with pytest.raises(GuandianError, match=r"needs bitsandbytes\n.*guandian\[quantised\]"):
        quantised.require_quantiser(configuration(config()), parse_method({"kind": "lora"}))
