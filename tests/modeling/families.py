"""Tiny models of every family under the same heads."""

from __future__ import annotations

from typing import Any

import torch
from tests.tiny_base import pieces
from tests.training.fixtures import SPEC

from guandian.modeling.encoders.attention import chosen
from guandian.modeling.encoders.pretrained import (
    build_encoder,
)
from guandian.modeling.model import OpinionModel

SPECIAL = {"bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2}
BERT = SPECIAL | {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "max_position_embeddings": 520,
}
LLAMA = BERT | {"num_key_value_heads": 1, "head_dim": 16}
FAMILIES: dict[str, dict[str, Any]] = {
    "bert": BERT,
    "roberta": BERT,
    "xlm-roberta": BERT,
    "ernie": BERT,
    "electra": BERT | {"embedding_size": 16},
    "deberta-v2": BERT
    | {"relative_attention": True, "position_buckets": 8, "pos_att_type": ["p2c", "c2p"]},
    "modernbert": BERT | {"cls_token_id": 0, "sep_token_id": 2},
    "gpt2": SPECIAL | {"n_embd": 32, "n_layer": 2, "n_head": 2},
    "qwen2": LLAMA,
    "qwen3": LLAMA,
    "llama": LLAMA,
    "gemma2": LLAMA,
    "gemma3_text": LLAMA,
}


def model(name: str, asked: Any = "auto") -> OpinionModel:
    torch.manual_seed(1)
    settings = FAMILIES[name] | {"model_type": name, "vocab_size": pieces().vocab_size}
    encoder = build_encoder(settings)
    return OpinionModel(encoder, SPEC, chosen(encoder.config, asked))
