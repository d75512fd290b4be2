import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guandian.domain import Entity, Span
from guandian.evaluation import PRF
from guandian.evaluation.metrics.entities import (
    bio_lines,
    bio_tags,
    score_entities,
    without_overlaps,
)

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from seqeval.metrics import f1_score
    from seqeval.metrics.sequence_labeling import get_entities

TEXT = "😀小米的手机壳"
BRAND = Entity(Span(1, 3), "brand", 1.0)
PRODUCT = Entity(Span(4, 7), "product", 1.0)


def test_span_and_type_both_count() -> None:
    wrong_type = Entity(BRAND.span, "product", 0.9)
    scores = score_entities([[BRAND, PRODUCT], []], [[wrong_type, PRODUCT], [BRAND]])
    assert scores.micro == PRF(1, 3, 2)
    assert scores.by_type == {"brand": PRF(0, 1, 1), "product": PRF(1, 2, 1)}
    assert scores.macro_f1 == pytest.approx((0 + 2 / 3) / 2)


def test_types_that_nobody_annotated_say_nothing() -> None:
    scores = score_entities([[PRODUCT]], [[PRODUCT, BRAND]], types=["product"])
    assert scores.micro == PRF(1, 1, 1)


def test_lines_one_character_each() -> None:
    assert bio_lines(TEXT, [PRODUCT, BRAND]) == [
        "😀\tO", "小\tB-brand", "米\tI-brand", "的\tO",
        "手\tB-product", "机\tI-product", "壳\tI-product",
    ]  # fmt: skip
    assert bio_lines("a\nb", []) == ["a\tO", " \tO", "b\tO"]
    with pytest.raises(ValueError, match="overlapping"):
        bio_tags(7, [BRAND, Entity(Span(2, 5), "product", 1.0)])
    with pytest.raises(ValueError, match="past the text"):
        bio_tags(6, [PRODUCT])


def test_of_overlapping_entities_the_most_confident_is_kept() -> None:
    whole = Entity(Span(1, 7), "product", 0.9)
    brand, model = Entity(Span(1, 3), "brand", 0.8), Entity(Span(4, 7), "model", 0.95)
    assert without_overlaps([brand, whole, model]) == [brand, model]
    assert without_overlaps([whole, brand]) == [whole]
    assert without_overlaps([PRODUCT, BRAND]) == [BRAND, PRODUCT]


def tagged(tags: list[str]) -> list[Entity]:
    """The entities that seqeval reads in tags."""
    return [Entity(Span(a, b + 1), kind, 1.0) for kind, a, b in get_entities(tags)]


@given(st.lists(st.sampled_from("OBI"), max_size=12), st.data())
def test_tags_come_back_as_they_went(marks: list[str], data: st.DataObject) -> None:
    kinds = data.draw(st.lists(st.sampled_from("xy"), min_size=len(marks), max_size=len(marks)))
    tags = ["O" if m == "O" else f"{m}-{k}" for m, k in zip(marks, kinds, strict=True)]
    found = tagged(tags)
    assert tagged(bio_tags(len(tags), found)) == found


bioes = st.sampled_from(["O", *(f"{mark}-{kind}" for mark in "BIES" for kind in "xy")])


@given(st.lists(bioes, max_size=12), st.data())
def test_it_agrees_with_seqeval(gold: list[str], data: st.DataObject) -> None:
    predicted = data.draw(st.lists(bioes, min_size=len(gold), max_size=len(gold)))
    if not tagged(gold):
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = f1_score([gold], [predicted])
    assert score_entities([tagged(gold)], [tagged(predicted)]).micro.f1 == pytest.approx(expected)
