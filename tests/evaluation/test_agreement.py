from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from guandian.domain import Entity, Labelled, Polarity, Quad, Span
from guandian.evaluation.agreement import agreement, cohen_kappa

TEXT = "😀屏幕很亮，电池不行"
GOOD = Quad(Span(1, 3), Span(3, 5), "performance", Polarity.POSITIVE)
BAD = Quad(Span(6, 8), Span(8, 10), "performance", Polarity.NEGATIVE)
ONE = Labelled("1", TEXT, "a", quads=(GOOD, BAD), sentiment=Polarity.NEUTRAL, labels={"r": 4})


@settings(max_examples=15)
@given(st.lists(st.tuples(*[st.sampled_from("abc")] * 2), min_size=2, max_size=30))
def test_kappa_is_that_of_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    one, other = [a for a, _ in pairs], [b for _, b in pairs]
    found = cohen_kappa(one, other)
    if found is None:
        assert len({*one, *other}) == 1
    else:
        assert found == pytest.approx(cohen_kappa_score(one, other))


def test_spans_and_classes() -> None:
    other = replace(
        ONE,
        quads=(replace(GOOD, category="price"), replace(BAD, aspect=None)),
        sentiment=Polarity.NEGATIVE,
        entities=(),
    )
    found = agreement([replace(ONE, entities=(Entity(Span(1, 3), "product", 1.0),))], [other])
    f1 = {name: each.score.f1 for name, each in found.spans.items()}
    assert f1 == pytest.approx({
        "quad": 0, "triplet": 0.5, "pair": 0.5, "aspect": 2 / 3, "expression": 1, "relaxed": 0,
        "entity": 0,
    })  # fmt: skip
    assert found.classes["category"].kappa == 0
    assert found.classes["polarity"].kappa is None
    assert found.classes["aspect characters"].count == len(TEXT)
    assert found.classes["labels.r"].share == 1
    (apart,) = found.disagreements
    assert apart.classes == {
        "sentiment": ("neutral", "negative"), "entities": ("product 屏幕 [1, 3]", "")
    }  # fmt: skip
    assert [each.kind for each in apart.opinions] == ["wrong category", "wrong pair"]


def test_nothing_marked_by_either_is_no_disagreement() -> None:
    bare = replace(ONE, quads=(), entities=())
    assert agreement([bare], [bare]).spans == {}


def test_only_the_same_reviews_are_compared_either_way_round() -> None:
    altered = replace(ONE, id="2", text=TEXT + "！")
    mine = [ONE, replace(ONE, id="2"), replace(ONE, id="3")]
    found = agreement(mine, [replace(ONE, quads=(GOOD,)), altered])
    assert (found.reviews, found.alone) == (1, (2, 1))
    back = agreement([replace(ONE, quads=(GOOD,)), altered], mine)
    assert {n: s.score.f1 for n, s in found.spans.items()} == {
        n: s.score.f1 for n, s in back.spans.items()
    }
    assert agreement([ONE], []).spans == {}
