"""Answers read as far as they can be, and quotes that stand in the text or nowhere."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guandian.domain import Labelled, Polarity, Quad, Span
from guandian.llm.extraction.answer_reading import read_answer
from guandian.llm.extraction.quoted_places import QuotedText, parts_of
from guandian.llm.extraction.similar_examples import SimilarExamples

CATEGORIES = {"performance": "performance", "性能": "performance", "logistics": "logistics"}
GOOD = {"aspect": "屏幕", "expression": "很清晰", "category": "性能", "polarity": "positive"}
BAD = {"aspect": None, "expression": "太慢", "category": "logistics", "polarity": "负面"}
ANSWER = {"opinions": [GOOD, BAD], "sentiment": "neutral"}
TEXT = json.dumps(ANSWER, ensure_ascii=False)


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        json.dumps(ANSWER),
        f"好的，结果如下：\n```json\n{TEXT}\n```\n希望有帮助！",
        json.dumps(TEXT),
        TEXT.replace(":", "：").replace(", ", "，"),
        TEXT.replace('"', "“"),
        f"答案 {TEXT}",
        f'<think>先想想 {{"opinions": []}}</think>\n{TEXT}',
        f"我想 {{如此}} 为：{TEXT}",
    ],
)
def test_every_dress_of_an_answer_is_read(text: str) -> None:
    answer = read_answer(text, CATEGORIES)
    assert [(o.aspect, o.expression, o.category, o.polarity) for o in answer.opinions] == [
        ("屏幕", "很清晰", "performance", Polarity.POSITIVE),
        (None, "太慢", "logistics", Polarity.NEGATIVE),
    ]
    assert (answer.sentiment, answer.malformed, answer.fault) == (Polarity.NEUTRAL, 0, "")


def test_a_cut_answer_keeps_its_whole_opinions() -> None:
    answer = read_answer(TEXT[: TEXT.index("太慢")], CATEGORIES)
    assert (len(answer.opinions), answer.malformed, answer.fault) == (1, 1, "cut")


@pytest.mark.parametrize("text", ["", "没有观点", "null", "[1", "{}", '{"answer": 1}', "[" * 9999])
def test_what_cannot_be_read_is_said(text: str) -> None:
    assert read_answer(text, CATEGORIES).fault == "unreadable"


@pytest.mark.parametrize(
    "row",
    [
        {**GOOD, "category": "怪"},
        {**GOOD, "polarity": "great"},
        {**GOOD, "aspect": ["屏幕"]},
        "屏幕很清晰",
        {},
    ],
)
def test_an_opinion_in_another_form_is_counted_and_dropped(row: object) -> None:
    text = json.dumps({"opinions": [row, BAD], "sentiment": "?"}, ensure_ascii=False)
    answer = read_answer(text, CATEGORIES)
    assert (len(answer.opinions), answer.malformed, answer.sentiment) == (1, 1, None)


def test_a_key_that_stands_twice_says_nothing() -> None:
    doubled = json.dumps(GOOD, ensure_ascii=False).replace("{", '{"aspect": "电池", ')
    whole = f'{{"opinions": [{doubled}, {json.dumps(BAD)}], "sentiment": "negative"}}'
    answer = read_answer(whole, CATEGORIES)
    assert ([o.expression for o in answer.opinions], answer.malformed) == (["太慢"], 1)
    assert answer.sentiment is Polarity.NEGATIVE


def placed(text: str, *quotes: tuple[str | None, str | None]) -> list[object]:
    source = QuotedText(text)
    return [
        spans and tuple(span and span.of(text) + f"@{span.start}" for span in spans)
        for spans in (source.place(*pair) for pair in quotes)
    ]


def test_of_words_that_stand_twice_those_in_one_clause_belong_together() -> None:
    text = "屏幕好，声音好，电池也好，屏幕还大"
    assert placed(text, ("声音", "好"), ("电池", "好"), ("屏幕", "大"), (None, "好")) == [
        ("声音@4", "好@6"),
        ("电池@8", "好@11"),
        ("屏幕@13", "大@16"),
        (None, "好@2"),
    ]


def test_equal_opinions_take_one_place_after_the_other() -> None:
    assert placed("真好，真好，真好", *[(None, "真好")] * 3) == [
        (None, "真好@0"),
        (None, "真好@3"),
        (None, "真好@6"),
    ]


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("屏幕很清晰", "屏幕非常清晰"),  # reworded
        ("屏幕很清晰", "屏幕很清晰的手机"),  # two characters of a longer quote are no proof
        ("a good book", "ok"),
        ("costs 1200", "12"),
        ("屏幕很清晰", "……"),
    ],
)
def test_what_does_not_stand_there_has_no_place(text: str, quote: str) -> None:
    assert placed(text, (None, quote)) == [None]
    assert placed(text, (quote, text)) == [None]


def test_case_width_blanks_and_marks_around_a_quote_are_forgiven() -> None:
    text = "The  Screen 是ＯＬＥＤ😀，good"
    assert placed(text, ("the screen", None), ("oled", "Good。"), ("“Good”", None)) == [
        ("The  Screen@0", None),
        ("ＯＬＥＤ@13", "good@19"),
        ("good@19", None),
    ]


@settings(max_examples=40)
@given(st.text(st.sampled_from("屏幕好坏，。a b😀"), max_size=60), st.integers(1, 20))
def test_parts_cover_a_text_in_order_and_are_within_bounds(text: str, most: int) -> None:
    parts = list(parts_of(text, most))
    assert "".join(part.of(text) for part in parts) == text
    assert all(part.end - part.start <= most for part in parts)
    assert all(left.end == right.start for left, right in pairwise(parts))


def test_the_likest_example_stands_last_and_a_text_is_not_shown_to_itself() -> None:
    def example(text: str) -> Labelled:
        quad = Quad(None, Span(0, 1), "performance", Polarity.POSITIVE)
        return Labelled(text, text, "own", quads=(quad,), sentiment=Polarity.POSITIVE)

    texts = ("快递很慢", "电池不耐用", "屏幕很清晰", "屏幕很亮很清晰")
    shown = SimilarExamples([example(text) for text in texts]).likest("屏幕很清晰", 2)
    assert [row.text for row in shown][-1] == "屏幕很亮很清晰"
    assert "屏幕很清晰" not in [row.text for row in shown]
