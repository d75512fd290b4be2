from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from tests.tags import Tags

from guandian.domain import Polarity, Quad, Span
from guandian.evaluation import (
    ErrorKind,
    Interval,
    Options,
    PairedDifference,
    PlainAnswer,
    Recorded,
)
from guandian.evaluation.comparison import SideBySide, contend, set_side_by_side
from guandian.report.evaluation.comparison_page import error_pieces, render_side_by_side
from guandian.report.evaluation.terms import difference_name

from .systems import Careless, examples

GOLD = examples(40)
NASTY = "😀<script>alert(1)</script>\u202e屏幕很清晰"


def compared(*spoils: float) -> SideBySide:
    return set_side_by_side(
        [
            contend(Careless(GOLD, spoil=rate), GOLD, Options(f"{rate:g}", "made up"))
            for rate in spoils
        ]
    )


def test_classes_errors_and_differences_agree_with_the_evaluations() -> None:
    found = compared(0.4, 0.1, 0.4)
    for place, each in enumerate(found.evaluations):
        assert each.opinions and each.sentiment and each.entities
        by_category = each.opinions.scores.by_category
        for row in found.classes["category"]:
            assert row.scores[place] == by_category[row.name]
        by_polarity = {row.name: row.scores[place] for row in found.classes["polarity"]}
        assert by_polarity == each.opinions.scores.by_polarity
        by_label = each.sentiment.scores.by_label
        assert {row.name: row.scores[place] for row in found.classes["sentiment"]} == by_label
        assert found.classes["entities"][0].scores[place] == each.entities.scores.micro
        for kind, count in each.opinions.errors.items():
            assert found.counts(kind)[place] == count
        assert found.figures["quad"][place] == each.opinions.intervals["quad"].value
    better, same = found.gains
    assert better["quad"].difference.low > 0
    none = same["quad"].difference
    assert none.value == 0 < none.high == -none.low < 0.1
    assert all(row.by[0] == row.by[2] for row in found.errors)
    gains = found.classes["category"][0].gains
    assert gains[0] is not None and gains[1] is not None
    assert gains[0].difference.value > 0 == gains[1].difference.value
    assert json.loads(json.dumps(found.to_json()))["against_first"][0]["quad"]["better"] > 0.9


def test_a_system_without_a_task_or_without_categories_has_no_figures_there() -> None:
    bare = [replace(r, quads=tuple(replace(q, category=None) for q in r.quads or ())) for r in GOLD]
    silent = Recorded({row.text: PlainAnswer(opinions=row.quads) for row in GOLD}, "silent")
    found = set_side_by_side(
        [
            contend(Careless(GOLD, spoil=0.2), GOLD, Options("ours")),
            contend(silent, bare, Options("silent")),
        ]
    )
    assert {row.scores[1] for row in found.classes["category"]} == {None}
    assert {row.gains for row in found.classes["sentiment"]} == {(None,)}
    assert "quad" not in found.gains[0] and "triplet" in found.gains[0]
    assert found.figures["relaxed"][1] is None is not found.figures["relaxed"][0]
    assert found.counts(ErrorKind.WRONG_CATEGORY)[1] is None
    ours = found.evaluations[0].opinions
    assert ours
    right = ours.scores.triplet.true_positives
    assert ours.scores.quad.true_positives < right
    by_polarity = [row.scores[0] for row in found.classes["polarity"]]  # without categories: alike
    assert sum(one.true_positives for one in by_polarity if one) == right
    text = render_side_by_side([found])
    assert Tags(text).open == [] and "–" in text
    other = contend(silent, bare[:3], Options("few"))
    with pytest.raises(ValueError, match="different reviews"):
        set_side_by_side([contend(silent, bare, Options("silent")), other])


def test_the_page_stands_alone_and_review_text_is_only_text() -> None:
    start = NASTY.index("屏")
    quad = Quad(Span(start, start + 2), Span(start + 2, start + 5), "<i>", Polarity.POSITIVE)
    gold = [replace(GOLD[0], text=NASTY, quads=(quad,), entities=None), *GOLD[1:]]
    blind = Recorded({row.text: PlainAnswer(opinions=()) for row in gold}, "blind")
    wrong = replace(quad, aspect=Span(1, start + 2))
    off = Recorded({row.text: PlainAnswer(opinions=(wrong,)) for row in gold}, "off")
    found = set_side_by_side(
        [contend(blind, gold, Options("<b>A")), contend(off, gold, Options("off"))]
    )
    text = render_side_by_side([found])
    tags = Tags(text)
    assert tags.open == [] and not tags.seen & {"script", "img", "link", "i><"}
    assert "<script" not in text and "&lt;script&gt;" in text and "&lt;b&gt;A" in text
    assert not re.search(r"https?://|url\(|@import", text)
    assert '<span class="ga pa">屏幕</span><span class="ge pe">很清晰</span>' in text
    for words in ("边界错", "wrong span", "漏报", "missed", "not shown"):
        assert words in text


def test_a_review_is_cut_where_its_marks_begin_and_end() -> None:
    text = "😀屏幕很清晰"
    gold = Quad(Span(1, 3), Span(3, 6), None, Polarity.POSITIVE)
    found = Quad(None, Span(4, 6), None, Polarity.POSITIVE)
    cut = [("😀", ""), ("屏幕", "ga"), ("很", "ge"), ("清晰", "ge pe")]
    assert error_pieces(text, gold, found) == cut
    assert error_pieces(text, None, None) == [(text, "")]


@pytest.mark.parametrize(
    ("value", "low", "high", "words"),
    [
        (0.012, 0.003, 0.02, "better by 1.2 points, 95 % 0.3 to 2.0"),
        (-0.012, -0.02, -0.003, "worse by 1.2 points, 95 % 0.3 to 2.0"),
        (0.002, -0.005, 0.009, "not shown (+0.2, 95 % \u22120.5 … +0.9)"),
        (0.0, 0.0, 0.0, "not shown (+0.0, 95 % +0.0 … +0.0)"),
    ],
)
def test_a_difference_in_words(value: float, low: float, high: float, words: str) -> None:
    assert difference_name(PairedDifference(Interval(value, low, high), 0.5)).en == words
