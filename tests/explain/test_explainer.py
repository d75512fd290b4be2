"""Explanations of the shipped model: words, effects, edits, bounds."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from guandian.cli.main import app
from guandian.domain import Polarity, Review
from guandian.errors import GuandianError
from guandian.explain.explained_text import explanation_view
from guandian.explain.explainer import Explainer
from guandian.explain.explanation import ReviewExplanation
from guandian.explain.explanation_page import explanation_page
from guandian.explain.units import cut_units
from guandian.mining.miner import Miner
from guandian.pipelines import open_miner
from guandian.text.segmentation import JiebaSegmenter

TEXT = "屏幕很清晰，但是电池不耐用"


@pytest.fixture(scope="module")
def miner() -> Miner:
    return open_miner(threads=1)


@pytest.fixture(scope="module")
def explanation(miner: Miner) -> ReviewExplanation:
    return Explainer(miner).explain(Review("7", TEXT))


def test_effects_add_up_and_the_answers_are_those_of_mining(
    miner: Miner, explanation: ReviewExplanation
) -> None:
    (mined,) = miner.mine([Review("7", TEXT)])
    assert explanation.mined == mined and 2 < explanation.passes <= 20
    assert [unit.of(TEXT) for unit in explanation.units][:3] == ["屏幕", "很", "清晰"]
    lean = mined.sentiment.positive - mined.sentiment.negative
    for effects, value in [
        (explanation.sentiment, lean),
        *[(entry.confidence, entry.opinion.confidence) for entry in explanation.opinions],
    ]:
        assert effects.value == pytest.approx(value, abs=1e-4)
        assert sum(effects.by_unit) == pytest.approx(effects.value - effects.base)


def test_the_words_of_an_opinion_carry_its_confidence(explanation: ReviewExplanation) -> None:
    sharp = next(e for e in explanation.opinions if e.opinion.polarity is Polarity.POSITIVE)
    strongest = int(np.argmax(sharp.confidence.by_unit))
    assert explanation.units[strongest].of(TEXT) in "很清晰"


def test_the_estimate_is_near_the_exact_values(miner: Miner) -> None:
    review = Review("1", "手感很好，物流太慢")
    exact = Explainer(miner, "exact").explain(review)
    told = Explainer(miner).explain(review)
    assert exact.units == told.units and exact.passes > 2 ** len(exact.units)
    both = np.corrcoef(exact.sentiment.by_unit, told.sentiment.by_unit)
    assert both[0, 1] > 0.9


def test_an_edit_is_the_review_without_its_words_and_turns_it(miner: Miner) -> None:
    review = Review("1", "The screen looks sharp but its battery is terrible.")
    told = Explainer(miner, passes=40).explain(review)
    assert told.edit is not None and told.edit.text is not None
    assert all(word not in told.edit.text.split() for word in told.words(told.edit.units))
    (again,) = miner.mine([Review("1", told.edit.text)])
    assert again.sentiment.label == told.edit.label != told.mined.sentiment.label


@pytest.mark.parametrize("text", ["", " \n", "！！！", "此用户没有填写评价。"])
def test_what_the_model_is_not_asked_about_has_no_effects(miner: Miner, text: str) -> None:
    told = Explainer(miner).explain(Review("1", text))
    assert told.units == () and told.opinions == () and told.mined.warnings
    assert "effects" in told.to_json()["sentiment"]


def test_a_long_text_is_read_in_windows_and_no_more_often(miner: Miner) -> None:
    text = "屏幕很清晰😀，但是电池不耐用。The screen is sharp. " * 12
    told = Explainer(miner).explain(Review("1", text))
    assert told.passes <= 20 and len(told.units) <= 13
    assert told.units[0].of(text).startswith("屏幕")
    assert len(told.opinions) == len(told.mined.opinions) > 4
    for before, after in zip(told.units, told.units[1:], strict=False):
        assert before.end <= after.start


def test_units_cover_every_token_and_phrases_stay_out_of_expressions(miner: Miner) -> None:
    text = "电池真的不耐用，物流倒是挺快的"
    encoded, segmenter = miner.reader.pieces.encode(text), JiebaSegmenter()
    words = cut_units(text, encoded, segmenter, 99)
    assert set(words.of_token.tolist()) == set(range(len(words)))
    few = cut_units(text, encoded, segmenter, 4, [words.spans[-2]])
    assert len(few) == 4 and words.spans[-2] in few.spans


def test_bounds_are_told(miner: Miner) -> None:
    with pytest.raises(GuandianError, match="in 3 readings"):
        Explainer(miner, passes=3)
    with pytest.raises(GuandianError, match="take 2\\^"):
        Explainer(miner, "exact").explain(Review("1", TEXT * 3))


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_text_is_inert_on_the_page_and_in_the_terminal(miner: Miner) -> None:
    text = "<script>alert(1)</script>屏幕\x1b[31m很清晰\u202e<img src=x onerror=y>，物流慢"
    told = Explainer(miner).explain(Review("<b>1</b>", text))
    page = explanation_page([told], miner.labels.names)
    parsed = Tags()
    parsed.feed(page)
    assert "script" not in parsed.tags and "img" not in parsed.tags and "b" in parsed.tags
    assert "alert(1)" in parsed.text and "default-src 'none'" in page
    console = Console(width=100, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    console.print(explanation_view(told, miner.labels.names))
    console.file.close()
    shown = console.export_text()
    assert "\x1b[31m" not in shown and "\u202e" not in shown


def test_the_command_explains_a_row_and_writes_what_it_showed(tmp_path: Path) -> None:
    reviews = tmp_path / "reviews.csv"
    reviews.write_text(f"id,text\na,物流快\nb,{TEXT}\n", "utf-8")
    out, page = tmp_path / "told.json", tmp_path / "told.html"
    call = ["explain", str(reviews), "--row", "2", "--json", str(out), "--html", str(page)]
    ran = CliRunner().invoke(app, [*call, "--language", "en"])
    assert ran.exit_code == 0, ran.output
    (told,) = json.loads(out.read_text("utf-8"))
    assert told["id"] == "b" and told["text"] == TEXT and told["method"] == "shapley"
    assert [TEXT[unit["start"] : unit["end"]] for unit in told["units"]] == [
        unit["text"] for unit in told["units"]
    ]
    assert "whole review" in ran.output and "清晰" in page.read_text("utf-8")
    for wrong, words in (
        (["explain"], "a file or a text"),
        (["explain", str(reviews), "--row", "9"], "no review 9"),
        (["explain", "--text", " "], "text is empty"),
    ):
        failed = CliRunner().invoke(app, wrong)
        assert isinstance(failed.exception, GuandianError) and words in str(failed.exception)
