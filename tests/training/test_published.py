"""Parameters, memory and operations of decoders of 0.6B and 7B, against published figures.

The shapes are those of Qwen3-0.6B and Llama-2-7B as their model cards give them; no weights.
"""

from __future__ import annotations

from functools import cache

import pytest
import torch
from tests.tiny_base import model, pieces
from tests.training.fixtures import SPEC, prepared, recipe
from torch import nn

from guandian.modeling.encoders.pretrained import build_encoder
from guandian.modeling.encoders.quantised import Packed, pack
from guandian.modeling.fine_tuning import adapt
from guandian.modeling.model import OpinionModel
from guandian.recipes.methods import Full, Lora
from guandian.training.estimate.requirements import (
    Needs,
    bytes_of,
    measure_requirements,
    numbers,
    weightless,
    without_memory,
)
from guandian.training.step import TrainingInputs

QWEN3 = {
    "model_type": "qwen3",
    "vocab_size": 151_936,
    "hidden_size": 1024,
    "num_hidden_layers": 28,
    "num_attention_heads": 16,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "intermediate_size": 3072,
}
LLAMA = {
    "model_type": "llama",
    "vocab_size": 32_000,
    "hidden_size": 4096,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 32,
    "intermediate_size": 11_008,
}
SHAPES = {"0.6B": QWEN3, "7B": LLAMA}
OUTPUT = 32_000 * 4096
"""Llama's output layer, which its published figures count and nothing here has."""


@cache
def adapted(size: str, rank: int | None, where: str = "all", bits: int = 32) -> nn.Module:
    """The encoder of a weightless model, with low-rank updates if any."""
    with weightless(torch.device("cpu")):
        network = OpinionModel(build_encoder(SHAPES[size]), SPEC, "both")
        if bits == 4:
            pack(network.encoder, torch.bfloat16)
    adapt(network, Full() if rank is None else Lora(kind="lora", rank=rank, where=where))  # type: ignore[arg-type]
    return without_memory(network).encoder


def steps(shape: dict[str, object], method: dict[str, object]) -> Needs:
    with weightless(torch.device("cpu")):
        network = OpinionModel(build_encoder(shape), SPEC, "both")
    data = prepared(False)
    inputs = TrainingInputs(network, pieces(), data)
    return measure_requirements(recipe(method=method), inputs, [[list(range(8))]])


def test_qwen3_has_the_parameters_of_its_card() -> None:
    # "Number of Parameters: 0.6B, (Non-Embedding): 0.44B", https://huggingface.co/Qwen/Qwen3-0.6B
    whole = numbers(adapted("0.6B", None))
    assert round(whole / 1e9, 1) == 0.6
    assert round((whole - 151_936 * 1024) / 1e9, 2) == 0.44


def test_llama_has_the_parameters_of_its_card() -> None:
    # 6.74 B: "7B params" of https://huggingface.co/meta-llama/Llama-2-7b-hf, 6,738,415,616 in its
    # files; Touvron et al. 2023, arXiv:2302.13971, table 2, say 6.7 B of LLaMA.
    assert numbers(adapted("7B", None)) + OUTPUT == 6_738_415_616


@pytest.mark.parametrize(
    ("rank", "where", "published"),
    [
        # What tloen/alpaca-lora prints for queries and values alone, "trainable params: 4,194,304";
        # keys and outputs are as large.
        (8, "attention", 2 * 4_194_304),
        # What artidoro/qlora prints, "trainable params: 79953920", each value halved, as it halves
        # all counts of 4-bit models.
        (64, "all", 2 * 79_953_920),
    ],
)
def test_low_rank_updates_of_7b_learn_what_was_printed(
    rank: int, where: str, published: int
) -> None:
    assert numbers(adapted("7B", rank, where), learned=True) == published


def test_low_rank_updates_of_a_small_decoder_follow_the_definition() -> None:
    # rank (in + out) for each map, Hu et al. 2021, arXiv:2106.09685, section 4.1
    maps = (
        (1024, 2048),
        (1024, 1024),
        (1024, 1024),
        (2048, 1024),
        (1024, 3072),
        (1024, 3072),
        (3072, 1024),
    )
    expected = 28 * sum(16 * (wide + high) for wide, high in maps)
    assert numbers(adapted("0.6B", 16), learned=True) == expected


@pytest.mark.slow
def test_four_bits_take_what_the_paper_says() -> None:
    # 4 bits, and 8 / 64 + 32 / (64 * 256) = 0.127 for the scales: Dettmers et al. 2023,
    # arXiv:2305.14314, section 3
    encoder = adapted("7B", 64, bits=4)
    packed = [module for module in encoder.modules() if isinstance(module, Packed)]
    count = sum(numbers(module) for module in packed)
    held = sum(bytes_of((*module.parameters(), *module.buffers())) for module in packed)
    assert 8 * held / count == pytest.approx(4.127, abs=0.001)
    # 0.373 bits less a parameter than with plain scales, "approximately 3 GB for a 65B model"
    saved = (4 + 32 / 64 - 8 * held / count) / 8
    assert 65e9 * saved / 1e9 == pytest.approx(3.0, abs=0.1)
    # "all params: 3660320768" of LLaMA 7B, as artidoro/qlora prints: two of 4 bits counted as one,
    # and the output layer
    assert sum(p.numel() for p in encoder.parameters()) + OUTPUT == 3_660_320_768
    small = adapted("0.6B", 16, bits=4)
    matrices = sum(numbers(module) for module in small.modules() if isinstance(module, Packed))
    assert round(matrices / 1e9, 2) == 0.44
    assert bytes_of(small.parameters()) < 0.4 * bytes_of(adapted("0.6B", None).parameters())


def test_full_fine_tuning_takes_sixteen_bytes_a_parameter() -> None:
    # Weights, gradients and two moments in float32: 4 + 4 + 8. Rajbhandari et al. 2019,
    # arXiv:1910.02054, section 3.1, have 16 as well, with halves: 2 + 2 + 12.
    network = model(SPEC)
    with weightless(torch.device("cpu")):
        shape = OpinionModel.from_config(network.config())
    data = prepared(False)
    steps = [[list(range(len(data.examples)))]]
    needs = measure_requirements(recipe(), TrainingInputs(shape, pieces(), data), steps)
    held = needs.memory.weights + needs.memory.gradients + needs.memory.optimiser
    buffers = bytes_of(network.buffers())
    assert (held - buffers) / numbers(network) == pytest.approx(16, rel=0.01)


@pytest.mark.slow
def test_operations_are_those_of_the_formula() -> None:
    """Layers as wide as those of the 7B decoder, two of them."""
    layers = 2
    shape = LLAMA | {"num_hidden_layers": layers}
    full, lora = steps(shape, {"kind": "full"}), steps(shape, {"kind": "lora", "rank": 8})
    texts, tokens = full.largest
    # 6 N + 12 L H Q T a token, without embeddings: Chowdhery et al. 2022, arXiv:2204.02311,
    # appendix B
    once = 4096 * 4096  # a head that reads one state a text
    matrices = full.parameters.all - OUTPUT - once
    formula = texts * tokens * (6 * matrices + 12 * layers * 4096 * tokens)
    assert full.flops.sum() == pytest.approx(formula, rel=0.005)
    # Matrices that stay need no gradients of their own: 4 N in place of 6 N.
    assert lora.flops.sum() / full.flops.sum() == pytest.approx(4 / 6, rel=0.1)
