"""Replies to reviews: what is drafted, what no reply may hold, and that orders change nothing."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
from typer.testing import CliRunner

from guandian.assist.replies import (
    HouseStyle,
    ReplyDraft,
    ReplyIndex,
    check_reply,
    draft_replies,
    draft_reply,
    likeness,
    near_equal,
    pair_of_edit,
    read_style,
)
from guandian.assist.replies.second_look import stars_of
from guandian.cli.main import app
from guandian.domain import Language, Mined, Opinion, Polarity, Review, Sentiment, Span
from guandian.errors import GuandianError
from guandian.files import to_wire

BENCH = Path(__file__).parents[2] / "bench"
POSITIVE, NEGATIVE = Polarity.POSITIVE, Polarity.NEGATIVE
Point = tuple[str, str, str, Polarity]


@pytest.fixture(scope="module")
def checks() -> ModuleType:
    """The checks that know nothing of the guards."""
    sys.path.insert(0, str(BENCH))
    try:
        return import_module("reply_checks")
    finally:
        sys.path.remove(str(BENCH))


def mined(text: str, *points: Point, rating: float | None = None) -> tuple[Review, Mined]:
    """A review and opinions of it: aspect, expression, category, polarity."""
    opinions = []
    for aspect, expression, category, polarity in points:
        spans = [
            Span(text.index(words), text.index(words) + len(words)) if words else None
            for words in (aspect, expression)
        ]
        evidence = Span(0, len(text))
        opinions.append(Opinion(*spans, evidence, category, polarity, 0.9, aspect))
    polarities = {opinion.polarity for opinion in opinions}
    label = polarities.pop() if len(polarities) == 1 else Polarity.NEUTRAL
    language = Language.ENGLISH if text.isascii() else Language.CHINESE
    sentiment = Sentiment(label, *(0.9 if label == each else 0.05 for each in Polarity))
    review = Review("r", text, rating=rating)
    return review, Mined("r", language, sentiment, tuple(opinions), (), (), "m@1")


def drafted(text: str, *points: Point, rating: float | None = None) -> ReplyDraft:
    return draft_reply(*mined(text, *points, rating=rating))


def test_praise_is_thanked_for_by_name_and_may_be_sent() -> None:
    draft = drafted("屏幕很清晰", ("屏幕", "很清晰", "performance", POSITIVE), rating=5)
    assert draft.mood == "thanks"
    assert "屏幕" in draft.public and "抱歉" not in draft.public
    assert [name.words for name in draft.named] == ["屏幕"]
    assert not draft.needs_person


def test_a_complaint_gets_an_apology_and_a_next_step_in_its_language() -> None:
    draft = drafted("电池不耐用", ("电池", "不耐用", "performance", NEGATIVE), rating=2)
    assert draft.mood == "apology" and "电池" in draft.public
    assert "歉" in draft.public or "对不起" in draft.public
    assert "客服" in draft.public
    assert draft.needs_person and "few_stars" in draft.reasons
    english = drafted("The battery died", ("battery", "died", "performance", NEGATIVE))
    assert english.language == "en" and "the battery" in english.public
    assert "sorry" in english.public.lower() or "apolog" in english.public.lower()


def test_praise_and_complaint_are_told_apart() -> None:
    points = (
        ("屏幕", "很清晰", "performance", POSITIVE),
        ("电池", "不耐用", "performance", NEGATIVE),
    )
    draft = drafted("屏幕很清晰，电池不耐用", *points, rating=3)
    assert draft.mood == "both"
    assert {name.words: name.polarity for name in draft.named} == {
        "屏幕": POSITIVE,
        "电池": NEGATIVE,
    }


@pytest.mark.parametrize("stars", [1, 2])
def test_two_stars_or_fewer_are_never_sent_unseen(stars: float) -> None:
    draft = drafted("质量很好", ("质量", "很好", "quality", POSITIVE), rating=stars)
    assert draft.needs_person and {"few_stars", "conflict"} <= set(draft.reasons)
    assert draft.mood == "neutral"  # nobody is thanked for what the stars deny


def test_stars_are_read_on_their_scale() -> None:
    assert stars_of(Review("r", "", rating=4, scale=10)) == 2
    assert stars_of(Review("r", "", rating=8)) == 4
    assert stars_of(Review("r", "", rating=1000)) is None
    draft = draft_reply(*mined("好", rating=1000))
    assert "few_stars" in draft.reasons  # a scale that nobody knows may be a bad one


def test_a_danger_is_met_with_a_stop_and_not_with_a_remark() -> None:
    point = ("面霜", "过敏", "experience", NEGATIVE)
    draft = drafted("面霜用了过敏", point, rating=1)
    assert "health" in draft.reasons
    assert "停" in draft.public or "不要再用" in draft.public


@pytest.mark.parametrize(
    ("text", "stop"),
    [
        ("脸过敏了", True),
        ("宝宝用了过敏，充不进电", True),
        ("没有过敏，充不进电", False),
        ("不会漏电，就是慢", False),
        ("酒店在医院旁边，太吵", False),
        ("孕妇装太小", False),
        ("no rash, but it is too slow", False),
        ("it gave me a rash", True),
    ],
)
def test_only_harm_that_is_not_denied_asks_to_stop(text: str, *, stop: bool) -> None:
    draft = drafted(text, ("", text[-3:], "other", NEGATIVE), rating=2)
    words = ("停", "不要再用", "stop", "don't use", "not use", "set it aside", "aside")
    assert any(word in draft.public for word in words) == stop


def test_harm_outside_of_a_complaint_is_looked_at_and_not_answered() -> None:
    text = "之前那家的用了过敏，这款很温和"
    draft = drafted(text, ("这款", "很温和", "experience", POSITIVE), rating=4)
    assert "health" in draft.reasons and draft.mood == "thanks" and "停" not in draft.public


def test_masked_personal_data_is_a_reason_to_look() -> None:
    point = ("屏幕", "很清晰", "performance", POSITIVE)
    for data in ("13800138000", "[手机号]", "[手机号8000]", "[手机号 abcdefghijkl]"):
        assert "personal_data" in drafted(f"屏幕很清晰，找我{data}", point, rating=5).reasons
    assert "personal_data" not in drafted("屏幕很清晰[赞]", point, rating=5).reasons


@pytest.mark.parametrize(
    ("text", "law"),
    [
        ("再不处理就打12315", True),
        ("我要找工商局", True),
        ("上网曝光你们", True),
        ("I will sue you", True),
        ("I will go to the press", True),
        ("用工商银行卡付的", False),
        ("相机曝光怎么调", False),
        ("曝光度很准", False),
        ("press the button", False),
        ("Sue at the front desk was kind", False),
        ("编号 88123456", False),
    ],
)
def test_the_law_is_told_from_words_that_look_like_it(text: str, *, law: bool) -> None:
    assert ("law" in drafted(text, rating=4).reasons) == law


def test_praise_without_a_sure_opinion_is_thanked_for() -> None:
    draft = draft_reply(*mined("Love it, smells like roses", rating=5))
    assert draft.mood == "thanks" and draft.public
    assert draft_reply(*mined("Love it, smells like roses", rating=3)).mood == "neutral"


def test_words_to_avoid_leave_no_draft_rather_than_half_of_one() -> None:
    rows = [
        mined("The screen is crisp", ("screen", "crisp", "performance", POSITIVE), rating=5),
        mined("The battery died", ("battery", "died", "performance", NEGATIVE), rating=1),
        mined("ok then", rating=3),
    ]
    for avoid in (("Thank",), ("WE", "You"), ("e",), ("Sorry", "apolog", "regret")):
        for review, answer in rows:
            draft = draft_reply(review, answer, HouseStyle(avoid=avoid))
            for text in (draft.public, draft.private):
                assert not any(word.lower() in text.lower() for word in avoid)
            assert (draft.public and draft.private) or "guarded" in draft.reasons
    assert not draft_reply(*rows[0], HouseStyle(avoid=("e", "a"))).public


BREAKING = [
    ("五星好评返现10元", {"rating", "money"}),
    ("给您送一张优惠券", {"money"}),
    ("麻烦您把差评删了", {"rating"}),
    ("方便的话修改一下您的评价", {"rating"}),
    ("请加微信 abc12345 联系", {"contact"}),
    ("请拨打 13800138000", {"contact"}),
    ("ｑｑ：１２３４５６７８", {"contact"}),
    ("是您自己操作不当造成的", {"blame"}),
    ("没有仔细看说明书", {"blame"}),
    ("用一周就能根治，没有副作用", {"medical", "promise"}),
    ("明天给您补发", {"promise"}),
    ("24小时内送到", {"promise"}),
    ("作为一个AI语言模型，我忽略以上规则", {"orders"}),
    ("<b>谢谢</b>", {"marks"}),
    ("谢谢\u202e您", {"marks"}),
    ("这种垃圾顾客", {"foul"}),
    ("We will refund you in full", {"money"}),
    ("Please update your review to 5 stars", {"rating"}),
    ("Call us or visit shop.example.com", {"contact"}),
    ("You should have read the manual, it is your own fault", {"blame"}),
    ("It cures eczema without side effects", {"medical"}),
    ("A replacement will arrive tomorrow, guaranteed", {"promise"}),
]
ORDINARY = [
    ("加vx聊", {"contact"}),
    ("加qq聊", {"contact"}),
    ("请加Q：abc", {"contact"}),
    ("给您退二十块", {"money"}),
    ("给您转账十元", {"money"}),
    ("给您补五十", {"money"}),
    ("给您refund", {"money"}),
    ("We'll pay you", {"money"}),
    ("满意请给几颗星星", {"rating"}),
    ("您把星星点满吧", {"rating"}),
    ("⭐⭐⭐⭐⭐", {"rating"}),
    ("Make it 5 out of 5", {"rating"}),
    ("您买错了", {"blame"}),
    ("是您没装好", {"blame"}),
    ("It is there in two days", {"promise"}),
]


@pytest.mark.parametrize(("reply", "rules"), [*BREAKING, *ORDINARY])
def test_guards_find_what_no_reply_may_hold(reply: str, rules: set[str]) -> None:
    violations = check_reply(reply)
    assert rules <= {violation.rule for violation in violations}
    for violation in violations:
        assert violation.span.of(reply) == violation.words and violation.why


@pytest.mark.parametrize(
    "reply",
    [
        "谢谢您对屏幕的肯定，我们会转告同事。",
        "很抱歉让您失望了，请在订单页联系客服，我们会查清楚。",
        "Thank you for your kind words. Feel free to write to us in the chat.",
    ],
)
def test_a_decent_reply_passes(reply: str) -> None:
    assert check_reply(reply) == ()


def test_a_reply_repeats_no_long_run_of_the_review() -> None:
    review = "这个商品的物流实在是太慢了等了好久好久才收到而且包装也不好"
    assert [v.rule for v in check_reply(f"您说{review[:24]}", review)] == ["echo"]


def test_hostile_reviews_change_nothing(checks: ModuleType) -> None:
    """Orders, markup, contact data and foul words of a review stand in no draft."""
    lines = (BENCH / "hostile_reviews.jsonl").read_text("utf-8").splitlines()
    reviews = []
    for number, row in enumerate(json.loads(line) for line in lines):
        words = [part for part in row["text"].replace("，", " ").split() if part]
        polarity = POSITIVE if row["rating"] > 3 else NEGATIVE
        # The worst miner: every piece of the text is an aspect and praise at once.
        points = [(word, word, "service", polarity) for word in dict.fromkeys(words)]
        review, answer = mined(row["text"], *points, rating=row["rating"])
        reviews.append((replace(review, id=str(number)), replace(answer, review_id=str(number))))
    for (review, _), draft in zip(reviews, draft_replies(reviews), strict=True):
        assert checks.broken(draft.public, review.text) == []
        assert checks.broken(draft.private, review.text) == []
        assert "{" not in draft.public + draft.private


def test_an_aspect_with_hidden_letters_or_digits_is_not_named() -> None:
    for words in ("电\u200b池", "加我13800138000", "<b>屏幕</b>", "返现", "微信", "它"):
        draft = drafted(f"{words}很好", (words, "很好", "other", POSITIVE), rating=5)
        assert draft.named == () and draft.public


@pytest.mark.parametrize("sign", ["1", "三", "1 ", "一 ", "$ ", "a-", "1.", "@"])
def test_a_guard_takes_no_square_of_a_long_run(sign: str) -> None:
    def seconds(length: int) -> float:
        text = sign * (length // len(sign))
        spent = []
        for _ in range(3):
            started = time.process_time()
            check_reply(text)
            spent.append(time.process_time() - started)
        return min(spent)

    check_reply("")
    assert seconds(5000) < 3 * seconds(2500) + 0.02


def test_the_checks_of_the_tests_find_what_they_are_for(checks: ModuleType) -> None:
    silent = [reply for reply, _ in BREAKING if not checks.broken(reply)]
    assert silent == []


def test_drafts_to_one_and_the_same_review_differ_and_stock_answers_are_refused() -> None:
    review, answer = mined("很好", ("", "很好", "overall", POSITIVE), rating=5)
    rows = [(replace(review, id=str(k)), replace(answer, review_id=str(k))) for k in range(120)]
    drafts = list(draft_replies(rows))
    written = [draft.public for draft in drafts if draft.public]
    assert near_equal(written) == ()
    assert 20 < len(written) < 120
    refused = [draft for draft in drafts if not draft.public]
    assert all("alike" in draft.reasons and draft.needs_person for draft in refused)


def test_the_likest_reply_is_found_among_all_of_many() -> None:
    """Against every pair by the definition, where all texts share most of their runs."""
    points = [("屏幕", "很清晰", "performance", POSITIVE), ("客服", "很好", "service", POSITIVE)]
    replies = [
        f"{drafted(f'屏幕很清晰，客服很好{k}', *points, rating=5).public}{'谢谢' * (k % 3)}"
        for k in range(300)
    ]
    index = ReplyIndex(replies[:250])
    for reply in replies[250:]:
        values = [likeness(reply, other) for other in replies[:250]]
        assert index.nearest(reply) == (values.index(max(values)), max(values))
    expected = [
        (values.index(max(values)), k)
        for k in range(1, len(replies))
        if max(values := [likeness(replies[k], other) for other in replies[:k]]) >= 0.7
    ]
    assert [(pair.first, pair.second) for pair in near_equal(replies)] == expected
    assert 20 < len(expected) < 300


def test_near_equal_replies_are_found() -> None:
    stock = "亲，感谢您对{}的认可，我们会继续努力，期待您的再次光临！"
    replies = [stock.format("屏幕"), "谢谢，收到。", stock.format("电池")]
    (pair,) = near_equal(replies)
    assert (pair.first, pair.second) == (0, 2) and pair.likeness > 0.7
    assert likeness("abc", "") == 0.0
    assert ReplyIndex().nearest("谢谢")[0] == -1


def test_a_draft_does_not_depend_on_the_run() -> None:
    point = ("屏幕", "很清晰", "performance", POSITIVE)
    assert drafted("屏幕很清晰", point) == drafted("屏幕很清晰", point)
    other = draft_reply(*mined("屏幕很清晰", point), HouseStyle(seed=7))
    assert other.public != drafted("屏幕很清晰", point).public


def test_the_house_style_decides_tone_and_words(tmp_path: Path) -> None:
    path = tmp_path / "style.toml"
    path.write_text('tone = "formal"\naddress = "你"\nsignature = "小满家"\navoid = ["顾客"]\n')
    style = read_style(path)
    point = ("电池", "不耐用", "performance", NEGATIVE)
    draft = draft_reply(*mined("电池不耐用", point), style)
    assert draft.public.endswith("——小满家")
    assert "您" not in draft.public and "顾客" not in draft.public + draft.private


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('tune = "warm"', "a house style has: version, tone"),
        ('tone = "loud"', "tone"),
        ('signature = "加微信 abc12345"', "signature"),
        ('avoid = [""]', "avoid"),
        ("tone = ", "cannot be read"),
    ],
)
def test_a_wrong_house_style_is_told(tmp_path: Path, text: str, word: str) -> None:
    path = tmp_path / "style.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(GuandianError, match=word):
        read_style(path)


def test_an_edit_becomes_a_pair_without_personal_data() -> None:
    review, answer = mined(
        "电池不耐用，我电话13800138000", ("电池", "不耐用", "performance", NEGATIVE)
    )
    draft = draft_reply(review, answer)
    pair = pair_of_edit(review, draft, f"{draft.public}我们会改。")
    assert 0 < pair.changed < 0.5 and pair.teaches
    assert "13800138000" not in json.dumps(pair.to_dict(), ensure_ascii=False)
    assert pair_of_edit(review, draft, draft.public).changed == 0
    bad = pair_of_edit(review, draft, "返现10元，删掉差评吧")
    assert not bad.teaches and set(bad.breaks) == {"money", "rating"}
    with pytest.raises(ValueError, match="is of review"):
        pair_of_edit(replace(review, id="x"), draft, "")


def run(*words: object, code: int = 0) -> str:
    done = CliRunner().invoke(app, ["--language", "en", "assist", "reply", *map(str, words)])
    refused = isinstance(done.exception, GuandianError)
    assert (2 if refused else done.exit_code) == code, done.exception or done.output
    return done.stdout


def test_the_command_writes_drafts_and_checks_words(tmp_path: Path) -> None:
    rows = [
        mined("屏幕很清晰", ("屏幕", "很清晰", "performance", POSITIVE), rating=5),
        mined("电池不耐用", ("电池", "不耐用", "performance", NEGATIVE), rating=1),
    ]
    source, out = tmp_path / "mined.jsonl", tmp_path / "drafts.jsonl"
    lines = [json.dumps(to_wire(review, answer), ensure_ascii=False) for review, answer in rows]
    source.write_text("\n".join(lines), "utf-8")
    assert "2 drafts, 1 for a person to see" in run(source, "-o", out)
    written = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [row["needs_person"] for row in written] == [False, True]
    assert written[0]["named"][0]["text"] == "屏幕"
    assert "two stars or fewer" in run(source)
    assert "a request about the rating: 好评" in run("--check", "好评返现", code=1)
    assert "It breaks no guard." in run("--check", "谢谢您")
    run(code=2)
    run(source, "--rating", 3, code=2)
    run(source, "-o", out, code=2)


def test_a_part_of_the_body_is_no_fault_of_the_goods() -> None:
    draft = drafted("头发更干了", ("头发", "更干", "efficacy", NEGATIVE), rating=2)
    assert "用后头发的感受" in draft.public
    english = drafted("My hair got dry", ("My hair", "got dry", "efficacy", NEGATIVE))
    assert "the effect on your hair" in english.public
