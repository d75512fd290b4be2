"""Intents of a shop, trained to a tiny encoder once for all tests."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tests.tiny_base import SPECIAL, config
from tokenizers import Regex, Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Sequence, Split, Whitespace

from guandian.assets import assets
from guandian.assist.understanding.intents.examples import read_examples
from guandian.assist.understanding.intents.intent_folder import IntentModel
from guandian.assist.understanding.intents.text_encoder import MessageEncoder, Subwords
from guandian.cli.main import COMMANDS, load_command
from guandian.mining.miner import Miner
from guandian.modeling.encoders.pretrained import build_encoder
from guandian.pipelines.intents.base_encoder import PREFIX, open_base
from guandian.pipelines.intents.head_fitting import fit_head
from guandian.pipelines.miners import open_miner

EXAMPLES = assets() / "examples" / "intents.csv"
HELD_OUT = Path(__file__).with_name("held_out_intents.csv")
_HAN = "[\u4e00-\u9fff]"


def _tokenizer() -> Tokenizer:
    """Words of Latin letters and Han characters, each a token."""
    texts = (EXAMPLES.read_text("utf-8") + HELD_OUT.read_text("utf-8")).lower()
    names = sorted(set(re.findall(rf"{_HAN}|[a-z']+", texts)))
    marked = [f"▁{name}" for name in names]  # what tells that a word is known whole
    vocabulary = {name: k for k, name in enumerate((*SPECIAL, *names, *marked))}
    built = Tokenizer(WordLevel(vocabulary, "<unk>"))
    built.pre_tokenizer = Sequence([Whitespace(), Split(Regex(_HAN), "isolated")])
    return built


@cache
def tiny_base() -> Path:
    """A random BERT whose states say which words stand in a text, more than where."""
    folder = Path(mkdtemp(prefix="guandian-tiny-")) / "tiny"
    tokenizer = _tokenizer()
    torch.manual_seed(1)
    encoder: Any = build_encoder(config(64) | {"vocab_size": tokenizer.get_vocab_size()})
    with torch.no_grad():
        encoder.embeddings.word_embeddings.weight *= 50
    encoder.save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


@cache
def trained() -> Path:
    """The folder that the command writes."""
    folder = Path(mkdtemp(prefix="guandian-intents-")) / "intents"
    base = ["--base", str(tiny_base()), "--epochs", "3"]
    words = ["train", "--intents", str(EXAMPLES), "-o", str(folder), *base]
    load_command("assist", COMMANDS["assist"]).main(words, standalone_mode=False)
    return folder


@cache
def quick_intents() -> IntentModel:
    """Intents over the tiny encoder as it is, which is not exported."""
    base = open_base(str(tiny_base()), Path())
    rows = read_examples([EXAMPLES])
    tokens = Subwords.read(base.tokenizer, PREFIX)

    def run(ids: NDArray[np.int64]) -> NDArray[np.float32]:
        with torch.inference_mode():
            means: NDArray[np.float32] = base.model(torch.from_numpy(ids))["means"].numpy()
        return means

    encoder = MessageEncoder(run, tokens)
    fitted = fit_head(encoder.vectors(rows.texts), rows.intents, np.zeros((0, 0)))
    return IntentModel(encoder, fitted.head, "quick", {})


@cache
def miner() -> Miner:
    return open_miner(threads=1)
