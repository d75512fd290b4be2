from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from tests.tiny_base import model, pieces, tokenizer
from transformers import MarianConfig, MarianMTModel, PreTrainedTokenizerFast

from guandian.errors import GuandianError
from guandian.modeling.encoders.word_embeddings import word_vectors
from guandian.modeling.translation_models import TransformersTranslator
from guandian.pipelines import open_translator
from guandian.tasks.head_spec import HeadSpec


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random Marian model with the words of our own reviews."""
    place = tmp_path_factory.mktemp("marian")
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer(), pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
    )
    torch.manual_seed(1)
    config = MarianConfig(
        vocab_size=len(fast), d_model=16, encoder_layers=1, decoder_layers=1,
        encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=16,
        decoder_ffn_dim=16, max_position_embeddings=24, pad_token_id=1, eos_token_id=2,
        decoder_start_token_id=1, forced_eos_token_id=2,
    )  # fmt: skip
    MarianMTModel(config).save_pretrained(place)
    fast.save_pretrained(place)
    return place


def test_a_marian_model_answers_each_text_by_its_seed(folder: Path) -> None:
    texts = ["屏幕很清晰😀", "好 " * 40, "电池"]
    translators = [open_translator([f"zh-en={folder}"], seed) for seed in (1, 1, 2)]
    before = torch.random.get_rng_state()
    said = [translator.translate(texts, "zh", "en") for translator in translators]
    assert torch.equal(before, torch.random.get_rng_state())
    assert said[0] == said[1] != said[2]
    assert [bool(one) for one in said[0]] == [True, False, True]  # the second is too long
    again = translators[0].translate(texts, "zh", "en")
    assert said[0] != again == translators[1].translate(texts, "zh", "en")
    assert translators[0].translate([], "zh", "en") == []


def test_what_is_not_there_is_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(GuandianError, match=r"from en to zh\n.*en-zh=FOLDER; named: zh-en"):
        TransformersTranslator({"zh-en": str(folder)}).translate(["a"], "en", "zh")
    with pytest.raises(GuandianError, match="no translator in"):
        TransformersTranslator({"zh-en": str(tmp_path)})
    for wrong in (str(folder), "zh-fr=x", "zh-en="):
        with pytest.raises(GuandianError, match=r"no direction with a folder\n.*zh-en=FOLDER"):
            open_translator([wrong])


def test_words_have_the_mean_embedding_of_their_pieces() -> None:
    net = model(HeadSpec(("screen",)))
    found = word_vectors(net, pieces(), ["屏幕", "屏", "幕", "  "])
    assert found.shape == (4, 32)
    np.testing.assert_allclose(found[0], (found[1] + found[2]) / 2, atol=1e-6)
    assert not found[3].any()
