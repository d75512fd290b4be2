"""A model in a folder, in this process: what a schema forbids it cannot say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.tiny_decoder import write_tiny_decoder

from guandian.errors import GuandianError
from guandian.llm.extraction.answer_reading import read_answer
from guandian.llm.extraction.answer_schema import answer_schema
from guandian.llm.extraction.prompts import question
from guandian.llm.transformers_chat import TransformersChat

pytestmark = pytest.mark.slow
NAMES = {"performance": ("性能", "Performance"), "price": ("价格", "Price")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny decoder that has learned nothing."""
    pytest.importorskip("torch")
    return write_tiny_decoder(tmp_path_factory.mktemp("tiny") / "decoder", ["屏幕很清晰"])


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


def test_instructions_that_were_read_before_change_no_answer(folder: Path) -> None:
    from guandian.chat import ChatRequest

    def requests() -> list[ChatRequest]:
        texts = ("屏幕很清晰", "屏幕很暗", "The screen is sharp", "屏幕很清晰", "屏幕")
        return [
            ChatRequest(question(text, NAMES, chinese="屏" in text), max_tokens=20, temperature=0.0)
            for text in texts
        ]

    chat = TransformersChat(folder, "tiny", 1)
    again = [chat.complete(request) for request in requests()]
    assert again == [TransformersChat(folder, "tiny", 1).complete(r) for r in requests()]
    assert len({answer.text for answer in again}) > 1


def test_what_it_cannot_read_at_once_is_refused(folder: Path) -> None:
    from guandian.chat import ChatRequest, Message

    with pytest.raises(GuandianError, match="reads 4,096 tokens"):
        TransformersChat(folder, "tiny", 1).complete(
            ChatRequest((Message("user", "x" * 5000),), max_tokens=100)
        )


def test_a_folder_without_a_model_is_told(tmp_path: Path) -> None:
    with pytest.raises(GuandianError, match="holds no language model"):
        TransformersChat(tmp_path, "none", 1)
