"""The wire format, there and back."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guandian.domain import Label, Mined, Opinion, Polarity, Review, Sentiment, Span
from guandian.domain.records import Language
from guandian.files import from_wire, to_wire

from .samples import MINED, REVIEW, TEXT, without_opinions


def test_the_object_is_the_documented_one() -> None:
    assert to_wire(REVIEW, MINED) == {
        "id": "r-1",
        "text": TEXT,
        "language": "zh",
        "product": "P50",
        "rating": 4.0,
        "time": "2024-03-05",
        "sentiment": {
            "label": "negative",
            "scores": {"negative": 0.5, "neutral": 0.125, "positive": 0.375},
        },
        "opinions": [
            {
                "aspect": {"start": 5, "end": 7, "text": "屏幕"},
                "expression": {"start": 7, "end": 10, "text": "很清晰"},
                "evidence": {"start": 0, "end": 10, "text": "👍华为这块屏幕很清晰"},
                "category": "performance",
                "polarity": "positive",
                "confidence": 0.93,
                "tag": "屏幕清晰",
            },
            {
                "aspect": None,
                "expression": None,
                "evidence": {"start": 11, "end": 18, "text": "但是电池不耐用"},
                "category": "battery",
                "polarity": "negative",
                "confidence": 0.5,
                "tag": "电池不耐用",
            },
        ],
        "entities": [{"start": 1, "end": 3, "text": "华为", "type": "brand", "confidence": 0.98}],
        "warnings": ["a long review was read in windows"],
        "model": "guandian-small@1.0.0",
        "extra": {"城市": "杭州", "text": "=1+1"},
    }


def test_a_bare_review_has_the_bare_keys() -> None:
    assert list(to_wire(*without_opinions(1))) == [
        "id",
        "text",
        "language",
        "sentiment",
        "opinions",
        "entities",
        "warnings",
        "model",
        "extra",
    ]


def test_labels_stand_before_the_warnings_and_come_back() -> None:
    labels = {"stars": Label("4", 0.5), "topics": Label(("a",), (0.75,)), "score": Label(4.0)}
    mined = replace(MINED, labels=labels)
    wire = to_wire(REVIEW, mined)
    assert list(wire)[-4:] == ["labels", "warnings", "model", "extra"]
    assert wire["labels"] == {
        "stars": {"value": "4", "probability": 0.5},
        "topics": {"value": ["a"], "probability": [0.75]},
        "score": {"value": 4.0},
    }
    assert from_wire(json.loads(json.dumps(wire))) == (REVIEW, mined)
    assert "labels" not in to_wire(REVIEW, MINED)


def test_there_and_back() -> None:
    assert from_wire(json.loads(json.dumps(to_wire(REVIEW, MINED)))) == (REVIEW, MINED)


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_there_and_back_for_any_text_and_spans(data: st.DataObject) -> None:
    text = data.draw(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30))
    ends = st.integers(1, len(text)).flatmap(
        lambda end: st.integers(0, end - 1).map(lambda start: Span(start, end))
    )
    part = st.integers(0, 10**6).map(lambda millionths: millionths / 10**6)
    opinion = st.builds(
        Opinion,
        st.none() | ends,
        st.none() | ends,
        ends,
        st.text(st.characters(exclude_categories=["Cs"])),
        st.sampled_from(Polarity),
        part,
        st.just("tag"),
    )
    opinions = tuple(data.draw(st.lists(opinion, max_size=4)))
    sentiment = Sentiment(Polarity.POSITIVE, data.draw(part), 0.0, 0.0)
    review = Review("1", text, language=Language.MIXED)
    mined = Mined("1", Language.MIXED, sentiment, opinions, (), (), "m@1")
    line = json.dumps(to_wire(review, mined), ensure_ascii=False)
    assert from_wire(json.loads(line)) == (review, mined)


def _altered(path: list[str | int], value: object) -> dict[str, Any]:
    found = deepcopy(to_wire(REVIEW, MINED))
    at: Any = found
    for key in path[:-1]:
        at = at[key]
    if value is None:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return found


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (["text"], None, "text is missing"),
        (["text"], "别的文字，长短也差不多，偏移却对不上", "is not what the text has"),
        (["opinions", 0, "polarity"], "great", r"opinions\.0\.polarity"),
        (["opinions", 0, "aspect", "end"], 99, "is not what the text has at 5 to 99"),
        (["opinions", 0, "aspect", "start"], -1, "0 <= start < end"),
        (["opinions"], "none", "opinions"),
        (["sentiment", "scores", "neutral"], None, "neutral"),
        (["language"], "tlh", "language"),
        (["id"], 7, "id"),
        (["opinions", 0, "confidence"], float("nan"), r"opinions\.0\.confidence takes a finite"),
        (["entities", 0, "confidence"], float("inf"), r"entities\.0\.confidence takes a finite"),
        (["sentiment", "scores", "neutral"], float("nan"), "neutral takes a finite"),
        (["rating"], float("nan"), "rating takes a finite"),
    ],
)
def test_an_altered_object_is_refused(path: list[str | int], value: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        from_wire(_altered(path, value))


def test_another_reviews_result_is_refused() -> None:
    with pytest.raises(ValueError, match="was mined as"):
        to_wire(Review("other", TEXT), MINED)
