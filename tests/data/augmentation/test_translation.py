from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guandian.data.augmentation import translated
from guandian.data.augmentation.translation import relocated
from guandian.domain import Entity, Labelled, Polarity, Quad, Span
from guandian.text.edits import spans


class Scripted:
    """Says what the script says; what is not in it comes back empty."""

    def __init__(self, script: dict[str, str]) -> None:
        self.script = script
        self.asked: list[tuple[str, str, str]] = []

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        self.asked += [(text, source, target) for text in texts]
        return [self.script.get(text, "") for text in texts]


SCRIPT = {
    "昨天刚刚收到货": "the goods came yesterday",
    "the goods came yesterday": "货昨天就到了",
    "物流特别快😀": "shipping is very fast 😀",
    "shipping is very fast 😀": "物流非常快速",
    "屏幕很亮，电池也耐用。": "the screen is bright, the battery lasts.",
    "the screen is bright, the battery lasts.": "屏幕很亮，并且电池也很耐用。",
}


def marked(text: str, *said: str) -> Labelled:
    places = [Span(text.index(words), text.index(words) + len(words)) for words in said]
    quads = [
        Quad(a, b, None, Polarity.POSITIVE) for a, b in zip(places[::2], places[1::2], strict=True)
    ]
    return Labelled("7", text, "own", tuple(quads), Polarity.POSITIVE, group="phones")


def test_a_text_without_spans_goes_there_and_back_sentence_by_sentence() -> None:
    record = Labelled("1", "昨天刚刚收到货！物流特别快😀", "own", (), Polarity.POSITIVE)
    translator = Scripted(SCRIPT | {"昨天刚刚收到货！": "the goods came yesterday"})
    (copy,) = translated([record], translator)
    assert copy.text == "货昨天就到了物流非常快速"
    assert (copy.id, copy.original, copy.sentiment) == ("1+1", record.text, Polarity.POSITIVE)
    assert [ask[1:] for ask in translator.asked] == [("zh", "en")] * 2 + [("en", "zh")] * 2


def test_only_clauses_without_a_span_are_said_anew() -> None:
    record = marked("😀屏幕很亮，昨天刚刚收到货，电池也耐用", "屏幕", "很亮", "电池", "耐用")
    translator = Scripted(SCRIPT)
    (copy,) = translated([record], translator)
    assert copy.text == "😀屏幕很亮，货昨天就到了，电池也耐用"
    assert [span.of(copy.text) for span in spans(copy)] == ["屏幕", "很亮", "电池", "耐用"]
    assert {text for text, *_ in translator.asked} == {"昨天刚刚收到货", "the goods came yesterday"}
    assert copy.group == "phones"


def test_where_each_clause_has_a_span_all_is_said_anew_and_its_words_found_again() -> None:
    record = marked("屏幕很亮，电池也耐用。", "屏幕", "很亮", "电池", "耐用")
    (copy,) = translated([record], Scripted(SCRIPT))
    assert copy.text == "屏幕很亮，并且电池也很耐用。"
    assert [span.of(copy.text) for span in spans(copy)] == ["屏幕", "很亮", "电池", "耐用"]
    back = "the screen is bright, the battery lasts."
    for lost in ("屏幕亮，电池也很耐用。", "屏幕很亮，屏幕的电池也耐用。", "电池耐用，屏幕很亮。"):
        assert translated([record], Scripted(SCRIPT | {back: lost})) == []


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "昨天刚刚收到货",
        " 昨天刚刚收到货 ",
        "The goods came",
        "货" * 40,
        "到",
        "货昨天\ud800就到了",
    ],
)
def test_an_answer_that_is_none_leaves_the_text(answer: str) -> None:
    script = SCRIPT | {"the goods came yesterday": answer}
    assert translated([Labelled("1", "昨天刚刚收到货", "own")], Scripted(script)) == []


def test_a_paraphrase_stays_in_its_language_and_is_asked_once() -> None:
    records = [
        Labelled("1", "昨天刚刚收到货", "own"),
        Labelled("2", "это хорошо😀", "own"),
        Labelled("3", "It came late 😀", "own"),
    ]
    translator = Scripted({"昨天刚刚收到货": "货昨天就到了", "It came late 😀": "It was late"})
    copies = translated(records, translator, paraphrase=True, times=2)
    assert [copy.text for copy in copies] == ["货昨天就到了", "It was late"]
    assert {ask[1:] for ask in translator.asked} == {("zh", "zh"), ("en", "en")}


@settings(max_examples=40)
@given(
    st.data(),
    st.text(st.sampled_from("ab好😀"), min_size=1, max_size=8),
    st.text(st.sampled_from("ab好😀"), max_size=9),
)
def test_what_is_found_again_says_the_same(data: st.DataObject, before: str, after: str) -> None:
    start = data.draw(st.integers(0, len(before) - 1))
    span = Span(start, data.draw(st.integers(start + 1, len(before))))
    record = Labelled("1", before, "own", None, None, (Entity(span, "brand", 1.0),))
    found = relocated(record, after)
    if found is not None:
        (moved,) = spans(found)
        assert moved.of(after) == span.of(before)
        assert after.count(moved.of(after)) == 1
