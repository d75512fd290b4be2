from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guandian.domain import Opinion, Polarity, Review, Span
from guandian.report.mined.quotes import LONGEST, Quote, QuoteLot, Sample, pieces, quote

TEXT = "屏幕很清晰😄，但是电池不耐用，客服也不理人。"


def opinion(
    evidence: Span, aspect: Span | None = None, expression: Span | None = None, sure: float = 0.9
) -> Opinion:
    return Opinion(aspect, expression, evidence, "battery", Polarity.NEGATIVE, sure, "电池不耐用")


def test_the_marks_stand_on_the_words_that_they_name() -> None:
    found = quote(Review("r", TEXT), opinion(Span(7, 14), Span(9, 11), Span(11, 14)))
    assert [(piece.text, piece.kinds) for piece in found.pieces] == [
        ("屏幕很清晰😄，", ""),
        ("但是", "e"),
        ("电池", "ae"),
        ("不耐用", "ex"),
        ("，客服也不理人。", ""),
    ]
    assert not found.before
    assert not found.after


spans = st.tuples(st.integers(0, 30), st.integers(1, 12)).map(lambda each: Span(each[0], sum(each)))


@given(st.text(min_size=1, max_size=30), st.lists(st.tuples(st.sampled_from("eax"), spans)))
def test_pieces_join_to_the_text_whatever_overlaps(
    text: str, marks: list[tuple[str, Span]]
) -> None:
    found = list(pieces(text, marks))
    assert "".join(piece.text for piece in found) == text
    place = 0
    for piece in found:
        for index in range(place, place + len(piece.text)):
            covering = {kind for kind, span in marks if span.start <= index < span.end}
            assert set(piece.kinds) == covering
        place += len(piece.text)


def test_a_long_review_shows_the_piece_around_the_opinion() -> None:
    text = "好" * 3000 + TEXT + "坏" * 3000
    found = quote(Review("r", text), opinion(Span(3007, 3014), Span(3009, 3011), Span(3011, 3014)))
    shown = "".join(piece.text for piece in found.pieces)
    assert "电池不耐用" in shown
    assert len(shown) <= LONGEST
    assert found.before
    assert found.after


def test_an_endless_clause_is_cut_at_the_words_that_judge() -> None:
    text = "好" * 5000 + "不耐用" + "坏" * 5000
    found = quote(Review("r", text), opinion(Span(0, len(text)), None, Span(5000, 5003)))
    assert ("不耐用", "ex") in [(piece.text, piece.kinds) for piece in found.pieces]
    assert sum(len(piece.text) for piece in found.pieces) <= LONGEST


def draws(number: int) -> list[QuoteLot]:
    texts = [f"第{index}次用😀电池不耐用" for index in range(number)]
    return [
        QuoteLot.of(
            Review(f"r{index}", text), opinion(Span(0, len(text)), sure=0.3 + 0.6 * (index % 2))
        )
        for index, text in enumerate(texts)
    ]


def kept(lots: list[QuoteLot], size: int = 6) -> list[Quote]:
    sample = Sample(size)
    for draw in lots:
        sample.offer(draw)
    return sample.quotes(Polarity.NEGATIVE)


def test_the_sample_does_not_depend_on_the_order() -> None:
    lots = draws(200)
    first = kept(lots)
    random.Random(2).shuffle(lots)
    assert kept(lots) == first
    assert len(first) == 6
    assert kept(lots, 3) == first[:3]


def test_merged_samples_are_the_sample_of_all() -> None:
    lots, one, two = draws(80), Sample(5), Sample(5)
    for index, draw in enumerate(lots):
        (one if index % 3 else two).offer(draw)
    one.merge(two)
    assert one.quotes(Polarity.NEGATIVE) == kept(lots, 5)


def test_confident_opinions_are_preferred() -> None:
    sure = sum(each.confidence > 0.5 for each in kept(draws(400), 40))
    assert sure >= 36


def said(clause: str, aspect: str | None, expression: str, sure: float = 0.9) -> QuoteLot:
    """An opinion in a review that goes on."""
    text, at = f"买来用了一阵😀，{clause}，其余不提", 8
    aspect_at = clause.index(aspect) if aspect else 0
    found = Opinion(
        Span(at + aspect_at, at + aspect_at + len(aspect)) if aspect else None,
        Span(at + clause.index(expression), at + clause.index(expression) + len(expression)),
        Span(at, at + len(clause)),
        "delivery",
        Polarity.POSITIVE,
        sure,
        "",
    )
    return QuoteLot.of(Review(clause, text), found)


DELIVERY = [
    said("物流很快", "物流", "很快"),
    said("物流真的很快", "物流", "很快"),
    said("快递速度很快", "快递速度", "很快"),
    said("昨天下单的，物流快得很，包装也没有破，客服还打电话来问收到没有", "物流", "快得很"),
    said("送货上门的小哥态度好", "小哥", "态度好"),
    said("屏幕很清晰", "屏幕", "清晰"),
    said("物流很快很好", "物流", "很快", sure=0.35),
    said("到得比想的早", None, "比想的早"),
]


@pytest.mark.parametrize("seed", range(5))
def test_the_typical_quote_says_what_most_say_briefly_and_surely(seed: int) -> None:
    """Not the longest, not the one of something else, not the doubtful one; in any order."""
    lots = list(DELIVERY)
    random.Random(seed).shuffle(lots)
    sample = Sample(3, pool=40)
    for draw in lots:
        sample.offer(draw)
    best = sample.typical(Polarity.POSITIVE)
    assert len(best) == len(lots) and len(sample.quotes(Polarity.POSITIVE)) == 3
    assert best[0].clause in {"物流很快", "物流真的很快"}
    assert sample.shown(Polarity.POSITIVE)[0] == best[0]
    assert {quote.clause for quote in best[-3:]} & {"屏幕很清晰", "送货上门的小哥态度好"}


def test_what_is_said_often_is_typical() -> None:
    sample = Sample(2, pool=40)
    for draw in [*DELIVERY, *[said("价格实惠", "价格", "实惠")] * 30]:
        sample.offer(draw)
    assert sample.typical(Polarity.POSITIVE)[0].clause == "价格实惠"
    assert Sample(2).typical(Polarity.POSITIVE) == []


def test_the_typical_quote_of_the_other_script_is_shown_next() -> None:
    sample = Sample(3, pool=40)
    english = Review("e", "Arrived early. fast delivery as always.")
    found = opinion(Span(15, 38), Span(20, 28), Span(15, 19))
    for draw in DELIVERY:
        sample.offer(draw)
    sample.offer(QuoteLot.of(english, replace(found, polarity=Polarity.POSITIVE)))
    first, second, *_ = sample.shown(Polarity.POSITIVE)
    assert first.in_han and second.clause == "fast delivery as always"


def test_the_same_words_are_quoted_once() -> None:
    same = [QuoteLot.of(Review(f"r{index}", TEXT), opinion(Span(7, 14))) for index in range(9)]
    assert len(kept(same)) == 1
