"""A message is masked first, then read; what cannot be read is told, and long ones harm nobody."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.assist.understanding.trained_shop import EXAMPLES, HELD_OUT, miner, quick_intents

from guandian.assist.understanding import Understander
from guandian.assist.understanding.intents.examples import read_labelled
from guandian.assist.understanding.intents.text_encoder import Subwords
from guandian.assist.understanding.readability import unreadable
from guandian.assist.understanding.understander import READ
from guandian.assist.understanding.urgency import urgency
from guandian.bundle import Bundle, shipped
from guandian.domain import Language, Polarity, Sentiment
from guandian.privacy import Masking

ABSTAINING = Path(__file__).with_name("abstaining.txt").read_text("utf-8").split("\n")[:-1]


def understander() -> Understander:
    return Understander(miner(), quick_intents())


def pieces() -> Callable[[str], int]:
    return Subwords.read(Bundle.open(shipped()).tokenizer, "").pieces


def test_masked_first_and_every_span_points_into_the_masked_text() -> None:
    raw = "😀订单号 20261130123456789 的蓝色外套两件还没到，电话13812345678，退我50元！"
    told = understander().understand(raw)
    assert "13812345678" not in told.masked and "20261130123456789" not in told.masked
    assert "13812345678" not in json.dumps(told.as_json(), ensure_ascii=False)
    assert told.language == Language.CHINESE
    slots = {slot.name: slot.value for slot in told.slots}
    assert slots == {
        "order": "[订单号]",
        "colour": "蓝色",
        "quantity": "两件",
        "mobile": "[手机号]",
        "amount": "50元",
    }
    spans = [slot.span for slot in told.slots]
    assert spans == sorted(spans)
    assert all(slot.span.of(told.masked) == slot.value for slot in told.slots)
    assert told.opinions and all(o.evidence.end <= len(told.masked) for o in told.opinions)
    assert told.slot("order") == told.slots[0] and told.slot("size") is None
    signs = {sign.name for sign in told.urgency.signs}
    assert "again" in signs and 0.3 < told.urgency.level <= 1


def test_english_details() -> None:
    told = Understander(miner()).understand(
        "My blue XL jacket from 11/30 arrived torn, refund me $30.50 today, size 42 and two boxes"
    )
    slots = {(slot.name, slot.value) for slot in told.slots}
    wanted = {("colour", "blue"), ("size", "XL"), ("date", "11/30"), ("amount", "$30.50")}
    assert wanted | {("date", "today"), ("size", "size 42"), ("quantity", "two boxes")} <= slots
    assert told.intent is None and told.candidates == ()


def test_answers_do_not_depend_on_the_others() -> None:
    reader = understander()
    rows = [row.text for row in read_labelled(HELD_OUT)][:12]
    together = reader.understand_many(rows)
    alone = [reader.understand(row) for row in rows]
    assert [t.as_json() for t in together] == [t.as_json() for t in alone]


def test_probabilities_are_ones_and_the_trained_are_known() -> None:
    reader = understander()
    rows = read_labelled(EXAMPLES)
    told = reader.understand_many([row.text for row in rows])
    right = 0
    for row, answer in zip(rows, told, strict=True):
        assert answer.intent is not None
        assert answer.candidates[0] == (answer.intent.name, answer.intent.confidence)
        assert 0 < sum(p for _, p in answer.candidates) <= 1.0001
        right += answer.intent.name == row.intent
    assert right > 0.8 * len(rows)


def test_a_hundred_messages_that_say_nothing_are_not_read() -> None:
    assert len(set(ABSTAINING)) == 100
    known = pieces()
    read = [text for text in ABSTAINING if not unreadable(text, known)]
    assert read == ["blorp snarf wibble"]  # could be said; that it is far from all, the head tells
    for text in ("", "   ", "\n\t", "[订单号]", "[phone] [order]"):
        assert unreadable(text, known) == "nothing to read"


def test_what_people_write_to_a_shop_is_read() -> None:
    known = pieces()
    rows = [row.text for row in (*read_labelled(EXAMPLES), *read_labelled(HELD_OUT))]
    rows += [
        "refund pls",
        "wher is my ordr",
        "thx",
        "退货",
        "ok",
        "iPhone 15 Pro Max 多少钱",
        "在吗",
    ]
    assert [row for row in rows if unreadable(row, known)] == []


def test_out_of_scope_says_why() -> None:
    reader = understander()
    for text, why in (("😀", "nothing to read"), ("где мой заказ", "another language")):
        told = reader.understand(text)
        assert told.intent is not None and not told.intent.in_scope and told.intent.why == why


@pytest.mark.parametrize(
    "text",
    ["退货" * 50_000, "a" * 100_000, "😀" * 100_000, "13812345678 " * 8000, "快！" * 50_000,
     "[[[[" * 25_000, "第" * 100_000, "today " * 16_000],
    ids=lambda text: text[:6],
)  # fmt: skip
def test_a_message_of_a_hundred_thousand_characters_is_cut_and_told(text: str) -> None:
    began = time.process_time()
    told = understander().understand(text)
    assert time.process_time() - began < 20
    assert "13812345678" not in told.masked
    assert any(str(READ) in note for note in told.notes)
    assert all(slot.span.end <= READ for slot in told.slots) and len(told.slots) <= 50


@pytest.mark.parametrize("text", ["", " ", "\x00", "\ud800", "\u202e退货", "[订单号]", "</script>"])
def test_hostile_messages_are_inert(text: str) -> None:
    told = understander().understand(text)
    json.dumps(told.as_json())
    assert 0 <= told.urgency.level <= 1


@pytest.mark.parametrize(
    ("text", "name", "there"),
    [
        ("用了过敏", "danger", True),
        ("没有过敏，放心用", "danger", False),
        ("不会漏电", "danger", False),
        ("it did not explode, without any smoke", "danger", False),
        ("我要打12315", "threat", True),
        ("找工商局去", "threat", True),
        ("不退就上网曝光", "threat", True),
        ("用工商银行卡付款", "threat", False),
        ("相机曝光怎么调", "threat", False),
        ("马上给我退款", "deadline", True),
        ("马上要用了还没发", "deadline", True),
        ("马上就收到了", "deadline", False),
        ("refund me $30 today", "deadline", True),
        ("I ordered it and need it today", "deadline", True),
        ("it has not arrived today", "deadline", True),
        ("It arrived today, love it", "deadline", False),
        ("第二次问了", "again", True),
        ("第二次购买了，很喜欢", "again", False),
        ("the second time I ask", "again", True),
        ("second time I bought it, great", "again", False),
    ],
)
def test_signs_of_urgency_are_told_from_words_like_them(
    text: str, name: str, *, there: bool
) -> None:
    assert (name in {sign.name for sign in urgency(text).signs}) == there


def test_urgency_rises_with_each_sign_and_heeds_denials() -> None:
    calm, late = urgency("这个锅可以用在电磁炉上吗"), urgency("已经是第三次催了，还没收到")
    danger = urgency("充电器冒烟起火了，我要投诉，马上处理！！")
    assert calm.level == 0 < late.level < danger.level < 1
    assert danger.signs[0].name == "danger"
    assert danger.signs[0].span is not None
    assert urgency("不用马上处理").level == 0
    assert urgency("the charger caught fire and I called my lawyer").level > 0.9
    unhappy = Sentiment(Polarity.NEGATIVE, 0.9, 0.05, 0.05)
    assert urgency("好", unhappy).signs[0].name == "unhappy"


def test_masking_may_keep_the_last_four_and_may_be_off() -> None:
    text = "订单号 20261130123456789"
    last = Understander(miner(), masking=Masking("last4")).understand(text)
    assert last.masked.endswith("6789]") and last.slots[0].value == "[订单号6789]"
    off = Understander(miner(), masking=Masking("off")).understand(text)
    assert off.masked == text and off.slots == ()


def test_figures_and_guesses_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    from guandian.cli.tables.assist_tables import show_intent_scores, show_understanding
    from guandian.pipelines.intents.evaluation import evaluate_intents

    rows = read_labelled(HELD_OUT)
    texts, gold = [row.text for row in rows], [row.intent for row in rows]
    scores = evaluate_intents(quick_intents(), [*texts, "x"], [*gold, "never"], ["今天天气"])
    show_intent_scores(scores)
    lines = capsys.readouterr().out.splitlines()
    assert f"{scores.accuracy.value:.1%}" in lines[0] and "n=48" in lines[0]
    assert scores.out_of_scope is not None and lines[-1].endswith(": 1")
    assert any(f"{scores.out_of_scope.auroc:.3f}" in line for line in lines)
    for understanding in understander().understand_many([texts[0], "😀"]):
        show_understanding(understanding)
    shown = capsys.readouterr().out
    assert "无法读取" in shown or "nothing to read" in shown
