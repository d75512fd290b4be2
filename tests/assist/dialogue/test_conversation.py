"""Short messages mean what the dialogue before them says; 130 dialogues were written for this."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from guandian.assist.dialogue.conversation import Conversation

FILE = Path(__file__).parent / "dialogues.jsonl"
DIALOGUES = [json.loads(line) for line in FILE.read_text("utf-8").splitlines()]


def right(resolved: str, turn: dict[str, Any]) -> bool:
    text = resolved.lower()
    there = all(word.lower() in text for word in turn["has"])
    return there and not any(word.lower() in text for word in turn.get("lacks", ()))


def test_there_are_a_hundred_dialogues_and_more() -> None:
    assert len(DIALOGUES) >= 100
    assert {entry["language"] for entry in DIALOGUES} == {"zh", "en"}


@pytest.mark.parametrize("entry", DIALOGUES, ids=lambda entry: str(entry["id"]))
def test_topic_and_details_are_carried(entry: dict[str, Any]) -> None:
    conversation = Conversation()
    for turn in entry["turns"]:
        resolved = conversation.resolve(turn["say"])
        conversation.remember(turn["say"], resolved)
        assert "has" not in turn or right(resolved, turn), resolved


def test_messages_alone_do_not_suffice() -> None:
    """The control: without the dialogue nearly none of the follow-ups says what it is about."""
    turns = [turn for entry in DIALOGUES for turn in entry["turns"] if "has" in turn]
    alone = sum(right(turn["say"], turn) for turn in turns)
    assert len(turns) > 150 and alone < 0.1 * len(turns)


def test_the_last_question_alone_does_not_suffice() -> None:
    """A second control: message and last question put together keep what was taken back."""
    wrong = total = 0
    for entry in DIALOGUES:
        for before, turn in zip(entry["turns"], entry["turns"][1:], strict=False):
            total += 1
            wrong += not right(before["say"] + turn["say"], turn)
    assert wrong > 0.4 * total


@pytest.mark.parametrize(
    "words",
    [
        "好的",
        "谢谢",
        "再见",
        "嗯嗯知道了",
        "好的，谢谢您！",
        "ok thanks",
        "Thank you so much, bye",
        "没事了",
    ],
)
def test_closing_words_are_no_question(words: str) -> None:
    conversation = Conversation()
    conversation.remember("黑色羽绒服有货吗", "黑色羽绒服有货吗", "有的")
    assert conversation.resolve(words) == words
    conversation.remember(words, words)
    assert conversation.resolve("那蓝色的呢？") == "蓝色羽绒服有货吗"


def test_a_long_row_of_closing_words_takes_no_time() -> None:
    conversation = Conversation()
    conversation.remember("黑色羽绒服有货吗", "黑色羽绒服有货吗")
    assert len(conversation.resolve("好" * 59 + "蓝")) >= 60


def test_slots_and_topic() -> None:
    conversation = Conversation()
    conversation.remember("红色连衣裙M码还有吗", "红色连衣裙M码还有吗", "有的")
    assert conversation.topic == "连衣裙"
    assert conversation.slots == {"colour": "红色", "size": "M码"}
    conversation.remember("那蓝色的呢", conversation.resolve("那蓝色的呢"))
    assert conversation.slots["colour"] == "蓝色"
    assert conversation.turns[:2] == (("customer", "红色连衣裙M码还有吗"), ("shop", "有的"))


def test_a_first_message_stays_as_it_is() -> None:
    assert Conversation().resolve("那蓝色的呢？") == "那蓝色的呢？"


@pytest.mark.parametrize(
    "message",
    [
        "",
        " ",
        "？？？",
        "😀",
        "呢",
        "那呢？",
        "a" * 100_000,
        "那" * 300 + "呢",
        "\ud800呢",
        "and ?",
    ],
)
def test_odd_messages_are_survived(message: str) -> None:
    conversation = Conversation()
    conversation.remember("蓝牙耳机支持苹果手机吗", "蓝牙耳机支持苹果手机吗")
    resolved = conversation.resolve(message)
    conversation.remember(message, resolved)
    assert len(resolved) <= max(len(message), 400)
    assert len(conversation.turns) == 2


def test_only_the_last_turns_are_kept() -> None:
    conversation = Conversation()
    for number in range(50):
        conversation.remember(f"问题{number}", f"问题{number}", "答")
    assert len(conversation.turns) == 20
