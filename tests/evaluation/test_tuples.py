import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guandian.domain import Polarity, Quad, Span
from guandian.evaluation import MEASURES, PRF, count_quads, exactly_right, score_quads
from guandian.evaluation.metrics.matching import best_matching

GOOD, BAD = Polarity.POSITIVE, Polarity.NEGATIVE
TEXT = "😀屏幕很清晰，电池不耐用，很清晰"
SCREEN = Quad(Span(1, 3), Span(3, 6), "performance", GOOD)
BATTERY = Quad(Span(7, 9), Span(9, 12), "performance", BAD)
UNSAID = Quad(None, Span(13, 16), "overall", GOOD)
GOLD = [[SCREEN, BATTERY, UNSAID], []]


def test_the_gold_itself_scores_one() -> None:
    scores = score_quads(GOLD, GOLD)
    assert scores.quad == scores.triplet == scores.pair == scores.relaxed == PRF(3, 3, 3)
    assert scores.aspect == PRF(2, 2, 2)
    assert scores.expression == PRF(3, 3, 3)
    assert scores.by_category == {"overall": PRF(1, 1, 1), "performance": PRF(2, 2, 2)}
    assert scores.macro_f1 == scores.to_json()["category_macro_f1"] == 1.0


def test_each_part_is_judged_alone() -> None:
    predicted = [
        [
            Quad(SCREEN.aspect, SCREEN.expression, "price", GOOD),  # category wrong
            Quad(BATTERY.aspect, BATTERY.expression, "performance", GOOD),  # polarity wrong
            Quad(None, Span(14, 16), "overall", GOOD),  # expression cut short
        ],
        [Quad(Span(0, 1), None, "price", BAD)],  # spurious
    ]
    scores = score_quads(GOLD, predicted)
    assert scores.quad == PRF(0, 4, 3)
    assert scores.triplet == PRF(1, 4, 3)
    assert scores.pair == PRF(2, 4, 3)
    assert scores.aspect == PRF(2, 3, 2)
    assert scores.expression == PRF(2, 3, 3)
    assert scores.relaxed == PRF(1, 4, 3)
    assert scores.by_category["price"] == PRF(0, 2, 0)
    assert scores.pair.precision == 0.5 and scores.pair.recall == 2 / 3
    assert scores.pair.f1 == pytest.approx(4 / 7)


def test_text_mode_sets_positions_aside() -> None:
    elsewhere = [[Quad(None, Span(3, 6), "overall", GOOD)], []]  # the first 很清晰, not the last
    assert score_quads(GOLD, elsewhere).quad.true_positives == 0
    assert score_quads(GOLD, elsewhere, texts=[TEXT, ""], mode="text").quad == PRF(1, 1, 3)
    with pytest.raises(ValueError, match="pass texts"):
        score_quads(GOLD, elsewhere, mode="text")


def test_equal_tuples_of_a_review_count_once() -> None:
    assert score_quads([[SCREEN]], [[SCREEN, SCREEN]]).quad == PRF(1, 1, 1)


def test_gold_without_categories_is_compared_without() -> None:
    bare = Quad(SCREEN.aspect, SCREEN.expression, None, GOOD)
    scores = score_quads([[bare], []], [[SCREEN], [BATTERY]])
    assert scores.quad == scores.triplet == PRF(1, 2, 1)
    assert scores.by_category == {} and scores.to_json()["category_macro_f1"] is None
    assert scores.to_json()["quad"] is None
    assert exactly_right([bare], [SCREEN, BATTERY]) == [True, False]


def test_empty_and_unequal_input() -> None:
    assert score_quads([], []).quad == PRF(0, 0, 0)
    assert score_quads([], []).quad.f1 == 0.0
    with pytest.raises(ValueError, match="1 gold, 2 predicted"):
        score_quads([[]], [[], []])


spans = st.builds(
    lambda start, size: Span(start, start + size), st.integers(0, 6), st.integers(1, 3)
)
quads = st.builds(
    Quad,
    st.none() | spans,
    st.none() | spans,
    st.sampled_from(["a", "b"]),
    st.sampled_from(list(Polarity)),
)
reviews = st.lists(st.lists(quads, max_size=5), min_size=3, max_size=3)


@given(reviews, reviews)
def test_swapping_sides_swaps_precision_and_recall(
    one: list[list[Quad]], two: list[list[Quad]]
) -> None:
    forth, back = score_quads(one, two), score_quads(two, one)
    for name in MEASURES:
        there, here = getattr(forth, name), getattr(back, name)
        if name == "relaxed" or (all(one) and all(two)):
            assert there == PRF(here.true_positives, here.gold, here.predicted)
            assert there.f1 == here.f1


@given(reviews, reviews)
def test_looser_measures_find_at_least_as_much(
    one: list[list[Quad]], two: list[list[Quad]]
) -> None:
    counts = count_quads(one, two)
    quad = counts["quad"][:, 0]
    assert (quad <= counts["relaxed"][:, 0]).all()
    assert (counts["relaxed"][:, 0] <= counts["relaxed"][:, 1:].min(axis=1)).all()
    scores = score_quads(one, two)
    assert sum(row.true_positives for row in scores.by_category.values()) == quad.sum()
    right = [exactly_right(gold, set(found)) for gold, found in zip(one, two, strict=True)]
    assert [sum(row) for row in right] == quad.tolist()


@given(st.lists(st.lists(st.booleans(), min_size=4, max_size=4), max_size=4))
def test_no_matching_is_larger(allowed: list[list[bool]]) -> None:
    found = best_matching(allowed)
    assert all(allowed[row][column] for row, column in found.items())
    assert len(set(found.values())) == len(found)
    most = max(
        sum(allowed[row][column] for row, column in enumerate(columns))
        for columns in itertools.permutations(range(4), len(allowed))
    )
    assert len(found) == most


def test_thousands_of_equal_spans_are_matched_in_their_order() -> None:
    equal = [[True] * 3_000] * 3_000
    assert best_matching(equal) == {row: row for row in range(3_000)}
