"""Behaviour that people have in files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from guandian.errors import BadRow, GuandianError
from guandian.files import RejectFile
from guandian.recommend.behaviour.actions import KINDS, joined_behaviour
from guandian.recommend.behaviour.behaviour_files import read_behaviour
from guandian.recommend.behaviour.catalogue import Catalogue
from guandian.recommend.behaviour.published_marks import read_entries

CSV = """user,item,kind,value,time,aspects
u1,手机A,rating,5,2026-01-01,屏幕:+ 电池:-
u1,b,buy,,2026-01-05,
u2,b,view,,1767600000,
u2,手机A,rating,2,2026-02-01,battery life:-; screen:+1
"""


def test_a_table_is_read(tmp_path: Path) -> None:
    path = tmp_path / "b.csv"
    path.write_text(CSV, "utf-8")
    behaviour = read_behaviour(path)
    assert behaviour.users == ("u1", "u2") and behaviour.items == ("手机A", "b")
    assert [KINDS[kind] for kind in behaviour.kind] == ["rating", "buy", "view", "rating"]
    assert behaviour.liked.tolist() == [True, True, False, False]
    assert behaviour.disliked.tolist() == [False, False, False, True]
    marks = behaviour.marks
    said = [(int(a), marks.aspects[k], int(s)) for a, k, s in
            zip(marks.action, marks.aspect, marks.sign, strict=True)]  # fmt: skip
    assert said == [(0, "屏幕", 1), (0, "电池", -1), (3, "battery life", -1), (3, "screen", 1)]


def test_json_lines_say_the_same(tmp_path: Path) -> None:
    path = tmp_path / "b.jsonl"
    path.write_text(
        '{"user": "u1", "item": "a", "kind": "review", "value": 4, "time": "2026-01-01T10:00:00Z",'
        ' "aspects": [{"aspect": "屏幕", "polarity": "negative"}]}\n\n'
        '{"user": "u1", "item": "b", "kind": "click"}\n',
        "utf-8",
    )
    behaviour = read_behaviour(path)
    assert behaviour.value[0] == 4 and np.isnan(behaviour.time[1])
    assert behaviour.marks.aspects == ("屏幕",) and behaviour.marks.sign.tolist() == [-1]


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("u1,a,rating,-3,2026-01-01,", "value", "-3 is not from 0 to 5"),
        ("u1,a,rating,nan,2026-01-01,", "value", "nan is not from 0 to 5"),
        ("u1,a,rating,many,2026-01-01,", "value", "'many' is no number"),
        ("u1,a,buy,,2999-01-01,", "time", "2999-01-01 lies in the future"),
        ("u1,a,buy,,soon,", "time", "'soon' is no time"),
        ("u1,a,stole,,2026-01-01,", "kind", "'stole' is no kind of action"),
        (",a,buy,,2026-01-01,", "user", "it is empty"),
        ("u1,a,buy,,2026-01-01,screen", "aspects", "'screen' is not such as screen:+"),
    ],
)
def test_a_bad_row_is_named_and_the_others_go_on(
    tmp_path: Path, row: str, column: str, reason: str
) -> None:
    path = tmp_path / "b.csv"
    path.write_text(CSV + row + "\n", "utf-8")
    with pytest.raises(BadRow) as caught:
        read_behaviour(path)
    assert (caught.value.line, caught.value.column) == (6, column)
    assert reason in caught.value.reason
    rejects = RejectFile()
    assert len(read_behaviour(path, rejects)) == 4 and rejects.count == 1


def test_reviews_as_a_shop_exports_them_are_behaviour(tmp_path: Path) -> None:
    path = tmp_path / "reviews.csv"
    path.write_text(
        "reviewerID,asin,reviewText,overall,unixReviewTime\nA1,B1,A fine drum,5,1095465600\n",
        "utf-8",
    )
    behaviour = read_behaviour(path)
    assert (behaviour.users, behaviour.items) == (("A1",), ("B1",))
    assert behaviour.texts is not None and behaviour.texts.tolist() == ["A fine drum"]
    assert behaviour.liked.tolist() == [True] and behaviour.time.tolist() == [1095465600.0]


def test_a_file_without_users_is_told(tmp_path: Path) -> None:
    path = tmp_path / "b.csv"
    path.write_text("who,item\nu1,a\n", "utf-8")
    with pytest.raises(GuandianError, match="no column user"):
        read_behaviour(path)


def test_two_files_become_one(tmp_path: Path) -> None:
    path = tmp_path / "b.csv"
    path.write_text(CSV, "utf-8")
    first = read_behaviour(path)
    path.write_text("user,item,kind,aspects\nu3,b,buy,price:-\n", "utf-8")
    both = joined_behaviour(first, read_behaviour(path))
    assert both.users == ("u1", "u2", "u3") and both.items == ("手机A", "b")
    assert (both.user[-1], both.item[-1]) == (2, 1)
    assert both.marks.aspects[both.marks.aspect[-1]] == "price" and both.marks.action[-1] == 4


def test_a_deleted_user_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "b.csv"
    path.write_text(CSV, "utf-8")
    rest = read_behaviour(path).without_users(["u1"])
    assert rest.users == ("u2",) and rest.user.tolist() == [0, 0]
    assert len(rest.marks) == 2 and rest.marks.action.tolist() == [1, 1]


def test_the_published_rows_of_phones_are_read(tmp_path: Path) -> None:
    (tmp_path / "set.usermap").write_text("0=U0\n1=U1\n")
    (tmp_path / "set.itemmap").write_text("0=A=Case &amp; cover\n1=B=\n")
    (tmp_path / "set.featuremap").write_text("0=screen=9\n1=battery=5\n")
    path = tmp_path / "set_train.entry"
    path.write_text("0,1,4.0,1:-1 0:1\n1,0,2.0,\n")
    behaviour, titles = read_entries(path)
    assert titles == {"A": "Case & cover"} and behaviour.items == ("A", "B")
    assert behaviour.liked.tolist() == [True, False] and behaviour.marks.sign.tolist() == [-1, 1]
    path.write_text("0,7,4.0,\n")
    with pytest.raises(BadRow, match="no such number"):
        read_entries(path)


def test_items_have_texts_and_columns(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    path.write_text("asin,title,brand\na,Red phone,Acme\nb,Blue phone,Other\n", "utf-8")
    catalogue = Catalogue.read(path)
    assert catalogue.text("a") == "Red phone"
    assert catalogue.matching(["a", "b"], {"brand": ["Other"]}) == [False, True]
    with pytest.raises(GuandianError, match="no item has a column 'size'"):
        catalogue.matching(["a"], {"size": ["L"]})
    path.write_text("asin,title\na,x\na,y\n", "utf-8")
    with pytest.raises(BadRow, match="twice"):
        Catalogue.read(path)
