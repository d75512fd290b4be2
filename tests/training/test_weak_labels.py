from __future__ import annotations

from pathlib import Path

import pytest

from guandian.data import write_own
from guandian.domain import Labelled, Polarity
from guandian.errors import RecipeError
from guandian.recipes.recipe import parse_recipe
from guandian.recipes.sections import SentimentWords
from guandian.training.data.dataset import gather
from guandian.training.data.weak_labels import label_by_words

WORDS = SentimentWords(
    negative=("差", "不满意", "bad"), neutral=("一般",), positive=("满意", "很好", "good", "(^_^)")
)


@pytest.mark.parametrize(
    ("text", "polarity", "rest"),
    [
        ("很满意，物流也快", Polarity.POSITIVE, "很 ，物流也快"),
        ("不满意，充不进电", Polarity.NEGATIVE, " ，充不进电"),
        ("音质一般，戴着还行", Polarity.NEUTRAL, "音质 ，戴着还行"),
        ("Good, really GOOD sound", Polarity.POSITIVE, " , really   sound"),
        ("声音bad透了", Polarity.NEGATIVE, "声音 透了"),
        ("送人了(^_^)", Polarity.POSITIVE, "送人了 "),
    ],
)
def test_seed_words_label_and_leave_the_text(text: str, polarity: Polarity, rest: str) -> None:
    (found,) = label_by_words(WORDS, [Labelled("1", text, "own", sentiment=Polarity.NEUTRAL)])
    assert (found.sentiment, found.text, found.original) == (polarity, rest, text)


@pytest.mark.parametrize("text", ["物流很快", "很好看，但是声音差", "很好", "the badge", "goods"])
def test_texts_without_one_clear_word_are_left_out(text: str) -> None:
    assert label_by_words(WORDS, [Labelled("1", text, "own")]) == []


def test_a_recipe_learns_what_words_label(tmp_path: Path) -> None:
    texts = ["很好，电池耐用", "差，三天就坏了", "还没有用", "很好，屏幕清楚"]
    write_own([Labelled(str(k), text, "own") for k, text in enumerate(texts)], tmp_path / "a.jsonl")
    part = {"corpus": "a.jsonl", "seed_words": WORDS.model_dump()}
    asked = {"name": "words", "base": {"model": "tiny"}, "data": [part]}
    learned = [record for record, _ in gather(parse_recipe(asked), tmp_path).train]
    assert [(record.text, record.sentiment) for record in learned] == [
        (" ，电池耐用", Polarity.POSITIVE),
        (" ，三天就坏了", Polarity.NEGATIVE),
        (" ，屏幕清楚", Polarity.POSITIVE),
    ]
    with pytest.raises(RecipeError, match="both `labelled_by` and `seed_words`"):
        parse_recipe(asked | {"data": [part | {"labelled_by": "other"}]})
