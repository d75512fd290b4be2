from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.tiny_base import pieces

from guandian.domain import Labelled, Polarity, Quad, Span
from guandian.tasks.confidence_features import UNFITTED, Confidence
from guandian.tasks.decode import Arrays
from guandian.tasks.head_spec import HeadSpec
from guandian.tasks.inference import Reader, answers, infer
from guandian.training.confidence import fit_confidence

SPEC = HeadSpec(("performance", "price"))
TEXT = "音质😀很好"
MARKS = {"差": -2.0, "不": -1.0, "了": 0.0, "的": 1.0, "也": 3.0}
"""At the end of a text, and the logit of the model's opinion in it."""


def forward(ids: NDArray[np.int64]) -> Arrays:
    """One opinion a text; the last mark of the text says how sure of it the model is."""
    batch, length = ids.shape
    logit = {int(pieces().encode(mark).ids[0]): logit for mark, logit in MARKS.items()}
    sure = np.array([logit[int(row[-2])] for row in ids], np.float32)
    spans = np.full((batch, 5, length, length), -30, np.float32)
    pairs = np.full((batch, 2, length, length), -30, np.float32)
    spans[:, 0, 1, 2] = spans[:, 1, 4, 5] = pairs[:, 0, 1, 4] = pairs[:, 1, 2, 5] = sure
    return {
        "spans": spans,
        "pairs": pairs,
        "category": np.tile(np.array([9, 0], np.float32), (batch, length, 2, 1)),
        "polarity": np.tile(np.array([0, 0, 9], np.float32), (batch, length, 2, 1)),
        "implicit": np.full((batch, length), -30, np.float32),
        "sentiment": np.zeros((batch, 3), np.float32),
    }


def examples(count: int, category: str | None) -> list[Labelled]:
    """Right the more often the surer the model is."""
    rng = np.random.default_rng(7)
    rows = []
    for k in range(count):
        mark = [*MARKS][k % len(MARKS)]
        right = rng.random() < 1 / (1 + np.exp(-MARKS[mark]))
        expression = Span(3, 5) if right else Span(3, 4)
        quad = Quad(Span(0, 2), expression, category, Polarity.POSITIVE)
        rows.append(Labelled(str(k), f"{TEXT}{mark}", "own", quads=(quad,)))
    return rows


READER = Reader(forward, pieces(), SPEC)


def sure(fitted: Confidence, text: str) -> float:
    """The confidence of the one opinion that the model sees in the text."""
    (candidate,) = infer(READER, [text])[0].candidates
    return float(fitted.quad(np.array([candidate.features]))[0])


@pytest.mark.parametrize("category", ["performance", None])
def test_the_fit_says_how_often_it_is_right(category: str | None) -> None:
    """Also on sets without categories, whose triplets are judged."""
    rows = examples(600, category)
    fitted = fit_confidence(READER, rows)
    for mark in MARKS:
        text = f"{TEXT}{mark}"
        found = [row.quads[0].expression for row in rows if row.quads and row.text == text]
        assert sure(fitted, text) == pytest.approx(found.count(Span(3, 5)) / len(found), abs=0.15)
    assert 0 < fitted.threshold < 1


def test_too_little_to_fit_is_not_fitted() -> None:
    few = examples(50, "performance")
    assert fit_confidence(READER, few) is UNFITTED
    earlier = replace(UNFITTED, threshold=0.3)
    assert fit_confidence(READER, few, earlier) is earlier
    assert fit_confidence(READER, []) is UNFITTED


def test_a_model_that_is_never_right_reports_with_the_plain_threshold() -> None:
    other = (Quad(None, Span(0, 1), "price", Polarity.NEGATIVE),)
    never = [replace(row, quads=other) for row in examples(400, "price")]
    fitted = fit_confidence(READER, never)
    assert fitted.threshold == UNFITTED.threshold
    assert all(not found for found in answers(READER, [row.text for row in never], fitted))


def test_texts_without_any_opinion_count_against_what_is_found_in_them() -> None:
    rows = examples(400, "performance")
    silent = [Labelled(f"s{k}", row.text, "own", quads=()) for k, row in enumerate(rows)]
    alone, both = fit_confidence(READER, rows), fit_confidence(READER, [*rows, *silent])
    assert sure(both, rows[-1].text) < sure(alone, rows[-1].text) - 0.2


def test_a_category_that_is_always_wrong_has_no_say_in_what_is_reported() -> None:
    """No quad is right then, and the triplets are as before."""
    rows = examples(600, "performance")
    other = [
        replace(row, quads=tuple(replace(quad, category="price") for quad in row.quads or ()))
        for row in rows
    ]
    right, wrong = fit_confidence(READER, rows), fit_confidence(READER, other)
    assert (wrong.triplet, wrong.threshold) == (right.triplet, right.threshold)
    texts = [row.text for row in rows]
    assert any(answers(READER, texts, wrong))
    assert all(sure(wrong, text) < 0.05 for text in set(texts))


def test_texts_without_categories_leave_the_confidence_of_quads_alone() -> None:
    rows = examples(600, "performance")
    right = (Quad(Span(0, 2), Span(3, 5), None, Polarity.POSITIVE),)
    plain = [Labelled(f"p{k}", f"{TEXT}差", "own", quads=right) for k in range(600)]
    alone, both = fit_confidence(READER, rows), fit_confidence(READER, [*rows, *plain])
    assert sure(both, f"{TEXT}差") == pytest.approx(sure(alone, f"{TEXT}差"), abs=0.02)
    assert both.triplet != alone.triplet
