"""Texts whose name tells no format, or another: how they begin tells it, and the reader is told."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from guandian.errors import BadRow
from guandian.files import Layout, RejectFile, read_reviews
from guandian.files.formats.content import content_of
from guandian.wording.errors import in_chinese

ROWS = [{"text": "屏幕很清晰😀", "rating": 4}, {"text": "太吵", "rating": 1}]
LINES = "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in ROWS)
TABLE = "评价内容,评分\n屏幕很清晰😀,4\n太吵,1\n"
FORMS = {
    "lines": LINES,
    "windows": LINES.replace("\n", "\r\n"),
    "blank first": f"\n \n{LINES}",
    "array": json.dumps(ROWS, ensure_ascii=False),
    "pretty": json.dumps(ROWS, ensure_ascii=False, indent=2),
    "around": json.dumps({"data": ROWS}, ensure_ascii=False, indent=2),
    "commas": TABLE,
    "semicolons": TABLE.replace(",", ";"),
    "told to Excel": f"sep=;\n{TABLE}".replace(",", ";"),
    "tabs": TABLE.replace(",", "\t"),
}


def piped(content: str, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content.encode())))


@pytest.mark.parametrize("content", FORMS.values(), ids=FORMS)
def test_standard_input_and_text_are_read_by_how_they_begin(
    content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.txt").write_bytes(content.encode())
    piped(content, monkeypatch)
    for path in ("-", str(tmp_path / "a.txt")):
        reader = read_reviews(path)
        assert [(one.text, one.rating) for one in reader] == [("屏幕很清晰😀", 4), ("太吵", 1)]
        (note,) = reader.notes
        assert "--format lines" in note


def test_who_asks_for_lines_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    piped(LINES, monkeypatch)
    reader = read_reviews("-", layout=Layout(format="lines"))
    assert [one.text for one in reader] == LINES.splitlines() and not reader.notes


@pytest.mark.parametrize(
    "line",
    [
        "屏幕很清晰",
        "[微笑]很好用",
        "{很好",
        "评价，不错",
        "质量好,物流快",
        "“很好”",
        "5 stars, good",
        "[1]",
    ],
)
def test_what_may_be_a_review_stays_one(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert content_of(line) is None
    piped(f"{line}\n很好\n", monkeypatch)
    reader = read_reviews("-")
    assert [one.text for one in reader] == [line, "很好"] and not reader.notes


@pytest.mark.parametrize("line", ["text", "评论内容", "评价,不错"])
def test_a_line_that_may_name_columns_is_told(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    piped(f"{line}\n很好\n", monkeypatch)
    reader = read_reviews("-")
    assert [one.text for one in reader] == [line, "很好"]
    (note,) = reader.notes
    assert "may name columns" in note and "--format csv" in note


def test_json_under_the_name_of_a_table_is_read_as_json(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(LINES, encoding="utf-8")
    reader = read_reviews(tmp_path / "a.csv")
    assert [one.rating for one in reader] == [4, 1] and "as JSON" in reader.notes[0]


def test_a_first_line_is_read_before_the_second_has_come(monkeypatch: pytest.MonkeyPatch) -> None:
    class Waiting(io.BytesIO):
        def read1(self, size: int | None = -1, /) -> bytes:
            line = self.readline()
            assert line, "read on before the first review was given out"
            return line

    line = LINES.splitlines(keepends=True)[0]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(Waiting(line.encode())))
    assert next(read_reviews("-")).text == "屏幕很清晰😀"


def test_a_bad_element_of_an_array_is_named_by_its_number(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('[{"text": "好"}, {"text": 5}, 7]', encoding="utf-8")
    reader = read_reviews(tmp_path / "a.json")
    with pytest.raises(BadRow, match=r"a\.json, line 1, element 2, column text: not a text but 5"):
        list(reader)
    kept = RejectFile(tmp_path / "kept.jsonl")
    with kept:
        assert len(list(read_reviews(tmp_path / "a.json", on_error="skip", rejects=kept))) == 1
    rows = map(json.loads, (tmp_path / "kept.jsonl").read_text("utf-8").splitlines())
    assert [(row["line"], row["element"], row["column"]) for row in rows] == [
        (1, 2, "text"),
        (1, 3, ""),
    ]


def test_a_bad_row_of_a_list_within_an_object_is_named_alike(tmp_path: Path) -> None:
    content = {"data": [{"text": "好"}, {"text": "坏"}, {"text": 5}]}
    (tmp_path / "a.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(BadRow, match="line 1, element 3, column text"):
        list(read_reviews(tmp_path / "a.json"))
    words = in_chinese(f"{tmp_path}/a.json, line 1, element 3, column text: it is empty")
    assert words is not None and words.endswith("第 1 行第 3 个元素，列 text：为空")
