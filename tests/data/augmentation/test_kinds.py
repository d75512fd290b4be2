"""What every kind keeps to: spans unbroken, equal seeds equal, judging and negating words left."""

from __future__ import annotations

from collections import Counter
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guandian.data.augmentation import (
    KINDS,
    Augmenter,
    Change,
    Kind,
    Vectors,
    changes,
    load_lexicon,
    new_copies,
)
from guandian.data.augmentation.changeable import words
from guandian.data.augmentation.synonyms import is_negation
from guandian.domain import Entity, Labelled, Polarity, Quad, Span
from guandian.errors import GuandianError
from guandian.text.disguises.spellings import NEGATING
from guandian.text.edits import edited, spans

LEXICON = load_lexicon()
NAMES = ("昨天", "今天", "上午", "the", "this", "that", "喜欢", "讨厌")
VECTORS = Vectors(
    NAMES, np.ones((len(NAMES), 4), np.float32) + np.eye(len(NAMES), 4, dtype=np.float32)
)
LENGTH_KEPT = ("homophones", "look_alikes")
OUTSIDE_ALONE = ("similar", "delete", "swap")


def change(kind: Kind, share: float = 0.4) -> Change:
    return changes([kind], share, LEXICON, VECTORS)[0]


def marked(text: str, *said: str, brand: str = "") -> Labelled:
    """A record whose aspects and expressions, by turns, are the words that are given."""
    places = [Span(text.index(words), text.index(words) + len(words)) for words in said]
    quads = tuple(
        Quad(aspect, expression, "quality", Polarity.NEGATIVE)
        for aspect, expression in zip(places[::2], places[1::2], strict=True)
    )
    at = text.index(brand) if brand else 0
    entities = (Entity(Span(at, at + len(brand)), "brand", 1.0),) if brand else ()
    return Labelled("r1", text, "own", quads, Polarity.NEGATIVE, entities)


REVIEWS = [
    marked(
        "昨天我刚刚收到华为手机😀，屏幕非常清晰，就是电池不太耐用。",
        "屏幕", "非常清晰", "电池", "不太耐用", brand="华为",
    ),
    marked(
        "<b>Yesterday</b> the parcel came 😀 and this screen is great, never slow &amp; that is it",
        "screen", "great",
    ),
    Labelled("r3", "已经用了昨天买的东西，没有特别喜欢😀 the box that I bought", "own"),
]  # fmt: skip


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "thin"])
def test_a_kind_changes_texts_and_breaks_no_span(kind: Kind) -> None:
    changed = 0
    for record in REVIEWS:
        for seed in range(12):
            copies = Augmenter((change(kind),), 2, seed).copies(record)
            assert copies == Augmenter((change(kind),), 2, seed).copies(record)
            changed += len(copies)
            for copy in copies:
                before, after = spans(record), spans(copy)
                assert len(before) == len(after)
                assert sorted(range(len(before)), key=lambda k: before[k]) == sorted(
                    range(len(after)), key=lambda k: after[k]
                )
                said = [
                    (one.of(record.text), other.of(copy.text))
                    for one, other in zip(before, after, strict=True)
                ]
                if kind in OUTSIDE_ALONE:
                    assert all(one == other for one, other in said)
                if kind in LENGTH_KEPT:
                    assert before == after
                    assert len(copy.text) == len(record.text)
                for mark in ("😀", "<b>", "</b>", "&amp;"):
                    assert copy.text.count(mark) == record.text.count(mark)
                assert (copy.sentiment, copy.original) == (record.sentiment, record.text)
                assert copy.id.startswith(f"{record.id}+")
    assert changed > 20


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=15)
@given(
    st.text(
        st.sampled_from("屏幕很不好看重的了买 agoodnt'<b>&，😀👩\u200d\ud800𠮷\u3400"), max_size=30
    ),
    st.data(),
)
def test_any_text_with_any_spans_survives(kind: Kind, text: str, data: st.DataObject) -> None:
    text += "😀"
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    quad = Quad(None, Span(start, end), None, Polarity.POSITIVE)
    record = Labelled("1", text, "own", (quad,))
    copy = edited(record, change(kind).edits(record, Random(1)))
    (span,) = spans(copy)
    if kind in OUTSIDE_ALONE:
        assert span.of(copy.text) == text[start:end]
    assert sum(map(text.count, NEGATING)) == sum(map(copy.text.count, NEGATING))
    assert text.count("😀") == copy.text.count("😀")


