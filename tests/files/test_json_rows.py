"""JSON as people have it, the exports of app stores among it."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from guandian.domain import Span
from guandian.errors import GuandianError
from guandian.files import ColumnChoice, Layout, RejectFile, from_wire, read_reviews, to_wire
from guandian.files.formats.json_rows import _Text

from .samples import MINED

ROWS: list[dict[str, Any]] = [
    {"id": 1, "text": "很清晰😀\n好", "tags": ["a"]},
    {"id": 2, "text": "不耐用", "user": {"id": 9, "name": "甲"}},
]


def write(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8")
    return path


FORMS = {
    "lines": "\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS),
    "array": json.dumps(ROWS, ensure_ascii=False),
    "pretty": json.dumps(ROWS, indent=2),
    "one behind the other": "\n".join(json.dumps(row, indent=1) for row in ROWS),
    "around": json.dumps({"meta": {"n": 2}, "data": ROWS, "links": [{"rel": "self"}]}),
    "around, pretty": json.dumps({"page": {"reviews": ROWS}}, ensure_ascii=False, indent=2),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_every_form(tmp_path: Path, form: str, name: str) -> None:
    first, second = read_reviews(write(tmp_path / name, FORMS[form]))
    assert (first.id, first.text, dict(first.extra)) == ("1", "很清晰😀\n好", {"tags": '["a"]'})
    assert (second.id, second.user, dict(second.extra)) == ("2", "甲", {"user.id": "9"})


def test_an_array_of_texts(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", '["很清晰😀", "", "不耐用"]')
    assert [one.text for one in read_reviews(path)] == ["很清晰😀", "不耐用"]


def test_a_long_array_on_one_line_is_read_as_a_stream(tmp_path: Path) -> None:
    rows = [{"text": f"第{number}条😀" + "好" * 300, "n": number} for number in range(30_000)]
    path = write(tmp_path / "a.json", json.dumps(rows, ensure_ascii=False))
    assert path.stat().st_size > 1 << 23
    reader = read_reviews(path)
    held = 0
    for number, one in enumerate(reader):
        assert one.text.startswith(f"第{number}条😀")
        if number == 10_000:
            held = sys.getallocatedblocks()
    assert number == 29_999 and sys.getallocatedblocks() - held < 20_000


def test_blocks_may_end_anywhere() -> None:
    content = json.dumps(ROWS, ensure_ascii=False)
    for size in range(1, 40):
        blocks = (content[place : place + size] for place in range(0, len(content), size))
        text = _Text(blocks, "a.json")
        assert text.peek() == "["
        text.skip(1)
        text.peek()
        assert json.loads(text.skip(text.end())) == ROWS[0]


@pytest.mark.parametrize(
    ("content", "read", "line", "reason"),
    [
        ('[{"text": "好😀"},\n{"text": "坏" "x"},\n{"text": "丙"}]', 1, 2, "needs|delimiter"),
        ('[{"text": "好😀"},\n{"text": "cut o', 1, 2, "not JSON: Unterminated"),
        ('[{"text": "好😀"}\n{"text": "x"}]', 1, 2, "needs ,"),
        ('[{"text": "好😀"},\n]', 1, 1, "a comma before"),
        ('[{"text": "好😀"}]\nx', 1, 1, "behind the array"),
        ('[{"text": "好😀"},\n{"text": 1},\n{"text": "丙"}]', 2, 2, "not a text but 1"),
        ('[{"text": "好😀"},\n{"a": 1, "a": 2},\n{"text": "丙"}]', 2, 2, "stands twice"),
        ('[{"text": "好😀"},\n7,\n{"text": "丙"}]', 2, 2, "not an object with a text but a number"),
        ('[{"text": "好😀", "n": ' + "9" * 5000 + '},\n{"text": "丙"}]', 1, 1, "can be read"),
    ],
)
def test_damage_is_a_bad_row(
    tmp_path: Path, content: str, read: int, line: int, reason: str
) -> None:
    with RejectFile(tmp_path / "rejects.jsonl") as kept:
        path = write(tmp_path / "a.json", content)
        found = list(read_reviews(path, on_error="skip", rejects=kept))
    (told,) = map(json.loads, (tmp_path / "rejects.jsonl").read_text("utf-8").splitlines())
    assert (len(found), told["line"]) == (read, line)
    assert any(word in told["reason"] for word in reason.split("|"))


def test_an_endless_element_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", '[{"text": "' + "x" * 9_000_000)
    with pytest.raises(GuandianError, match="longer than 8,388,608 characters"):
        list(read_reviews(path))


def test_nested_keys_are_columns(tmp_path: Path) -> None:
    row = {
        "a": {"b": "很清晰😀", "c": {"d": 5}},
        "list": [{"say": "不耐用"}],
        "x.y": 1,
        "x": {"y": 2},
    }
    path = write(tmp_path / "a.jsonl", json.dumps(row, ensure_ascii=False))
    reader = read_reviews(path, ColumnChoice(text="a.b", rating="a.c.d"))
    (one,) = reader
    assert (one.text, one.rating) == ("很清晰😀", 5.0)
    assert dict(one.extra) == {"list": '[{"say": "不耐用"}]', "x.y": "1", "x": '{"y": 2}'}
    (one,) = read_reviews(path, ColumnChoice(text=("list.0.say", "a.b")))
    assert one.text == "不耐用\n很清晰😀" and one.part(Span(0, 1)) == "list.0.say"
    twice = write(tmp_path / "b.jsonl", 2 * (json.dumps(row) + "\n"))
    with pytest.raises(GuandianError, match=r"no column 'a\.z'.*\n.*a\.b, a\.c\.d"):
        read_reviews(twice, ColumnChoice(text="a.z"))


CONNECT = {
    "data": [
        {
            "type": "customerReviews",
            "id": "c1",
            "attributes": {
                "rating": 1, "title": "闪退", "body": "打开就闪退😀", "reviewerNickname": "甲",
                "createdDate": "2024-01-15T07:00:00-07:00", "territory": "CHN",
            },
        }
    ],
    "links": {"self": "x"},
}  # fmt: skip
FEED = {
    "feed": {
        "author": {"name": {"label": "iTunes Store"}},
        "entry": [
            {
                "author": {"uri": {"label": "u"}, "name": {"label": "甲"}, "label": ""},
                "im:version": {"label": "8.0"}, "im:rating": {"label": "1"},
                "id": {"label": "c1"}, "title": {"label": "闪退"},
                "content": {"label": "打开就闪退😀", "attributes": {"type": "text"}},
                "updated": {"label": "2024-01-15T07:00:00-07:00"},
            }
        ],
    }
}  # fmt: skip
PLAY = {
    "reviews": [
        {
            "reviewId": "c1", "authorName": "甲",
            "comments": [
                {"userComment": {"text": "闪退\n打开就闪退😀", "starRating": 1,
                                 "lastModified": {"seconds": "1705327200"}}},
                {"developerComment": {"text": "抱歉"}},
            ],
        }
    ]
}  # fmt: skip


@pytest.mark.parametrize("export", [CONNECT, FEED, PLAY], ids=["connect", "feed", "play"])
def test_exports_of_app_stores(tmp_path: Path, export: dict[str, Any]) -> None:
    path = write(tmp_path / "a.json", json.dumps(export, ensure_ascii=False))
    (one,) = read_reviews(path)
    assert (one.id, one.text, one.rating) == ("c1", "闪退\n打开就闪退😀", 1.0)
    assert str(one.time).startswith("2024-01-15T")
    assert one.user == "甲"
    assert "抱歉" not in one.text


APP = {
    "im:name": {"label": "某应用"}, "summary": {"label": "应用的介绍"},
    "title": {"label": "某应用"},
    "im:image": [{"label": "u"}, {"label": "v"}], "id": {"label": "https://apps"},
    "im:releaseDate": {"label": "2014-01-15T07:00:00-07:00"},
}  # fmt: skip
ENTRY: dict[str, Any] = FEED["feed"]["entry"][0]  # type: ignore[index]


@pytest.mark.parametrize(
    ("export", "apps", "reviews"),
    [
        ({"feed": {"entry": [APP, ENTRY, ENTRY | {"id": {"label": "c2"}}]}}, 1, 2),
        ({"feed": {"entry": ENTRY, "link": [{"a": 1}, {"a": 2}]}}, 0, 1),  # one alone is no list
        ([{"feed": {"entry": [APP, ENTRY]}}, {"feed": {"entry": [ENTRY]}}], 1, 2),  # two pages
        ([APP, ENTRY], 1, 1),
    ],
)
def test_the_app_itself_is_no_review(tmp_path: Path, export: Any, apps: int, reviews: int) -> None:
    for form in (json.dumps(export), json.dumps(export, indent=1)):
        reader = read_reviews(write(tmp_path / "a.json", form))
        found = list(reader)
        assert [one.text for one in found] == ["闪退\n打开就闪退😀"] * reviews
        assert (reader.aside, reader.rejected) == (apps, 0)
        told = "entries of the app itself, no reviews, not read: 1"
        assert (told in "\n".join(reader.notes)) is bool(apps)


@pytest.mark.parametrize("entry", [{"entry": [APP]}, {"entry": APP}, {"title": 1, "link": []}])
def test_a_feed_without_a_review(tmp_path: Path, entry: dict[str, Any]) -> None:
    path = write(tmp_path / "a.json", json.dumps({"feed": entry}))
    with pytest.raises(GuandianError, match=r"a feed of an app store without a review\n"):
        read_reviews(path)


SHOPS = {
    "jd": (
        {"maxPage": 3, "comments": [
            {"id": 1, "content": "很好😀", "creationTime": "2024-01-15 08:12:45", "score": 5,
             "referenceName": "保温杯", "nickname": "甲",
             "afterUserComment": {"content": "漏水了"}}]},
        ("1", "很好😀\n漏水了", "保温杯", 5.0, "2024-01-15T08:12:45", "甲"),
    ),
    "tmall": (
        {"rateDetail": {"rateCount": {"total": 1}, "rateList": [
            {"id": 1, "displayUserNick": "甲", "rateContent": "很好😀", "auctionTitle": "保温杯",
             "rateDate": "2024-01-15 08:12:45", "appendComment": {"content": "漏水了", "days": 3}}
        ]}},
        ("1", "很好😀\n漏水了", "保温杯", None, "2024-01-15T08:12:45", "甲"),
    ),
    "shopee": (
        {"error": 0, "message": "success", "data": {"ratings": [
            {"cmtid": 1, "itemid": 7, "rating": 1, "rating_star": 5, "comment": "很好😀",
             "ctime": 1705306365, "userid": "甲", "ItemRatingReply": {"comment": "谢谢"}}]}},
        ("1", "很好😀", "7", 5.0, "2024-01-15T08:12:45+00:00", "甲"),
    ),
    "steam": (
        {"success": 1, "query_summary": {"num_reviews": 1}, "reviews": [
            {"recommendationid": "1", "author": {"steamid": "甲", "num_reviews": 1},
             "review": "很好😀", "timestamp_created": 1705306365, "voted_up": True}]},
        ("1", "很好😀", None, None, "2024-01-15T08:12:45+00:00", "甲"),
    ),
    "trustpilot": (
        {"reviews": [{"id": "1", "consumer": {"displayName": "甲"}, "stars": 5, "title": "很好",
                      "text": "😀", "createdAt": "2024-01-15T08:12:45Z",
                      "companyReply": {"text": "谢谢"}}]},
        ("1", "很好\n😀", None, 5.0, "2024-01-15T08:12:45+00:00", "甲"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("shop", SHOPS)
def test_answers_of_shops(tmp_path: Path, shop: str) -> None:
    export, expected = SHOPS[shop]
    (one,) = read_reviews(write(tmp_path / "a.json", json.dumps(export)))
    assert (one.id, one.text, one.product, one.rating, one.time, one.user) == expected


@pytest.mark.parametrize(
    "content",
    [
        [{"product": "杯", "reviews": [{"text": "好😀"}, {"text": "坏"}]},
         {"product": "壶", "reviews": [{"text": "烫"}]}],
        {"shop": {"items": [{"productName": "杯", "n": 1, "reviews": [{"text": "好😀"},
                                                                    {"text": "坏"}]},
                            {"productName": "壶", "n": 1, "reviews": [{"text": "烫"}]}]}},
    ],
)  # fmt: skip
def test_lists_within_lists(tmp_path: Path, content: Any) -> None:
    reader = read_reviews(write(tmp_path / "a.json", json.dumps(content)))
    assert [(one.text, one.product) for one in reader] == [
        ("好😀", "杯"),
        ("坏", "杯"),
        ("烫", "壶"),
    ]
    assert "product, brand and source are read" in reader.notes[0]


@pytest.mark.parametrize(
    "content",
    [
        {"text": ["好😀", "坏"], "stars": [5, 1]},
        {"text": {"0": "好😀", "1": "坏"}, "stars": {"0": 5, "1": 1}},
        {"columns": ["text", "stars"], "index": [0, 1], "data": [["好😀", 5], ["坏", 1]]},
        {"a": {"text": "好😀", "stars": 5}, "b": {"text": "坏", "stars": 1}},
    ],
)
def test_data_frames_and_objects_by_key(tmp_path: Path, content: Any) -> None:
    reader = read_reviews(write(tmp_path / "a.json", json.dumps(content)))
    assert [(one.text, one.rating) for one in reader] == [("好😀", 5.0), ("坏", 1.0)]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("f({'comments': []});", "line 1(, column .)?: not JSON"),
        ("{'text': 'good'}\n{'text': 'bad'}\n", "line 1(, column .)?: not JSON"),
        ('{"text": "cut o', "line 1: not JSON: Unterminated"),
        (
            '[["text", "stars"], ["good", 5]]',
            "line 1, element 1: not an object with a text but a list",
        ),
    ],
)
def test_no_value_that_can_be_read(tmp_path: Path, content: str, reason: str) -> None:
    with pytest.raises(
        GuandianError, match=rf"none of the first .*the first: .*{reason}.*\n.*write an object"
    ):
        read_reviews(write(tmp_path / "a.json", content), on_error="skip")


def test_an_array_without_its_brackets(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", '{"text": "好😀"},\n\n{"text": "坏"},\n')
    assert [one.text for one in read_reviews(path)] == ["好😀", "坏"]


def test_the_play_console_writes_utf_16(tmp_path: Path) -> None:
    table = (
        "Package Name,Device,Review Submit Date and Time,Star Rating,Review Title,Review Text,"
        "Developer Reply Text\ncom.a,x,2024-01-15T08:12:45Z,2,,卡😀,谢谢\ncom.a,x,"
        "2024-01-16T08:12:45Z,5,,,\n"
    )
    (tmp_path / "a.csv").write_bytes(table.encode("utf-16"))
    reader = read_reviews(tmp_path / "a.csv")
    (one,) = reader
    assert (one.text, one.product, one.rating) == ("卡😀", "com.a", 2.0)
    assert one.time == "2024-01-15T08:12:45+00:00" and reader.empty == 1


def test_lines_that_come_one_by_one_and_a_damaged_one(monkeypatch: pytest.MonkeyPatch) -> None:
    content = '{"text": "好😀"}\n{"text": "坏" "x"}\n{"text": "丙"}\n'
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content.encode())))
    reader = read_reviews("-", layout=Layout(format="json"), on_error="skip")
    assert [one.text for one in reader] == ["好😀", "丙"] and reader.rejected == 1


def test_a_mined_review_of_several_columns_is_read_as_it_was(tmp_path: Path) -> None:
    rows = "标题,评价,追评\n好,很好用😀,坏了\n"
    path = tmp_path / "a.csv"
    path.write_text(rows, encoding="utf-8")
    choice = ColumnChoice(text=("评价", "追评"))
    (review,) = read_reviews(path, choice)

    line = to_wire(review, replace(MINED, review_id=review.id, opinions=(), entities=()))
    assert line["parts"] == {"评价": {"start": 0, "end": 4}, "追评": {"start": 5, "end": 7}}
    (again,) = read_reviews(write(tmp_path / "b.jsonl", json.dumps(line)), choice)
    assert (again.text, again.parts, again.extra) == (review.text, review.parts, review.extra)


def test_the_scale_of_a_rating_is_kept_when_mined_again(tmp_path: Path) -> None:
    (review,) = read_reviews(write(tmp_path / "a.csv", "评论,评分\n很好用😀,8/10\n"))
    line = to_wire(review, replace(MINED, review_id=review.id, opinions=(), entities=()))
    assert (line["rating"], line["scale"]) == (8, 10)
    assert from_wire(line)[0] == replace(review, language=MINED.language)
    (again,) = read_reviews(write(tmp_path / "b.jsonl", json.dumps(line)))
    assert (again.rating, again.scale, again.extra) == (8, 10, {})


def test_a_rating_that_was_not_read_is_still_told_so_when_mined_again(tmp_path: Path) -> None:
    (review,) = read_reviews(write(tmp_path / "a.csv", "评论,评分\n很好用😀,凑合\n"))
    assert (review.rating, review.unread, review.extra["评分"]) == (
        None,
        {"rating": "评分"},
        "凑合",
    )
    line = to_wire(review, replace(MINED, review_id=review.id, opinions=(), entities=()))
    assert line["unread"] == {"rating": "评分"} and from_wire(line)[0] == replace(
        review, language=MINED.language
    )
    (again,) = read_reviews(write(tmp_path / "b.jsonl", json.dumps(line)))
    assert (again.unread, again.extra) == (review.unread, review.extra)
