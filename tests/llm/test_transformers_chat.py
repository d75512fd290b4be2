"""A model in a folder, in this process: what a schema forbids it cannot say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from guandian.errors import GuandianError
from guandian.llm.extraction.answer_reading import read_answer
from guandian.llm.extraction.answer_schema import answer_schema
from guandian.llm.extraction.prompts import question
from guandian.llm.transformers_chat import TransformersChat

pytestmark = pytest.mark.slow
TEMPLATE = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}assistant:"
NAMES = {"performance": ("性能", "Performance"), "price": ("价格", "Price")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny decoder that has learned nothing."""
    torch = pytest.importorskip("torch")
    import transformers
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=300, special_tokens=["<eos>"], initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(["屏幕很清晰"], trainer)
    folder = tmp_path_factory.mktemp("decoder")
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="<eos>", chat_template=TEMPLATE
    ).save_pretrained(folder)
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=len(tokenizer.get_vocab()), hidden_size=32, intermediate_size=32,
        num_hidden_layers=1, num_attention_heads=2, max_position_embeddings=4096,
        bos_token_id=0, eos_token_id=0,
    )  # fmt: skip
    transformers.LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def test_random_weights_answer_in_the_closed_form(folder: Path) -> None:
    from guandian.chat import ChatRequest

    chat = TransformersChat(folder, "tiny", 1)
    asked = question("屏幕很清晰", NAMES, chinese=True)
    request = ChatRequest(asked, answer_schema(tuple(NAMES)), max_tokens=60, temperature=0.0)
    answer = chat.complete(request)
    assert answer.answer_tokens <= 60
    assert answer.text.lstrip().startswith("{")
    free = chat.complete(ChatRequest(asked, max_tokens=30, temperature=0.0))
    assert not free.text.lstrip().startswith('{"opinions"')
    assert free.cut
    read = read_answer(answer.text, {name: name for name in NAMES})
    assert answer.cut or json.loads(answer.text)["opinions"] == [] or read.opinions
    assert answer == chat.complete(request)


def test_what_it_cannot_read_at_once_is_refused(folder: Path) -> None:
    from guandian.chat import ChatRequest, Message

    with pytest.raises(GuandianError, match="reads 4,096 tokens"):
        TransformersChat(folder, "tiny", 1).complete(
            ChatRequest((Message("user", "x" * 5000),), max_tokens=100)
        )


def test_a_folder_without_a_model_is_told(tmp_path: Path) -> None:
    with pytest.raises(GuandianError, match="holds no language model"):
        TransformersChat(tmp_path, "none", 1)
