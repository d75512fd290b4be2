"""What nobody wrote is set aside; what somebody wrote is not."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from guandian.domain import Polarity, Review, Span
from guandian.errors import GuandianError
from guandian.mining.batching import Answers
from guandian.mining.boilerplate import SET_ASIDE, boilerplate
from guandian.mining.miner import MOJIBAKE
from guandian.pipelines import open_miner, open_model
from guandian.tasks.opinions import Source
from guandian.text.cleaning import NOTHING_TO_READ, clean, says_nothing

FILLER = [
    "此用户没有填写评价。",
    "此用户未填写评价内容",
    "系统默认好评！",
    "評價方未及時做出評價，系統默認好評!",
    "15天内买家未作出评价",
    "该用户觉得商品非常好，给出4星好评",
    "该用户未填写文字评价",
    "用户未点评",
    "用户未点评，系统默认好评。", "该用户未及时主动评价，系统默认好评", "匿名用户默认好评",
    "买家未评价", "买家没有填写评论", "顾客没有留下评语", "作者未填写文字评价内容",
    "此条评论已被删除",
    "null", "NULL", "None", " nan ", "N/A", "n/a.", "#N/A", "＃Ｎ／Ａ", "无", "无。", "暂无评价",
    "\\N",
    "No comment.", "No review text", "This user left no written review", "[deleted]",
    "The media could not be loaded.",
    "此用户没有填写评价。\n此用户没有填写评价。",
    "系统默认好评!|无",
    "此用户没有填写追加评价", "此用户未追加评价", "该用户未及时追评", "买家没有填写追评",
    "该用户未填写追加评论", "追评：此用户未填写追评内容", "买家未及时评价，系统自动好评",
    "未评价，系统默认五星好评", "该用户未填写评价，默认好评", "好评!系统自动评价",
    "用户没有填写文字内容", "该用户觉得商品较好", "该用户觉得商品非常差", "暂无评论内容",
    "评论内容为空", "该商品已评价，暂无内容", "该评论已被折叠", "评论已被屏蔽",
    "该条评价涉嫌违规，已被隐藏", "没意见", "没了", "同上",
    "Content removed", "Review hidden", "This customer left a rating only", "TBD",
    "Customer did not write a review", "The buyer didn’t leave any feedback", "Was this helpful?",
    "(空)", "（跳过）", "(跳过)\n(空)", "【跳题】", "Skipped", "Not answered", "No response.",
    "Respondent skipped this question", "Seen but not answered", "(blank)", "{Empty}", "-3", "-99",
    "(空)\n-2", "拒绝回答", "本题未作答", "Prefer not to say",
    "Rated 5 stars", "Rated 4.0 out of 5 stars", "无评论内容", "未填写评论", "用户未填写",
    "此评价由系统自动生成", "系统自动生成的评价", "This review was automatically generated.",
    "买家未在规定时间内评价，系统默认五星好评", "交易成功后15天内未评价，系统自动默认好评",
    "超过15天未评价，平台默认好评", "顾客没有留下评语哦", "亲，买家还没有写评价哟~", "图片评价",
    "此条评论仅含图片", "该用户只上传了图片", "该用户仅打分，未填写评价", "[Image]", "Photo review",
    "该用户很懒，什么都没写", "买家没有留言", "This review contains only photos",
    "The reviewer didn't write anything", "Buyer did not leave feedback within the time limit",
]  # fmt: skip
WRITTEN = [
    "好评", "很好", "无语", "无敌", "无👍", "无瑕疵", "屏幕无可挑剔", "no good", "nothing special",
    "nano版本很小巧", "空调很安静", "系统默认好评，但是我要说屏幕很差",
    "默认好评之前我想说电池不耐用",
    "此用户没有填写评价，其实是我懒", "5星", "null pointer in the app",
    "not available in red, sadly",
    "😀", ":)",
    "评论说很好，我也觉得", "追评：用了一个月开始漏水", "没意思", "被系统默认好评坑了",
    "没有评价说的那么好",
    "空调不冷", "跳过了安装步骤", "Skipped beats when I run", "Empty", "Missing",
    "-5度也能启动", "-4",
    "Not answered my mail for a week", "图片和实物不符", "只有图片没有说明书",
    "Rated 5 stars by my dog",
    "什么都没说清楚", "买家什么都没写清楚", "自动评价功能很差", "系统生成的报告有错",
    "客人没有留言条可写",
    "五星好评", "5 stars", "I left a rating of one star",
    "This review helped me", "4 out of 5 stars",
]  # fmt: skip


@pytest.mark.parametrize("text", FILLER)
def test_filler_is_known_in_all_its_spellings(text: str) -> None:
    cleaned = clean(text)[0]
    assert boilerplate().holds(cleaned) and not says_nothing(cleaned)


@pytest.mark.parametrize("text", WRITTEN)
def test_what_somebody_wrote_is_none(text: str) -> None:
    assert not boilerplate().holds(clean(text)[0])


def test_it_stays_in_the_output_with_nothing_in_it() -> None:
    texts = ["此用户没有填写评价。", "屏幕很清晰😀", "。。。", "N/A"]
    aside, read, empty, other = open_miner(threads=1).predict(texts)
    assert [one.warnings for one in (aside, empty, other)] == [
        (SET_ASIDE,), (NOTHING_TO_READ,), (SET_ASIDE,),
    ]  # fmt: skip
    assert not aside.opinions and aside.sentiment.label is Polarity.NEUTRAL
    assert read.opinions and not read.warnings
    assert read == open_miner(threads=1).mine([Review("1", texts[1])])[0]


def in_columns(*texts: str) -> Review:
    """A review of several columns, as files are read."""
    spans, start = {}, 0
    for number, text in enumerate(texts):
        spans[f"column {number}"] = Span(start, start + len(text))
        start += len(text) + 1
    return Review("1", "\n".join(texts), parts=spans)


@pytest.mark.parametrize(
    "texts",
    [
        ("评价方未及时做出评价,系统默认好评!", "杯子掉漆了😀，后悔买了"),
        ("杯子掉漆了😀，后悔买了", "此用户没有填写追加评价"),
        ("無", "杯子掉漆了😀，后悔买了", "N/A"),
    ],
)
def test_filler_in_one_part_leaves_the_others_alone(texts: tuple[str, ...]) -> None:
    """What is found, and the sentiment, are those of the part that somebody wrote."""
    miner = open_miner(threads=1)
    review = in_columns(*texts)
    (found,), (alone,) = miner.mine([review]), miner.predict(["杯子掉漆了😀，后悔买了"])
    assert (found.sentiment, found.language) == (alone.sentiment, alone.language)
    assert alone.opinions and not found.warnings
    assert [
        (one.polarity, one.evidence.of(review.text), one.confidence) for one in found.opinions
    ] == [
        (one.polarity, one.evidence.of("杯子掉漆了😀，后悔买了"), one.confidence)
        for one in alone.opinions
    ]


def test_a_review_whose_parts_are_all_filler_is_set_aside() -> None:
    found = open_miner(threads=1).mine(
        [in_columns("该用户觉得商品较好", "此用户没有填写追加评价"), in_columns("No title", "无")]
    )
    assert [one.warnings for one in found] == [(SET_ASIDE,)] * 2


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("5.0 out of 5 stars Great mug\nKeeps hot 😀. Read more", "Great mug\nKeeps hot 😀. "),
        ("The media could not be loaded. Great vacuum", "Great vacuum"),
        ("(Translated by Google) Good", "Good"),
        ("Leaks.\n12 people found this helpful", "Leaks."),
        ("系统默认好评！😀 盖子漏水", "😀 盖子漏水"),
        ("很好。該用戶未及時追評！盖子漏水", "很好。\n盖子漏水"),
        ("4 out of 5 stars, and I want to read more", "4 out of 5 stars, and I want to read more"),
        ("系统默认好评，但是屏幕很差", "系统默认好评，但是屏幕很差"),
    ],
)
def test_what_a_platform_put_in_is_left_out(text: str, written: str) -> None:
    source = boilerplate().without(Source(text, *clean(text)), ())
    assert source.cleaned.strip() == written.strip()
    place = source.cleaned.index(written.strip()[-2:])
    assert source.alignment.to_raw(Span(place, place + 2)).of(text) == written.strip()[-2:]


def test_equal_texts_of_other_parts_have_answers_of_their_own() -> None:
    one = in_columns("无", "杯子掉漆了😀")
    whole = replace(one, id="2", parts={})
    with Answers(open_model()) as answers:
        asked = answers.ask([one, whole])
        assert asked.recalled == 0 and len(asked.wait()) == 2


def test_what_was_read_in_a_wrong_encoding_is_told() -> None:
    broken = "屏幕很清晰，但是电池不耐用".encode().decode("latin-1")
    mended, plain = open_miner(threads=1).predict([broken, "Lumière très douce, nice lamp"])
    assert MOJIBAKE in mended.warnings and len(mended.opinions) == 2
    assert MOJIBAKE not in plain.warnings


def test_a_person_adds_texts_and_the_answers_are_others(tmp_path: Path) -> None:
    own = tmp_path / "own.txt"
    own.write_text("// 我们店的\n本店自动好评\n", encoding="utf-8-sig")
    miner = open_miner(threads=1, filler=own)
    assert miner.predict(["本店自动好评!", "无"])[0].warnings == (SET_ASIDE,)
    assert not miner.filler.holds("我们店的")
    assert open_miner(threads=1).predict(["本店自动好评!"])[0].warnings == ()
    assert open_model(filler=own).key == miner.key != open_model().key
    with pytest.raises(GuandianError, match="cannot read the list"):
        boilerplate(tmp_path / "none.txt")


def test_mine_tells_how_many_were_set_aside(tmp_path: Path) -> None:
    rows, own = tmp_path / "rows.txt", tmp_path / "own.txt"
    rows.write_text("屏幕很清晰😀\n系统默认好评!\n亲,记得五星哦\n", encoding="utf-8")
    own.write_text("亲，记得五星哦", encoding="utf-8")
    done = subprocess.run(
        [
            sys.executable, "-m", "guandian", "mine", str(rows), "-o", str(tmp_path / "out.jsonl"),
            "--boilerplate", str(own),
        ],
        capture_output=True, encoding="utf-8", check=True,
    )  # fmt: skip
    assert "2 条搁置 set aside" in done.stdout
    assert (tmp_path / "out.jsonl").read_text("utf-8").count(SET_ASIDE) == 2


def test_long_runs_of_numbers_cost_no_time() -> None:
    text = "1," * 30_000
    start = time.process_time()
    boilerplate().without(Source(text, *clean(text)), ())
    assert time.process_time() - start < 5
