"""A small BERT with the heads of the product, untrained and always the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from guandian.modeling.encoders.pretrained import build_encoder
from guandian.modeling.model import OpinionModel
from guandian.tasks.head_spec import HeadSpec

VOCABULARY = 2000
SPEC = HeadSpec(("sound", "price", "taste"), ("aspect", "expression", "brand"))
CONFIG: dict[str, Any] = {
    "model_type": "bert",
    "vocab_size": VOCABULARY,
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 1024,
    "max_position_embeddings": 128,
}


def tiny_model(factor: float = 1.0) -> OpinionModel:
    """The model, or another of its structure: with all weights times a factor."""
    torch.manual_seed(7)
    model = OpinionModel(build_encoder(CONFIG), SPEC).eval()
    with torch.no_grad():  # fresh weights are so small that every answer would look alike
        for weight in model.parameters():
            weight.add_(torch.randn_like(weight), alpha=0.1).mul_(factor)
    return model


def some_ids(batch: int, length: int, seed: int = 0) -> NDArray[np.int64]:
    return np.random.default_rng(seed).integers(5, VOCABULARY, (batch, length))


def answers(model: OpinionModel, ids: NDArray[np.int64]) -> dict[str, NDArray[np.float32]]:
    with torch.inference_mode():
        return {name: tensor.numpy() for name, tensor in model(torch.from_numpy(ids)).items()}
