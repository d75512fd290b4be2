"""A random BERT that learns in seconds, with a tokenizer of the words of our own reviews."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from guandian.data import read
from guandian.domain import Labelled
from guandian.modeling.encoders.pretrained import build_encoder
from guandian.modeling.model import OpinionModel
from guandian.tasks.head_spec import HeadSpec
from guandian.text.pieces import Pieces

FILE = Path(__file__).parent / "data_files" / "quads_labelled.jsonl"
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
DECODER = {"num_key_value_heads": 4, "head_dim": 8}  # where the family has them


@cache
def reviews() -> tuple[Labelled, ...]:
    """The 60 reviews that were labelled for this project."""
    return tuple(read("guandian", FILE))


def tokenizer() -> Tokenizer:
    texts = "\n".join(review.text for review in reviews())
    names = sorted({*texts} - {*" \n"} | set(re.findall(r"[A-Za-z]+", texts)))
    built = Tokenizer(WordLevel({name: k for k, name in enumerate((*SPECIAL, *names))}, "<unk>"))
    built.pre_tokenizer = Whitespace()
    return built


def pieces() -> Pieces:
    return Pieces(tokenizer())


def config(width: int = 32) -> dict[str, Any]:
    return {
        "model_type": "bert",
        "vocab_size": tokenizer().get_vocab_size(),
        "hidden_size": width,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 2 * width,
        "max_position_embeddings": 512,
        "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
        "pad_token_id": 1,
    }


def model(spec: HeadSpec, seed: int = 1) -> OpinionModel:
    torch.manual_seed(seed)
    return OpinionModel(build_encoder(config()), spec)


def write_base(folder: Path, family: str = "bert") -> Path:
    """Write encoder and tokenizer as a base that recipes can name."""
    folder.mkdir(parents=True, exist_ok=True)
    files, drawn = _base_files(family)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    torch.set_rng_state(drawn)
    return folder


@cache
def _base_files(family: str) -> tuple[dict[str, bytes], torch.Tensor]:
    """The files of a base, made once a process, and torch's random state behind that."""
    torch.manual_seed(1)
    encoder: Any = build_encoder(config() | {"model_type": family} | DECODER)
    with TemporaryDirectory() as folder:
        encoder.save_pretrained(folder)
        tokenizer().save(str(Path(folder) / "tokenizer.json"))
        files = {path.name: path.read_bytes() for path in Path(folder).iterdir()}
    return files, torch.get_rng_state()
