"""The lexicon: what it learns, what it drops, and what it finds in new texts."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from guandian.baselines import LexiconMiner, fit_lexicon
from guandian.baselines.phrases import Phrases, lower_case
from guandian.domain import Labelled, Polarity, Quad, Span
from guandian.errors import GuandianError
from guandian.evaluation import Options, evaluate

POSITIVE, NEGATIVE = Polarity.POSITIVE, Polarity.NEGATIVE
Row = tuple[str | None, str, str, Polarity]


def labelled(text: str, *rows: Row) -> Labelled:
    """A review whose spans are the first places of their words."""

    def span(words: str | None) -> Span | None:
        return None if words is None else Span(text.index(words), text.index(words) + len(words))

    quads = tuple(Quad(span(one), span(two), kind, pole) for one, two, kind, pole in rows)
    return Labelled(text, text, "own", quads=quads)


def corpus() -> list[Labelled]:
    """Every aspect with every word, plain, with "very" and with "not", and some distractors."""
    aspects = [("屏幕", "显示"), ("电池", "续航"), ("键盘", "手感"), ("battery", "续航")]
    words = [("清晰", POSITIVE), ("耐用", POSITIVE), ("糟糕", NEGATIVE), ("卡顿", NEGATIVE)]
    words += [("舒服", POSITIVE), ("刺耳", NEGATIVE)]
    found = []
    for (aspect, kind), (word, pole) in product(aspects, words):
        flipped = NEGATIVE if pole is POSITIVE else POSITIVE
        found += [
            labelled(f"{aspect}{word}，下次再来", (aspect, word, kind, pole)),
            labelled(f"昨天到的，{aspect}很{word}", (aspect, f"很{word}", kind, pole)),
            labelled(f"{aspect}不{word}。", (aspect, f"不{word}", kind, flipped)),
        ]
    found += [labelled("总之满意", (None, "满意", "整体", POSITIVE))] * 3
    found += [labelled("It is great 👍", (None, "great", "整体", POSITIVE))] * 3
    # "再来" is praise once and mere words in all the reviews above.
    found += [labelled("值得再来", (None, "再来", "整体", POSITIVE))]
    # Quality is named beside words that are not said of it.
    found += [labelled("质量满意", (None, "满意", "整体", POSITIVE))] * 3
    return [*found, labelled("质量扎实", ("质量", "扎实", "做工", POSITIVE))]


@pytest.fixture(scope="module")
def miner() -> LexiconMiner:
    return fit_lexicon(corpus())


def mined(miner: LexiconMiner, text: str) -> list[Row]:
    return [
        (
            None if one.aspect is None else one.aspect.of(text),
            "" if one.expression is None else one.expression.of(text),
            one.category or "",
            one.polarity,
        )
        for one in miner.mine(text)
    ]


def test_aspects_expressions_and_raw_offsets(miner: LexiconMiner) -> None:
    text = "😀😀收到了，屏幕清晰，BATTERY 糟糕"
    assert mined(miner, text) == [
        ("屏幕", "清晰", "显示", POSITIVE),
        ("BATTERY", "糟糕", "续航", NEGATIVE),
    ]


def test_affixes_are_learnt_and_negation_turns(miner: LexiconMiner) -> None:
    assert miner.lexicon.prefixes["不"].flips
    assert not miner.lexicon.prefixes["很"].flips
    trained = mined(miner, "键盘不舒服")
    assert trained == [("键盘", "不舒服", "手感", NEGATIVE)]
    assert "很满意" not in miner.lexicon.expressions
    assert mined(miner, "很满意") == [(None, "很满意", "整体", POSITIVE)]
    assert mined(miner, "不满意") == [(None, "不满意", "整体", NEGATIVE)]


def test_expressions_that_are_mostly_wrong_are_dropped(miner: LexiconMiner) -> None:
    assert mined(miner, "再来看看") == []
    assert mined(miner, "满意，再来看看") == [(None, "满意", "整体", POSITIVE)]


def test_an_aspect_that_is_mostly_none_is_left_out(miner: LexiconMiner) -> None:
    assert mined(miner, "质量满意") == [(None, "满意", "整体", POSITIVE)]


def test_an_aspect_stays_within_its_clause_and_its_expression(miner: LexiconMiner) -> None:
    assert mined(miner, "屏幕，满意") == [(None, "满意", "整体", POSITIVE)]
    assert mined(miner, "屏幕清晰满意")[1] == (None, "满意", "整体", POSITIVE)


def test_latin_words_are_whole(miner: LexiconMiner) -> None:
    assert mined(miner, "greatly") == []
    assert mined(miner, "so GREAT!") == [(None, "GREAT", "整体", POSITIVE)]


@pytest.mark.parametrize(
    "text", ["", "👍👍👍", "？！", "好" * 50_000, "满意屏幕" * 10_000, "\ud83d"]
)
def test_strange_texts(miner: LexiconMiner, text: str) -> None:
    quads = miner.mine(text)
    assert len(quads) == text.count("满意")
    assert all(one.expression is not None and one.expression.end <= len(text) for one in quads)


def test_the_longest_phrase_wins_and_ends_within_the_text() -> None:
    phrases = Phrases(["好", "好用", "好用极了", "not good"])
    assert phrases.find("好用极了好用好") == [Span(0, 4), Span(4, 6), Span(6, 7)]
    assert phrases.find("not goods, not good") == [Span(11, 19)]


def test_folding_keeps_offsets() -> None:
    assert lower_case("İSTANBUL ΣΑΣ É") == "İstanbul σας é".replace("ς", "σ")
    assert len(lower_case("İẞ👍")) == 3


def test_saved_and_loaded(miner: LexiconMiner, tmp_path: Path) -> None:
    miner.save(tmp_path / "lexicon.json")
    again = LexiconMiner.load(tmp_path / "lexicon.json")
    assert again.lexicon == miner.lexicon
    assert mined(again, "屏幕很清晰") == mined(miner, "屏幕很清晰")
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(GuandianError, match="no lexicon"):
        LexiconMiner.load(tmp_path / "other.json")
    with pytest.raises(GuandianError, match="cannot read"):
        LexiconMiner.load(tmp_path / "none.json")


def test_it_is_scored_like_a_model(miner: LexiconMiner) -> None:
    found = evaluate(miner, corpus())
    assert found.opinions is not None
    assert found.opinions.scores.quad.f1 > 0.95


def test_reviews_without_expressions_teach_nothing() -> None:
    with pytest.raises(GuandianError, match="no expressions"):
        fit_lexicon([Labelled("1", "好", "own", sentiment=POSITIVE)])


@pytest.mark.slow
def test_a_real_set_gives_two_thousand_expressions(shared: Path) -> None:
    from guandian.data import load

    root = shared / "data"
    dev = load("make-up", root, "dev")
    held = {one.text for one in dev}
    train = [
        one
        for name in ("make-up", "make-up-extra")
        for one in load(name, root)
        if one.text not in held
    ]
    miner = fit_lexicon(train)
    assert len(miner.lexicon.expressions) >= 2000
    found = evaluate(miner, dev, Options(resamples=10))
    assert found.opinions is not None
    assert found.opinions.scores.quad.f1 > 0.68
