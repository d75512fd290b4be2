"""What a shop's files do not tell goes to a person: measured on shops written before the signs."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from guandian.assist.answers.answerer import Answerer
from guandian.assist.answers.knowledge import Knowledge
from guandian.assist.answers.passages import Kind, Passage
from guandian.assist.answers.refusing.met_words import met
from guandian.assist.answers.refusing.other_things import about_this, of_another
from guandian.assist.answers.retriever import Retriever

HERE = Path(__file__).parent


def passage(question: str, text: str, kind: Kind = "faq") -> Passage:
    return Passage("f:1", "f", 1, kind, question, text)


@pytest.mark.parametrize(
    ("shop", "files", "refused", "wrongly"),
    [
        ("shop_exam", ["faq.csv", "manual.md"], 0.02, 0.05),
        ("second_shop", ["faq.csv"], 0.09, 0.04),
    ],
)
def test_questions_about_known_things_that_nothing_answers(
    shop: str, files: list[str], refused: float, wrongly: float
) -> None:
    """Figures of `bench/assist_refusal.py`: by words alone most of these are still answered."""
    answerer = Answerer(Retriever(Knowledge.read([HERE / shop / file for file in files])))
    with (HERE / shop / "asked.csv").open(encoding="utf-8") as lines:
        rows = [(row["question"], row["answer"]) for row in csv.DictReader(lines)]
    abstained = {there: [answerer.answer(question).abstained
                         for question, answer in rows if bool(answer) == there]
                 for there in (True, False)}  # fmt: skip
    assert sum(abstained[False]) / len(abstained[False]) >= refused
    assert sum(abstained[True]) / len(abstained[True]) <= wrongly


@pytest.mark.parametrize(
    "beside", ["我的电话 13812345678", "急用，电话 13812345678", "我是上周在你们店里买的"]
)
def test_what_a_message_says_beside_its_question_does_not_refuse_it(beside: str) -> None:
    warranty = passage("电池保修多久？", "电池保修 12 个月。")
    shop = Knowledge.of([warranty, passage("多久发货？", "付款后 48 小时内发货。")])
    answer = Answerer(Retriever(shop)).answer(f"你好，请问电池保修多久？{beside}")
    assert [sentence.text for sentence in answer.sentences] == ["电池保修 12 个月。"]


def test_words_are_met_whole_or_in_part() -> None:
    entry = passage("羽绒服怎么洗？", "请用冷水手洗，We deliver to Europe.")
    assert met({"羽绒服": 1.0}, entry) == 1.0
    assert met({"水洗": 1.0}, entry) == pytest.approx(0.7)
    assert met({"机洗": 1.0}, entry) == pytest.approx(0.35)
    assert met({"delivery": 1.0, "paid": 1.0}, entry) == pytest.approx(0.35)
    assert met({"羽绒服": 3.0, "面料": 1.0}, entry) == pytest.approx(0.75)
    assert met({}, entry) == 0.0


def test_an_entry_on_another_thing_is_none_for_this() -> None:
    blue = passage("蓝色羽绒服有货吗", "蓝色羽绒服有M码现货。😀")
    assert of_another("红色羽绒服有货吗", blue) and not of_another("羽绒服蓝色有吗", blue)
    assert not of_another("羽绒服有货吗", blue)
    paid = passage("支持哪些付款方式", "支持微信、支付宝和银行卡。")
    assert not of_another("可以用花呗付款吗", paid)  # a list answers by what it lacks
    canada = passage("Do you ship to Canada?", "We ship to Canada for 15 dollars.")
    assert of_another("do you ship to Brazil", canada)
    assert not of_another("满100包邮吗", passage("满多少包邮", "满99元包邮。"))
    assert not of_another("红色的怎么洗", passage("清洗", "蓝色按键启动清洗。", "manual"))


def test_the_other_one_is_neither_quoted_nor_counted() -> None:
    shop = Knowledge(
        (
            passage("蓝色羽绒服有货吗？", "蓝色羽绒服有M码现货。"),
            Passage("f:2", "f", 2, "faq", "多久发货？", "48小时内发货。"),
        )
    )
    retriever = Retriever(shop)
    answer = Answerer(retriever).answer("红色羽绒服有货吗")
    assert answer.abstained and answer.why == "nothing near enough"
    assert all(source.passage.id != "f:1" for source in answer.sources)
    signals, hits = about_this(
        "红色羽绒服有货吗", retriever, retriever.signals("红色羽绒服有货吗"), 5
    )
    assert signals.words[0] == signals.pairs[0] == 0 and hits == []
    assert "现货" in Answerer(retriever).answer("蓝色的羽绒服还有货吗").text
