"""Words that are swapped, what that moves, and what the command says of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guandian.audits.fairness.group_rates import group_table
from guandian.audits.fairness.swap_audit import audit_swaps
from guandian.audits.fairness.swap_moves import PlacedAnswer, in_frame, in_place, move_between
from guandian.audits.fairness.swap_table import SwapBounds
from guandian.cli.main import app
from guandian.domain import Mined, Opinion, Polarity, Review, Sentiment, Span
from guandian.domain.records import Language
from guandian.errors import GuandianError
from guandian.mining.even_miner import EvenMiner, read_evenly
from guandian.mining.miner import Miner
from guandian.pipelines.miners import open_miner, open_model
from guandian.text.swaps.swap_terms import KINDS, SwapTerms, read_terms, shipped_terms
from guandian.text.swaps.swapping import first_words, frame_texts, swapped_texts

TERMS = shipped_terms()
OWN = """
[[swaps]]
kind = "trade"
language = "zh"
sets = [["老师", "保安", "外卖小哥"]]
frames = ["我是{}，"]
"""


@pytest.fixture(scope="module")
def miner() -> Miner:
    return open_miner(threads=1)


def test_every_kind_has_frames_in_both_languages() -> None:
    stated = {(texts.kind, texts.language) for texts in frame_texts(TERMS)}
    assert stated == {(kind, language) for kind in KINDS for language in ("zh", "en")}
    for texts in frame_texts(TERMS):
        words = zip(texts.words, texts.texts, strict=True)
        assert all(text[texts.start :].startswith(word) for word, text in words)


@pytest.mark.parametrize(
    ("text", "kind", "swapped"),
    [
        ("老公说他喜欢", "gender", "老婆说她喜欢"),
        ("其他的吉他，夫妻都说好", "gender", None),
        ("😀He said his WIFE likes it", "gender", "😀She said his HUSBAND likes it"),
        ("shell, therapist, Sheila", "gender", None),
        ("苹果汁不如华为手机，小米粥也行", "brand", "苹果汁不如三星手机，小米粥也行"),
        ("老板是外地人，我有本地户口", "household", "老板是城里人，我有外地户口"),
    ],
)
def test_words_of_a_kind_change_together(text: str, kind: str, swapped: str | None) -> None:
    ways = list(swapped_texts(text, TERMS.only([kind]), most=1))
    assert [way.text for way in ways] == ([] if swapped is None else [swapped])


@given(st.lists(st.sampled_from(["老公", "他", "苹果汁", "Samsung", "😀", " 屏幕好", "河南人"])))
def test_a_swapped_text_leads_back_to_its_own(parts: list[str]) -> None:
    text = "".join(parts)
    for way in swapped_texts(text, TERMS):
        for new, old in ((new, old) for old, new in way.words):
            place = way.text.index(new)
            raw = way.alignment.to_raw(Span(place, place + len(new)))
            assert raw.of(text).lower() == old.lower() or new in text
        # Words of other kinds that the swap let arise would be read otherwise, so none may.
        one = first_words(text, TERMS.only([way.kind]))[0]
        assert first_words(way.text, TERMS.only([way.kind]))[0] == one


def test_a_file_of_ones_own_adds_words(tmp_path: Path) -> None:
    file = tmp_path / "words.toml"
    file.write_text(OWN, "utf-8")
    own = read_terms(file).only(["trade"])
    assert [texts.words for texts in frame_texts(own)] == [("老师", "保安", "外卖小哥")] * len(
        TERMS.statements["zh"]
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("zh", "fr"), "say zh or en"),
        (('["老师", "保安", "外卖小哥"]', '["老师"]'), "one word has nothing to stand for"),
        (("我是{}，", "我是，"), "needs {} once"),
        (("trade", " "), "needs a kind"),
        (("保安", "老师"), "stands twice"),
        (("frames", "frame"), "unknown key 'frame'"),
        (("[[swaps]]", "[swap]"), "unknown key 'swap'"),
        (("kind =", "kind"), "holds no words to swap"),
    ],
)
def test_a_wrong_file_is_told_by_its_place(
    tmp_path: Path, change: tuple[str, str], words: str
) -> None:
    file = tmp_path / "words.toml"
    file.write_text(OWN.replace(*change), "utf-8")
    with pytest.raises(GuandianError) as caught:
        read_terms(file)
    assert words in str(caught.value) and str(file) in str(caught.value)


def answer(text: str, positive: float, *opinions: tuple[str, Polarity, float]) -> Mined:
    label = Polarity.POSITIVE if positive > 0.6 else Polarity.NEGATIVE
    stated = []
    for words, polarity, confidence in opinions:
        span = Span(text.index(words), text.index(words) + len(words))
        stated.append(Opinion(None, span, span, "quality", polarity, confidence, words))
    whole = Sentiment(label, 1 - positive, 0.0, positive)
    return Mined("1", Language.CHINESE, whole, tuple(stated), (), (), "m")


def test_moves_are_counted_at_the_places_of_one_text() -> None:
    texts = next(t for t in frame_texts(TERMS) if len({*map(len, t.words)}) > 1)
    good, bad = Polarity.POSITIVE, Polarity.NEGATIVE
    first, other = 0, max(range(len(texts.words)), key=lambda k: len(texts.words[k]))
    before = answer(texts.texts[first], 0.9, ("清晰", good, 0.9), ("耐用", good, 0.8))
    after = answer(texts.texts[other], 0.5, ("清晰", good, 0.7), ("电池也耐用", good, 0.8))
    placed = [
        PlacedAnswer.of(mined, in_frame(texts, k)) for mined, k in ((before, first), (after, other))
    ]
    move = move_between(*placed)
    assert (move.flipped, move.turned, move.gone) == (True, 0, 2)
    assert (move.probability, *move.confidences) == pytest.approx((0.4, 0.2))
    turned = PlacedAnswer.of(answer(texts.texts[first], 0.9, ("清晰", bad, 0.9)), in_place)
    assert move_between(PlacedAnswer.of(before, in_place), turned).turned == 1


class Biased:
    """A model that likes one name less."""

    def predict(self, texts: object) -> list[Mined]:
        assert isinstance(texts, list)
        return [answer(text, 0.4 if "李娜" in text else 0.9) for text in texts]


def test_the_audit_sees_a_model_that_likes_a_name_less() -> None:
    terms = TERMS.only(["name"])
    table = audit_swaps(Biased().predict, terms, ["李娜和小张都说好", "没有名字"])
    frames, reviews = table.rows[0], table.rows[-2]
    assert (frames.origin, reviews.origin) == ("frames", "reviews")
    assert frames.sentiment.largest == pytest.approx(0.5)
    assert "李娜" in frames.worst and reviews.sources == 1
    share = 13 / 91 / 3  # of pairs of the first of three sets
    assert frames.sentiment.flips.value == pytest.approx(share)
    assert frames.sentiment.mean.low < 0.5 * share < frames.sentiment.mean.high
    assert "sentiment.flips" in table.rows[-1].beyond(SwapBounds())
    with pytest.raises(GuandianError, match=r"objective\.pairing"):
        table.check(SwapBounds())
    table.check(SwapBounds(1, 1, 1))


def test_reading_evenly_answers_alike_and_points_at_the_words_that_are_there(miner: Miner) -> None:
    even = EvenMiner(miner, TERMS)
    table = audit_swaps(even.predict, TERMS, ["老公说😀华为的屏幕很清晰"], frames=1)
    assert not table.rows[-1].beyond(SwapBounds(0, 0, 0))
    text = "😀三星手机不错，屏幕很清晰。"
    (mined,) = even.mine([Review("1", text)])
    assert "三星" in [entity.span.of(text) for entity in mined.entities]
    assert {opinion.tag for opinion in mined.opinions} >= {"屏幕很清晰"}
    plain = open_model()
    assert read_evenly(plain).key != plain.key and read_evenly(plain).rates is None


def test_groups_are_compared_by_equalised_odds() -> None:
    good, bad = Polarity.POSITIVE, Polarity.NEGATIVE
    gold = [bad, bad, good, good] * 2
    labels = [bad, bad, good, good, bad, good, good, good]
    table = group_table(["a"] * 4 + ["b"] * 4, gold, labels)
    assert table.odds == {bad: 0.5, good: 0.5}
    rates = {(r.group, r.sentiment): r for r in table.rows}
    assert rates["b", bad].recall is not None and rates["b", bad].recall.value == 0.5
    assert rates["b", good].false_alarms is not None
    assert rates["a", bad].few
    with pytest.raises(GuandianError, match="1 group of"):
        group_table(["a"] * 8, gold, labels)


def test_the_command_tells_and_refuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, out = tmp_path / "reviews.csv", tmp_path / "alike.json"
    rows = ["text,sentiment,age", "小王说屏幕很清晰,正面,18-25", "小王说质量很差,负面,18-25",
            "小李说质量很差，用了两天就坏了,负面,60+", "小李很满意,正面,60+"]  # fmt: skip
    file.write_text("\n".join(rows), "utf-8")
    call = ["audit", "alike", "guandian-small", str(file), "--kind", "name", "--frames", "1"]
    more = ["--group", "age", "--json", str(out), "--flips", "1"]
    app([*call, *more], standalone_mode=False)
    told = capsys.readouterr().out
    assert "60+" in told and "均等几率差" in told
    figures = json.loads(out.read_text("utf-8"))
    assert {row["origin"] for row in figures["rows"]} == {"frames", "reviews", "all"}
    assert len(figures["groups"]["rates"]) == 4
    never = ["--mean", "0", "--largest", "0", "--flips", "0", "--strict"]
    assert app([*call, *never], standalone_mode=False) == 1
    assert app([*call, *never, "--evenly"], standalone_mode=False) in (None, 0)
    with pytest.raises(GuandianError, match="would do nothing without"):
        app(["audit", "alike", "guandian-small", "--group", "age"], standalone_mode=False)


def test_groups_are_looked_at_before_the_swaps(tmp_path: Path) -> None:
    file = tmp_path / "reviews.csv"
    file.write_text("text,情感,product\n很好,正面,A\n难吃,负面,A\n", "utf-8")
    call = ["audit", "alike", str(tmp_path / "no bundle"), str(file), "--gold", "情感"]
    for column, told in (("sex", "no column 'sex' to compare by"), ("product", "1 group of")):
        with pytest.raises(GuandianError, match=told):
            app([*call, "--group", column], standalone_mode=False)
    file.write_text("text,情感,product\n很好,正面,A\n难吃,负面,B\n", "utf-8")
    with pytest.raises(GuandianError, match="no bundle at"):  # a column with a role may be meant
        app([*call, "--group", "product"], standalone_mode=False)


def test_nothing_to_swap_is_told() -> None:
    with pytest.raises(GuandianError, match="no text holds any word"):
        audit_swaps(Biased().predict, SwapTerms((), {}), ["好"])


def test_how_far_the_reading_is_is_told_up_to_its_end() -> None:
    told: list[tuple[int, int]] = []
    reviews = ["老公说😀华为的屏幕很清晰", "没有名字"] * 200
    audit_swaps(
        Biased().predict, TERMS, reviews, frames=2, watch=lambda read, of: told.append((read, of))
    )
    assert len(told) > 1 and len({of for _, of in told}) == 1
    assert sum(read for read, _ in told) == told[0][1]