@pytest.mark.parametrize("kind", OUTSIDE_ALONE)
def test_what_judges_or_negates_is_not_touched(kind: Kind) -> None:
    text = (
        "昨天 我 真的 不是 特别 喜欢 那个 颜色 😀 but this is not really a good colour that lasts"
    )
    record = Labelled("1", text, "own", None, Polarity.NEGATIVE)
    guarded = Counter(word.text for word in words(record) if LEXICON.guards(word.text))
    assert {"喜欢", "good", "not", "不是"} <= set(guarded)
    for seed in range(40):
        copy = edited(record, change(kind).edits(record, Random(seed)))
        assert Counter(w.text for w in words(copy) if LEXICON.guards(w.text)) == guarded
        assert "not really" in copy.text  # nor what is negated


@pytest.mark.parametrize("kind", OUTSIDE_ALONE)
def test_words_that_may_imply_an_expression_stay(kind: Kind) -> None:
    record = marked("昨天我 the this 今天用屏幕😀", "屏幕", "屏幕")
    implied = Labelled("1", record.text, "own", (Quad(None, None, None, Polarity.NEGATIVE),))
    assert change(kind).edits(record, Random(1))
    assert change(kind).edits(implied, Random(1)) == []


def test_a_synonym_takes_the_place_of_a_word_within_its_span() -> None:
    record = marked("屏幕清晰😀", "屏幕", "清晰")
    copies = Augmenter((change("synonyms", 0.5),), 9, 3).copies(record)
    said = {spans(copy)[1].of(copy.text) for copy in copies}
    assert said <= {"清晰", *LEXICON.others["清晰"]}
    assert len(said) > 1
    named = marked("屏幕😀", "屏幕", "屏幕", brand="屏幕")
    assert change("synonyms").edits(named, Random(1)) == []


def test_english_synonyms_keep_their_case_and_article() -> None:
    record = Labelled("1", "A good GOOD Good box😀", "own")
    for seed in range(20):
        text = edited(record, change("synonyms", 0.5).edits(record, Random(seed))).text
        assert text[:2] == "A "
        assert {*text.split()} <= {
            "A",
            "good",
            "fine",
            "GOOD",
            "FINE",
            "Good",
            "Fine",
            "box😀",
            "carton😀",
        }
    an = Labelled("1", "an amazing thing😀", "own")
    for seed in range(20):
        text = edited(an, change("synonyms").edits(an, Random(seed))).text
        assert text.split()[1][0] in "aeiou"


def test_names_markup_and_addresses_are_no_words() -> None:
    text = (
        "<em class=good>好</em> see https://a.cn/good or good@shop.cn, wi-fi X2good @good 😀 don't"
    )
    found = {word.text for word in words(Labelled("1", text, "own"))}
    assert found == {"好", "see", "or", "don't"}
    assert is_negation("don’t")


def test_a_text_that_offers_nothing_has_no_copy() -> None:
    every = changes(KINDS, 0.1, LEXICON, VECTORS)
    for text in ("😀", "好", "!!", "12"):
        assert Augmenter(every, 3).copies(Labelled("1", text, "own")) == [] or text == "好"
    with pytest.raises(GuandianError, match="similar words are found by vectors"):
        changes(["similar"], 0.1, LEXICON)


def test_copies_stand_apart_from_all_other_texts_and_ids() -> None:
    record = Labelled("1", "昨天收到😀", "own")
    texts = ("昨日收到😀", "昨天 收到😀", "昨日拿到😀", "昨日 收到😀")
    copies = [Labelled("1+1", text, "own", original=record.text) for text in texts]
    taken = [record, Labelled("1+1", "别的😀", "own")]
    kept = list(new_copies(copies, taken, {"昨日拿到😀"}))
    assert [(copy.id, copy.text) for copy in kept] == [("1+1+", "昨日收到😀")]


def test_thinning_deletes_any_character_and_leaves_marked_texts_alone() -> None:
    record = Labelled("1", "味道很好，就是有点咸😀" * 20, "own", sentiment=Polarity.POSITIVE)
    (copy,) = Augmenter((change("thin", 0.8),)).copies(record)
    assert 20 < len(copy.text) < 70 and copy.sentiment is record.sentiment
    rest = iter(record.text)
    assert all(character in rest for character in copy.text), "in their order"
    assert Augmenter((change("thin", 0.8),)).copies(REVIEWS[0]) == []
    short = Labelled("2", "好", "own", sentiment=Polarity.POSITIVE)
    assert Augmenter((change("thin", 0.95),)).copies(short) == []
