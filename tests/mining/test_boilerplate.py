"""What nobody wrote is set aside; what somebody wrote is not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from guandian.composition import open_miner, open_model
from guandian.domain import Polarity, Review
from guandian.errors import GuandianError
from guandian.mining.boilerplate import SET_ASIDE, boilerplate
from guandian.mining.miner import NOTHING_TO_READ
from guandian.text.cleaning import clean, says_nothing

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
]  # fmt: skip
WRITTEN = [
    "好评", "很好", "无语", "无敌", "无👍", "无瑕疵", "屏幕无可挑剔", "no good", "nothing special",
    "nano版本很小巧", "空调很安静", "系统默认好评，但是我要说屏幕很差",
    "默认好评之前我想说电池不耐用",
    "此用户没有填写评价，其实是我懒", "5星", "null pointer in the app",
    "not available in red, sadly",
    "😀", ":)",
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
