from __future__ import annotations

from pathlib import Path

import pytest

from guandian.data import read
from guandian.data.readers.rows import read_polarity
from guandian.domain import Labelled
from guandian.errors import BadRow

DEEP = "[" * 100_000


def load(path: Path, format: str, text: str) -> tuple[list[Labelled], list[BadRow]]:
    path.write_text(text, "utf-8")
    bad: list[BadRow] = []
    return list(read(format, path, on_error=bad.append)), bad


def rows(records: list[Labelled]) -> list[tuple[str, str | None, str]]:
    return [(r.text, r.sentiment and r.sentiment.value, r.group) for r in records]


@pytest.mark.parametrize(
    ("name", "format", "text", "expected", "wrong"),
    [
        (
            "train.csv",
            "polarity_csv",
            'cat,label,review\n水果,1,"很甜,多汁🍉"\n手机,2,一般\n手机,0,卡\n手机,1,\n手机,1\n',
            [("很甜,多汁🍉", "positive", "水果"), ("卡", "negative", "手机")],
            [(3, "label"), (5, "text"), (6, "")],
        ),
        (
            "dev.csv",
            "polarity_csv",
            "\ufefflabel,review\r\n0,送来都凉了\r\n",
            [("送来都凉了", "negative", "")],
            [],
        ),
        (
            "train.tsv",
            "polarity_tsv",
            'label\ttext_a\n1\t"推荐"早餐😀\n0\t隔音"差\nx\t还行\n',
            [('"推荐"早餐😀', "positive", ""), ('隔音"差', "negative", "")],
            [(4, "label")],
        ),
        (
            "train_0.json",
            "eprstmt",
            '{"id": 0, "sentence": "音质差😞", "label": "Negative"}\n{"sentence": "刚收到"}\n'
            '{"label": "Positive"}\n[]\n{"sentence": "好", "label": "Meh"}\n{"sentence": \n' + DEEP,
            [("音质差😞", "negative", ""), ("刚收到", None, "")],
            [(3, "sentence"), (4, "sentence"), (5, "label"), (6, ""), (7, "")],
        ),
        (
            "train.dat",
            "amazon_polarity",
            "Good. It costs $LABEL$5$LABEL$1\nno label\nBad 😡$LABEL$0\nWell$LABEL$3\n",
            [("Good. It costs $LABEL$5", "positive", ""), ("Bad 😡", "negative", "")],
            [(2, ""), (4, "label")],
        ),
    ],
)
def test_review_polarity(
    tmp_path: Path,
    name: str,
    format: str,
    text: str,
    expected: list[tuple[str, str, str]],
    wrong: list[tuple[int, str]],
) -> None:
    records, bad = load(tmp_path / name, format, text)
    assert rows(records) == expected
    assert [(error.line, error.column) for error in bad] == wrong
    assert all(record.quads is None for record in records)


def test_apc_puts_the_aspect_in_and_joins_groups_with_the_same_text(tmp_path: Path) -> None:
    records, bad = load(
        tmp_path / "train.txt",
        "apc",
        "$T$ 很 亮 ， 键 盘 软\n屏 幕\nPositive\n屏 幕 很 亮 ， $T$ 软\n键 盘\nNegative\n"
        "The $T$ ( $T$ ! ) is ok 😀\nzoom lens\nNeutral\n",
    )
    assert bad == []
    assert [record.text for record in records] == [
        "屏幕很亮，键盘软",
        "The zoom lens ( zoom lens ! ) is ok 😀",
    ]
    found = [
        [(q.aspect.of(r.text), q.polarity.value) for q in r.quads or () if q.aspect]
        for r in records
    ]
    assert found == [[("屏幕", "positive"), ("键盘", "negative")], [("zoom lens", "neutral")]]


def test_apc_bad_groups(tmp_path: Path) -> None:
    records, bad = load(
        tmp_path / "train.txt",
        "apc",
        "no mark\nx\nPositive\n$T$ ok\nmenu\nwhat\n$T$ ok\nmenu\nPositive\n$T$ cut\noff\n",
    )
    assert [record.text for record in records] == ["menu ok"]
    assert [error.line for error in bad] == [1, 4, 10]


@pytest.mark.parametrize("broken", ['1,"很甜', '1,"很"甜'])
def test_a_broken_quote_costs_one_row(tmp_path: Path, broken: str) -> None:
    text = f'label,review\n1,"好\n😀"\n{broken}\n0,卡\n0,"慢,慢"\n1,快\n'
    records, bad = load(tmp_path / "train.csv", "polarity_csv", text)
    assert [record.text for record in records] == ["好\n😀", "卡", "慢,慢", "快"]
    assert [record.id for record in records] == ["train-2", "train-5", "train-6", "train-7"]
    assert [(error.line, error.reason[:14]) for error in bad] == [(4, "cannot be read")]


def test_stars_are_the_label_rating(tmp_path: Path) -> None:
    text = "reviewText,overall\nLoud 🎸,5.0\nBroke,1\nFine,6\n,4\n"
    found, bad = load(tmp_path / "train.csv", "amazon_stars", text)
    assert [(r.text, dict(r.labels)) for r in found] == [
        ("Loud 🎸", {"rating": 5}), ("Broke", {"rating": 1}),
    ]  # fmt: skip
    assert [(row.line, row.column) for row in bad] == [(4, "overall"), (5, "text")]


@pytest.mark.parametrize(
    ("polarity", "names"),
    [
        (
            "positive",
            "正面 正向 积极 好评 褒义 满意 POS 正面评价 积极情感 正向情感倾向 Positive/正面 正评",
        ),
        (
            "negative",
            "负面 负向 消极 差评 贬义 不满意 Neg 负面情绪 負面 差評 消極 negative_sentiment",
        ),
        ("neutral", "中性 中立 中评 neutral（中性） 中性评价 NEU"),
    ],
)
def test_names_of_polarities(polarity: str, names: str) -> None:
    for name in names.split():
        assert read_polarity(name) == polarity, name


@pytest.mark.parametrize(
    "name", ["", "物流", "评价", "正面负面", "pos/neg", "not negative", "非负", "1"]
)
def test_what_names_no_polarity(name: str) -> None:
    with pytest.raises(ValueError, match="known: positive, negative, neutral"):
        read_polarity(name)
