"""No column of sentences is left out without a word."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from guandian.errors import BadRow
from guandian.files import ColumnChoice, read_reviews

SAID = ["保温很好😀，很喜欢", "盖子漏水，差", "颜色一般，凑合用"]
MORE = ["一周后坏了，不推荐", "客服给换了一个新的", "还在用"]


def table(path: Path, header: str, *columns: list[str]) -> Path:
    rows = [",".join(f'"{cell}"' for cell in row) for row in zip(*columns, strict=True)]
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "later"),
    [
        ("说了什么", "追评"),
        ("买家评价", "买家追评"),
        ("反馈内容", "用户追评"),
        ("Q3", "追评2"),
    ],
)
def test_a_follow_up_is_never_the_only_text_beside_sentences(
    tmp_path: Path, text: str, later: str
) -> None:
    header = f"订单号,商品,{text},{later},链接"
    links = [f"https://a.b/{number}" for number in range(3)]
    path = table(tmp_path / "a.csv", header, ["1", "2", "3"], ["杯"] * 3, SAID, MORE, links)
    reader = read_reviews(path)
    assert reader.guess.texts == (text, later)
    assert [one.text for one in reader] == [
        "\n".join(pair) for pair in zip(SAID, MORE, strict=True)
    ]
    assert not reader.notes
    alone = read_reviews(path, ColumnChoice(text=later))
    assert [one.text for one in alone] == MORE


def test_a_follow_up_alone_is_the_text_where_nothing_else_is(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", "订单号,追评,店铺回复", ["1", "2", "3"], MORE, SAID)
    assert [one.text for one in read_reviews(path)] == MORE


def test_sentences_that_are_not_read_are_named(tmp_path: Path) -> None:
    long = [f"第{number}次来，房间很干净，早餐的品种太少了，希望改进" for number in range(4)]
    path = table(
        tmp_path / "a.csv", "评价,Q7,商家回复,规格", ["好😀"] * 4, long, long, ["白色"] * 4
    )
    reader = read_reviews(path)
    assert [one.text for one in reader] == ["好😀"] * 4
    (note,) = reader.notes
    option = "--columns 'text=评价,text=Q7'"
    assert note == (
        f"{path}: Q7: 含有成句的文字，未读作评论；要读取请写：{option}"
        f" / holds sentences and is not read as the review; to read it: {option}"
    )
    both = read_reviews(path, ColumnChoice(text=("评价", "Q7")))
    assert [one.text for one in both] == [f"好😀\n{one}" for one in long] and not both.notes


def answered(path: Path, **answers: list[str]) -> Path:
    """A survey as JSON Lines, an object of answers in each."""
    rows = [dict(zip(answers, row, strict=True)) for row in zip(*answers.values(), strict=True)]
    lines = [json.dumps({"answers": row}, ensure_ascii=False) for row in rows]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_phrases_that_answer_a_question_are_named_in_one_command(tmp_path: Path) -> None:
    path = answered(
        tmp_path / "a.jsonl",
        comment=SAID + MORE,
        q3_like=["颜色很正，跟图一样", "无", "包装严实没磕碰", "没有", "great screen", "无"],
        q4_dislike=["Lid broke", "无", "盖子漏水，书包湿了", "none", "快递太慢等了一周", ""],
        q5_often=["每周两三次使用"] * 6,
        q6_sex=["男", "女"] * 3,
    )
    with read_reviews(path) as reader:
        (note,) = reader.notes
    names = ("comment", "q3_like", "q4_dislike")
    option = f"--columns '{','.join(f'text=answers.{name}' for name in names)}'"
    zh, en = note.split(" / ")
    assert zh.endswith(f"请写：{option}") and en.endswith(f"to read it: {option}")
    assert zh.startswith(f"{path}: answers.q3_like, answers.q4_dislike: ")
    assert reader.guess.texts == ("answers.comment",)


def test_looking_for_sentences_loses_no_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("评价,产品\n好😀,杯\n坏,杯,3,4\n中,杯\n", encoding="utf-8")
    reader = read_reviews(path)
    assert next(reader).text == "好😀"
    with pytest.raises(BadRow, match="line 3"):
        next(reader)
