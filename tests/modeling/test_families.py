"""Encoders and decoders of every family under the same heads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest
import torch
from tests.modeling.families import FAMILIES, model
from tests.tiny_base import pieces
from tests.training.fixtures import SPEC, prepared, recipe

from guandian.export.onnx_graph import trace
from guandian.modeling.encoders.layers import layers, projections
from guandian.modeling.encoders.pretrained import (
    configuration,
    keep_layers,
    load_encoder,
)
from guandian.modeling.fine_tuning import adapt, fold, require
from guandian.modeling.model import OpinionModel
from guandian.recipes.methods import parse_method
from guandian.tasks.head_spec import OUTPUTS
from guandian.training.data.batches import collate
from guandian.training.step import TrainingInputs, TrainState, train_step

DECODERS = ("gpt2", "qwen2", "qwen3", "llama", "gemma2", "gemma3_text")
MODELS = [(name, "auto") for name in FAMILIES] + [(name, "causal") for name in DECODERS]


def ids(length: int) -> torch.Tensor:
    inner = torch.randint(4, 90, (2, length - 2), generator=torch.Generator().manual_seed(length))
    ends = [torch.full((2, 1), token) for token in (0, 2)]
    return torch.cat((ends[0], inner, ends[1]), 1)


@pytest.mark.parametrize(("name", "asked"), MODELS)
def test_it_learns_and_is_built_again_from_its_configuration(
    name: str, asked: str, tmp_path: Path
) -> None:
    network = model(name, asked)
    data = prepared(False)
    batch = collate([data.examples[k] for k in range(8)], SPEC, pieces().pad_id, range(8))
    wanted = recipe(optimisation={"precision": "fp32", "learning_rate": 3e-3, "dropout": 0.0})
    with TrainState(wanted, TrainingInputs(network, pieces(), data), 40, tmp_path) as learner:
        losses = [sum(train_step(learner, [batch], 4 + k).values()) for k in range(4)]
    assert losses[-1] < losses[0]
    network.eval()
    again = OpinionModel.from_config(json.loads(json.dumps(network.config()))).eval()
    again.load_state_dict(network.state_dict())
    with torch.inference_mode():
        torch.testing.assert_close(again(ids(12)), network(ids(12)))


@pytest.mark.parametrize(("name", "asked"), MODELS)
def test_padding_changes_nothing_and_only_causal_models_look_back_alone(
    name: str, asked: str
) -> None:
    network = model(name, asked).eval()
    text = ids(9)
    padded = torch.cat((text, torch.ones((2, 4), dtype=torch.int64)), 1)
    mask = (torch.arange(13) < 9).long().expand(2, -1)
    other = text.clone()
    other[:, -1] = 50
    with torch.inference_mode():
        alone, beside = network(text), network(padded, mask)
        first, changed = (network(one)["implicit"][:, 1] for one in (text, other))
    torch.testing.assert_close(beside["sentiment"], alone["sentiment"], atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(beside["implicit"][:, :9], alone["implicit"], atol=1e-5, rtol=1e-4)
    assert torch.equal(first, changed) == (asked == "causal")


@pytest.mark.parametrize("name", ["electra", "deberta-v2", "modernbert", "gpt2", "qwen3", "gemma2"])
@pytest.mark.parametrize("kind", ["lora", "ia3", "adapter", "prefix", "prompt", "frozen"])
def test_every_method_finds_its_places(name: str, kind: str) -> None:
    network = model(name).eval()
    assert len(layers(network.encoder)) == 2
    assert len(projections(network.encoder)) == 4
    method = parse_method({"kind": kind})
    if kind == "prefix" and name in ("deberta-v2", "modernbert"):
        with pytest.raises(Exception, match="prefix tuning needs"):
            require(network.encoder.config, method)
        return
    with torch.inference_mode():
        before = network(ids(9))
        adapt(network, method)
        after = network.eval()(ids(9))
        if kind in ("lora", "ia3", "adapter"):  # they begin by adding nothing
            torch.testing.assert_close(after, before, atol=1e-5, rtol=1e-4)
        fold(network)
        assert network(ids(9))["spans"].shape == before["spans"].shape


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "asked", "length"),
    [
        ("deberta-v2", "auto", 40),
        ("modernbert", "auto", 200),  # longer than its local windows
        ("gpt2", "causal", 40),
        ("qwen3", "auto", 40),
    ],
)
def test_the_network_that_is_mined_with_answers_alike(name: str, asked: str, length: int) -> None:
    network = model(name, asked).eval()
    graph = trace(network, ids(9), OUTPUTS, fused=network.all_see_all)
    session = ort.InferenceSession(graph.SerializeToString())
    text = ids(length)
    found = session.run(None, {"ids": text.numpy()})
    with torch.inference_mode():
        expected = network(text)
    for output, array in zip(OUTPUTS, found, strict=True):
        np.testing.assert_allclose(array, expected[output].numpy(), atol=2e-5)


@pytest.mark.parametrize("name", FAMILIES)
def test_the_lowest_layers_are_kept_and_a_folder_is_read(name: str, tmp_path: Path) -> None:
    network: Any = model(name).encoder
    network.save_pretrained(tmp_path)
    cut = load_encoder(str(tmp_path), 1)
    assert len(layers(cut)) == 1
    assert configuration(str(tmp_path)).num_hidden_layers == 2
    with pytest.raises(Exception, match="asked for 3 layers of a model that has 1"):
        keep_layers(cut, 3)
