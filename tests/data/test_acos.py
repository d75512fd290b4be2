from __future__ import annotations

import json
from pathlib import Path

import pytest

from guandian.data import read
from guandian.domain import Labelled, Polarity
from guandian.errors import BadRow


def load(path: Path, format: str, text: str) -> tuple[list[Labelled], list[BadRow]]:
    path.write_text(text, "utf-8")
    bad: list[BadRow] = []
    return list(read(format, path, on_error=bad.append)), bad


def parts(record: Labelled) -> list[tuple[str | None, str | None, str | None, str]]:
    return [
        (
            quad.aspect.of(record.text) if quad.aspect else None,
            quad.expression.of(record.text) if quad.expression else None,
            quad.category,
            quad.polarity.value,
        )
        for quad in record.quads or ()
    ]


def test_acos_counts_words_half_open(tmp_path: Path) -> None:
    records, bad = load(
        tmp_path / "train.tsv",
        "acos",
        "😀 the keyboard is a joy .\t2,3 KEYBOARD#GENERAL 2 4,6\t-1,-1 LAPTOP#GENERAL 0 -1,-1\n",
    )
    assert bad == []
    assert parts(records[0]) == [
        ("keyboard", "a joy", "KEYBOARD#GENERAL", "positive"),
        (None, None, "LAPTOP#GENERAL", "negative"),
    ]


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        ("\t1,2 A#B 0 3,3", "words 3-3"),
        ("\t1,2 A#B 0 3,9", "not inside"),
        ("\t1,2 A#B 5 -1,-1", "unknown polarity '5'"),
        ("\t1,2 A#B 0", "needs aspect, category, polarity and opinion"),
        ("\t1-2 A#B 0 -1,-1", "form 'start,end'"),
        ("", "no tab and label"),
    ],
)
def test_acos_bad_rows(tmp_path: Path, labels: str, reason: str) -> None:
    text = f"not good at all{labels}\nfine\t-1,-1 A#B 1 0,1\n"
    records, bad = load(tmp_path / "train.tsv", "acos", text)
    assert [record.text for record in records] == ["fine"]
    assert [(error.line, error.column) for error in bad] == [(1, "labels")]
    assert reason in bad[0].reason


def memd(aspect: list[int], opinion: list[int], sentiment: str = "POS") -> dict[str, object]:
    return {
        "aspect": {"from": aspect[0], "to": aspect[1], "term": []},
        "opinion": {"from": opinion[0], "to": opinion[1], "term": []},
        "category": "Food#Quality",
        "sentiment": sentiment,
    }


def test_memd_counts_words_without_repeated_blanks(tmp_path: Path) -> None:
    rows = [
        {"raw_words": "Lovely  soup 🍜 here .", "quadruples": [memd([1, 2], [0, 1])]},
        {"raw_words": "Never again .", "quadruples": [memd([-1, -1], [-1, -1], "NEG")]},
    ]
    records, bad = load(tmp_path / "train.json", "memd", json.dumps(rows))
    assert bad == []
    assert records[0].text == "Lovely soup 🍜 here ."
    assert parts(records[0]) == [("soup", "Lovely", "Food#Quality", "positive")]
    assert [(q.aspect, q.expression, q.polarity) for q in records[1].quads or ()] == [
        (None, None, Polarity.NEGATIVE)
    ]


def test_memd_names_the_place_of_a_wrong_text(tmp_path: Path) -> None:
    rows = [
        {"raw_words": "fine", "quadruples": []},
        {"quadruples": []},
        {"raw_words": "so so", "quadruples": [{"aspect": None}]},
        {"raw_words": "odd \ud800", "quadruples": []},
        {"raw_words": "too far", "quadruples": [memd([0, 7], [0, 1])]},
    ]
    records, bad = load(tmp_path / "train.json", "memd", json.dumps(rows))
    assert [record.text for record in records] == ["fine"]
    assert [error.line for error in bad] == [2, 3, 4, 5]


@pytest.mark.parametrize(
    "text", ["[{]", "[" * 100_000, '{"raw_words": "x"}'], ids=["broken", "deep", "object"]
)
def test_memd_wants_a_json_list(tmp_path: Path, text: str) -> None:
    records, bad = load(tmp_path / "train.json", "memd", text)
    assert records == []
    assert len(bad) == 1
