"""Review files in: formats, encodings, columns, and every kind of bad input."""

from __future__ import annotations

import codecs
import io
import json
import sys
from dataclasses import replace
from datetime import datetime
from itertools import islice
from pathlib import Path

import pytest

from guandian.domain import Review
from guandian.errors import BadRow, GuandianError
from guandian.files import ColumnChoice, Layout, RejectFile, read_reviews, review_rows, to_wire

from .samples import MINED, REVIEW

CSV = "评论内容,商品,评分,评论时间,城市\n屏幕很清晰👍,手机,5星,2024年3月5日,杭州\n太吵了,风扇,1,,\n"


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def texts(path: Path, **options: object) -> list[str]:
    return [one.text for one in read_reviews(path, **options)]  # type: ignore[arg-type]


def skipping(path: Path, folder: Path) -> tuple[list[Review], list[dict[str, object]]]:
    """The reviews, and the content of the rejects file."""
    rejects = folder / "rejects.jsonl"
    with RejectFile(rejects) as kept:
        reader = read_reviews(path, on_error="skip", rejects=kept)
        found = list(reader)
    rows = []
    if rejects.exists():
        rows = [json.loads(line) for line in rejects.read_text().splitlines()]
    assert reader.rejected == kept.count == len(rows)
    assert reader.read == len(found)
    return found, rows


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "utf-32"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_csv_in_every_encoding(tmp_path: Path, encoding: str, delimiter: str, newline: str) -> None:
    content = CSV.replace(",", delimiter).replace("\n", newline)
    path = write(tmp_path, "reviews.csv", content.encode(encoding))
    first, second = read_reviews(path)
    assert first == Review(
        id="1",
        text="屏幕很清晰👍",
        product="手机",
        rating=5.0,
        time="2024-03-05",
        extra={"城市": "杭州"},
    )
    assert (second.id, second.time, second.extra) == ("2", None, {"城市": ""})


@pytest.mark.parametrize("mark", [codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE])
def test_utf16_of_both_orders(tmp_path: Path, mark: bytes) -> None:
    name = "utf-16-le" if mark == codecs.BOM_UTF16_LE else "utf-16-be"
    assert texts(write(tmp_path, "a.txt", mark + "很好😊\n不错".encode(name))) == ["很好😊", "不错"]


def test_encoding_is_guessed_where_ascii_ends(tmp_path: Path) -> None:
    """Not from the first block alone: the Chinese rows here come in a later one."""
    english = "a plain review of a kettle that boils\n" * 35_000
    path = write(tmp_path, "a.txt", english.encode() + "这款水壶很好用\n".encode("gb18030"))
    assert texts(path)[-1] == "这款水壶很好用"


def test_characters_on_block_borders(tmp_path: Path) -> None:
    lines = [f"{'啊' * (number % 7)}第{number}条😊" for number in range(60_000)]
    assert texts(write(tmp_path, "a.txt", "\n".join(lines))) == lines


def test_asked_encoding_wins(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "review\ncafé crème très bon\n".encode("cp1252"))
    with pytest.raises(GuandianError, match=r"neither UTF-8 nor GB18030.*0xE9 at offset 10"):
        texts(path)
    assert texts(path, layout=Layout(encoding="cp1252")) == ["café crème très bon"]


def test_big5_is_not_taken_for_gb18030(tmp_path: Path) -> None:
    content = "評論\n這個螢幕真的很漂亮，電池卻很不耐用\n".encode("big5")
    path = write(tmp_path, "a.csv", content)
    with pytest.raises(GuandianError, match="--encoding"):
        texts(path)
    assert texts(path, layout=Layout(encoding="big5")) == ["這個螢幕真的很漂亮，電池卻很不耐用"]


def test_wrong_encoding_names_the_place(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "text\nfine\n声音很大\n".encode("gb18030"))
    with pytest.raises(BadRow, match=r"line 3, column text: byte 0x.. is not in.*--encoding"):
        texts(path, layout=Layout(encoding="utf-8"))
    path = write(tmp_path, "b.txt", "很好".encode("utf-16-le") + b"\x01")
    with pytest.raises(GuandianError, match="byte 4"):
        texts(path, layout=Layout(encoding="utf-16-le"))
    with pytest.raises(GuandianError, match="unknown encoding 'klingon'"):
        texts(path, layout=Layout(encoding="klingon"))
    with pytest.raises(GuandianError, match=r"without the mark.*\n.*--encoding utf-16-le"):
        texts(path, layout=Layout(encoding="utf-16"))
    for encoding in ("idna", "punycode"):  # of host names, no texts
        with pytest.raises(GuandianError, match=f"unknown encoding '{encoding}'"):
            texts(path, layout=Layout(encoding=encoding))


def test_one_damaged_row_is_one_bad_row(tmp_path: Path) -> None:
    rows = ["做工扎实，物流也快", "电池不耐用", "包装很丑但是效果好"]
    content = "text\n" + "\n".join(rows * 5) + "\n"
    damaged = content.encode().replace("电池".encode(), b"\xe7\x94", 1)
    found, rejected = skipping(write(tmp_path, "a.csv", damaged), tmp_path)
    assert len(found) == 14
    assert [(one["line"], one["column"]) for one in rejected] == [(3, "text")]


def test_json_lines_keep_ids_and_pass_the_rest(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "a.jsonl",
        '{"id": 17, "text": "好用😊", "rating": 4.5, "tags": ["a", 1], "n": null}\n'
        "\n"
        '{"text": "一般", "late": true, "rating": "凑合", "date": "1709596800"}\n',
    )
    reader = read_reviews(path)
    assert reader.guess.columns == {"text": "text", "id": "id", "rating": "rating", "time": "date"}
    first, second = reader
    assert first == Review("17", "好用😊", rating=4.5, extra={"tags": '["a", 1]'})
    assert second.id == "2"
    assert second.extra == {"late": "true", "rating": "凑合"}
    assert second.unread == {"rating": "rating"}
    assert second.time == "2024-03-05T00:00:00+00:00"


def test_plain_lines_and_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = "  很好用 \n\nIt works 👍\r\n最后一行"
    expected = ["  很好用 ", "It works 👍", "最后一行"]
    assert texts(write(tmp_path, "a.txt", content)) == expected
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content.encode())))
    assert [one.text for one in read_reviews("-")] == expected
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(CSV.encode())))
    assert len(list(read_reviews("-", layout=Layout(format="csv")))) == 2


def test_quoted_cells_keep_lines_and_line_numbers(tmp_path: Path) -> None:
    content = 'id,text\n1,"第一行\r\n第二行，""引用"""\n\n2,5" screen\n3,"a,\n\nb"\n4\n5,好\n'
    found, rejected = skipping(write(tmp_path, "a.csv", content), tmp_path)
    assert [one.text for one in found] == [
        '第一行\r\n第二行，"引用"',
        '5" screen',
        "a,\n\nb",
        "好",
    ]
    assert [(one["line"], one["reason"], one["row"]) for one in rejected] == [
        (9, "1 cells where the header has 2", "4\n")
    ]


def test_empty_rows_of_a_spreadsheet_are_no_reviews(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", 'text,id\n好😀,1\n,\n" ",,\n\n,4\n坏,5\n')
    found, rejected = skipping(path, tmp_path)
    assert [(one.id, one.text) for one in found] == [("1", "好😀"), ("5", "坏")]
    assert not rejected


def test_a_broken_quote_costs_one_row(tmp_path: Path) -> None:
    content = 'id,text\n1,"没有关上的引号\n2,好\n3,"对的"\n4,"后面"有字\n5,"又没关\n6,不错\n'
    found, rejected = skipping(write(tmp_path, "a.csv", content), tmp_path)
    assert [one.id for one in found] == ["2", "3", "6"]
    assert [one["line"] for one in rejected] == [2, 5, 6]
    assert all("broken quote" in str(one["reason"]) for one in rejected)


def test_every_kind_of_bad_json(tmp_path: Path) -> None:
    lines = [
        '{"text": "好"}',
        '{"text": "坏" "x"}',
        '["a list"]',
        '{"text": ["nested"]}',
        '{"other": 1}',
        '{"text": "半个 \\ud83d 表情"}',
        '{"text": "空\\u0000字符"}',
        '{"text": "x", "k\\udc00": "y"}',
        "[" * 100_000,
        '{"text": "x", "n": ' + "9" * 5000 + "}",
        '{"text": "整个 \\ud83d\\ude00 表情"}',
    ]
    found, rejected = skipping(write(tmp_path, "a.jsonl", "\n".join(lines)), tmp_path)
    assert [one.text for one in found] == ["好", "整个 😀 表情"]
    assert [one.id for one in found] == ["1", "11"]
    assert [one["line"] for one in rejected] == list(range(2, 11))
    assert rejected[0]["column"] == "14"
    assert [one["row"] for one in rejected] == [line + "\n" for line in lines[1:10]]
    for reason, word in zip(
        (str(one["reason"]) for one in rejected[:6]),
        (
            "not JSON",
            "not an object with a text but a list",
            "not a text",
            "no key 'text' (this row has: other)",
            "U+D83D",
            "NUL",
        ),
        strict=True,
    ):
        assert word in reason


def test_stop_raises_at_the_first_bad_row(tmp_path: Path) -> None:
    reader = read_reviews(write(tmp_path, "a.csv", 'id,text\n1,好\n2,"坏"x\n3,好\n'))
    assert next(reader).id == "1"
    with pytest.raises(BadRow) as caught:
        next(reader)
    assert (caught.value.line, caught.value.column) == (3, "")
    assert str(tmp_path / "a.csv") in str(caught.value)


def test_times_that_are_not_read_are_told(tmp_path: Path) -> None:
    rows = "".join(f"好😀,{day}/1/2025\n" for day in range(1, 13)) + "好,2025-01-31\n好,\n"
    path = write(tmp_path, "a.csv", "text,date\n" + rows)
    reader = read_reviews(path)
    assert [one.time for one in reader][11:] == [None, "2025-01-31", None]
    (note,) = reader.notes
    assert "date: " in note and "12 of 13 not read as a time" in note and "'1/1/2025'" in note
    assert "--time-format" in note
    reader = read_reviews(path, layout=Layout(time_format="%d/%m/%Y"))
    assert [one.time for one in reader][11] == "2025-01-12" and not reader.notes
    with pytest.raises(GuandianError, match="--time-format"):
        read_reviews(path, layout=Layout(time_format="day first"))


@pytest.mark.parametrize(
    ("days", "named", "unnamed"),
    [
        (["5/1/2024", "5/13/2024", "6/25/2024"], ["'%m/%d/%Y' reads 3 of 3"], ["%d/%m"]),
        (["1/5/2024", "13/5/2024"], ["'%d/%m/%Y' reads 2 of 2"], ["%m/%d"]),
        (["5/1/2024", "6/2/2024"], ["'%d/%m/%Y' (", "'%m/%d/%Y' (", "does not tell"], ["reads"]),
        (["10/1/2024 9:00", "10/14/2024 9:10"], ["'%m/%d/%Y %H:%M' reads 2 of 2"], ["%d/%m"]),
        (["10/1/24, 9:00 PM", "10/14/24, 9:10 AM"], ["'%m/%d/%y, %I:%M %p' reads 2"], ["%Y"]),
        (["99-12-31", "00-01-30"], ["'%y-%m-%d' reads 2 of 2"], ["%Y"]),
        (["昨天", "today"], ["strptime"], ["%"]),
    ],
)
def test_the_format_that_is_named_reads_the_column(
    tmp_path: Path, days: list[str], named: list[str], unnamed: list[str]
) -> None:
    rows = "".join(f'好😀,"{day}"\n' for day in days)
    reader = read_reviews(write(tmp_path, "a.csv", "text,date\n" + rows))
    assert len(list(reader)) == len(days)
    (note,) = reader.notes
    assert all(words in note for words in named) and not any(words in note for words in unnamed)


def test_a_wrong_format_is_told_with_the_one_that_reads_more(tmp_path: Path) -> None:
    days = ["5/1/2024", "5/13/2024", "6/25/2024"]
    path = write(tmp_path, "a.csv", "text,date\n" + "".join(f"好😀,{day}\n" for day in days))
    reader = read_reviews(path, layout=Layout(time_format="%d/%m/%Y"))
    list(reader)
    (note,) = reader.notes
    assert "2 of 3 not read" in note and "--time-format '%m/%d/%Y' reads 3 of 3" in note
    assert "'%d/%m/%Y' reads 1, and may take days for months" in note
    reader = read_reviews(path, layout=Layout(time_format="%m/%d/%Y"))
    assert [one.time for one in reader] == ["2024-05-01", "2024-05-13", "2024-06-25"]
    assert not reader.notes


def test_mined_reviews_are_read_as_their_owner_gave_them(tmp_path: Path) -> None:
    lines = json.dumps(to_wire(REVIEW, MINED)) + '\n{"text": "好", "opinions": []}\n'
    reader = read_reviews(write(tmp_path, "a.jsonl", lines))
    first, second = reader
    assert first == replace(REVIEW, language=None, extra={"城市": "杭州", "extra.text": "=1+1"})
    assert second.extra == {"opinions": "[]"}
    assert set(reader.guess.passed) == {"城市", "extra.text", "opinions"}
    (note,) = reader.notes
    assert "holds mined reviews" in note


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"review_id": 2, "评语": "好"}', "no key 'text' (this row has: review_id, 评语)"),
        ('{"text": 17}', "not a text but 17"),
        ('{"text": 1.5}', "not a text but 1.5"),
        ('{"text": NaN}', "not a text but NaN"),
    ],
)
def test_json_says_itself_what_is_a_text(tmp_path: Path, line: str, reason: str) -> None:
    path = write(tmp_path, "a.jsonl", '{"text": "好😀"}\n' + line)
    found, (rejected,) = skipping(path, tmp_path)
    assert len(found) == 1 and str(rejected["reason"]).startswith(reason)


def test_a_formula_without_a_value_says_so(tmp_path: Path) -> None:
    book = pytest.importorskip("openpyxl").Workbook()
    for row in (["id", "text"], [1, "好😀"], [2, '="好"&"用"']):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    reader = read_reviews(tmp_path / "a.xlsx")
    assert len(list(reader)) == 1 and reader.empty == 1
    assert "1 row without a text" in reader.notes[0]
    assert "formula without a stored value" in reader.notes[0]


def test_a_damaged_line_of_a_short_input_is_one_bad_row(tmp_path: Path) -> None:
    path = write(tmp_path, "a.txt", "很划算\n".encode() + b"\xff\xfe\n" + "电池差\n".encode())
    found, (rejected,) = skipping(path, tmp_path)
    assert [one.text for one in found] == ["很划算", "电池差"]
    assert rejected["line"] == 2 and "byte 0xFF" in str(rejected["reason"])
    short = "好\n".encode() + b"\xff\xfe\xfd\n\xff\xfe\n"
    with pytest.raises(GuandianError, match="byte 0xFF at offset 4, line 2"):
        texts(write(tmp_path, "b.txt", short))


def test_no_rejects_no_rejects_file(tmp_path: Path) -> None:
    found, rejected = skipping(write(tmp_path, "a.csv", CSV), tmp_path)
    assert len(found) == 2 and not rejected and not (tmp_path / "rejects.jsonl").exists()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", b"", "is empty"),
        ("a.txt", b"", "is empty"),
        ("a.xlsx", b"", "is empty"),
        ("a.parquet", b"", "is empty"),
        ("a.csv", b"\n\n", "is empty"),
        ("a.csv", b",,\n,,\n", "is empty"),
        ("a.csv", codecs.BOM_UTF8, "is empty"),
        ("a.txt", codecs.BOM_UTF16_LE, "is empty"),
        ("a.jsonl", b"\n", "is empty"),
        ("a.txt", b"\n \n", "is empty"),
        ("a.csv", b"id,text\n", r"has a header but no review: id, text\n.*--no-header"),
        ("a.tsv", b"id\ttext\n\t\n\n", "has a header but no review"),
        ("a.csv", b"PK\x03\x04rest", "Excel workbook.*\n.*xlsx"),
        ("a.csv", b"PAR1rest", "Parquet"),
        ("a.txt", b"\x1f\x8brest", "gzip"),
        ("a.csv", bytes(range(256)) * 20, "binary"),
        ("a.csv", "text\n好\n".encode("utf-16-le") + b"a\0" * 100, "utf-16-le"),
        ("a.csv", b"alpha,beta\n1,2\n", "no column looks like.*alpha, beta\n.*--columns text="),
        ("a.csv", b'"text\n1,2\n', "header.*broken quote"),
        ("a.xlsx", b"no workbook", r"is no workbook\n.*name it \.csv"),
        ("a.parquet", b"no parquet", "cannot be read as Parquet"),
        ("a.docx", b"x", r"a document that ends in \.docx is not read\n.*copy its table"),
        ("a.xyz", b"x", "no format goes by the ending '.xyz'"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    with pytest.raises(GuandianError, match=words):
        list(read_reviews(write(tmp_path, name, content)))


@pytest.mark.parametrize("name", ["a.xlsx", "a.parquet"])
def test_a_table_of_a_header_alone(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if path.suffix == ".xlsx":
        book = pytest.importorskip("openpyxl").Workbook()
        book.worksheets[0].append(["id", "text"])
        book.save(path)
    else:
        arrow = pytest.importorskip("pyarrow")
        none = arrow.array([], "string")
        pytest.importorskip("pyarrow.parquet").write_table(
            arrow.table({"id": none, "text": none}), path
        )
    with pytest.raises(GuandianError, match="has a header but no review: id, text"):
        read_reviews(path)


def test_a_key_that_stands_twice_is_a_bad_row(tmp_path: Path) -> None:
    lines = (
        '{"text": "好😀", "text": "坏"}',
        '{"text": "好", "tags": {"x\\ud83d": 1, "b": {"x\\ud83d": 1, "x\\ud83d": 1}}}',
        '{"text": "好", "tags": [{"a": 1}, {"a": 1}]}',
    )
    found, rejected = skipping(write(tmp_path, "a.jsonl", "\n".join(lines)), tmp_path)
    assert [one.text for one in found] == ["好"]
    assert [(one["line"], one["column"], one["reason"], one["row"]) for one in rejected] == [
        (1, "text", "the key 'text' stands twice in one object", lines[0] + "\n"),
        (2, "x?", "the key 'x?' stands twice in one object", lines[1] + "\n"),
    ]


def test_a_rating_that_is_no_number_is_passed_through_or_missing(tmp_path: Path) -> None:
    """Python writes NaN for a missing number; an infinite one is as unusable as a word."""
    ratings = ("NaN", "null", "Infinity", "-1e999", '"凑合"', '"暂无评分"')
    rows = "".join(f'{{"text": "好😀", "rating": {rating}}}\n' for rating in ratings)
    found = list(read_reviews(write(tmp_path, "a.jsonl", rows)))
    assert [one.rating for one in found] == [None] * 6
    assert [one.extra.get("rating") for one in found] == [
        None,
        None,
        "inf",
        "-inf",
        "凑合",
        "暂无评分",
    ]
    assert ["rating" in one.unread for one in found] == [False, False, True, True, True, False]


@pytest.mark.parametrize(
    ("name", "cells", "expected"),
    [
        ("评分", "1/10 5/10 90% 好评 4", [(1, 10), (5, 10), (90, 100), (5, 5), (4, None)]),
        ("评分（满分10分）", "1 2 11 4/5", [(1, 10), (2, 10), (None, None), (4, 5)]),
        ("评分", "10 8 2 1 45", [(10, 10), (8, 10), (2, 10), (1, 10), (None, None)]),
        ("评分", "90 75 20 5", [(90, 100), (75, 100), (20, 100), (5, 100)]),
        ("评分", "1 0 1 5/5", [(1, 1), (0, 1), (1, 1), (5, 5)]),
        ("评分", "1 4 5 5", [(1, None), (4, None), (5, None), (5, None)]),
    ],
)
def test_the_scale_of_a_rating_is_that_of_its_cell_or_its_column(
    tmp_path: Path, name: str, cells: str, expected: list[tuple[float | None, float | None]]
) -> None:
    rows = "".join(f"好😀,{cell}\n" for cell in cells.split())
    reader = read_reviews(write(tmp_path, "a.csv", f"评论,{name}\n{rows}"))
    found = list(reader)
    assert [(one.rating, one.scale) for one in found] == expected
    assert [one.unread for one in found] == [
        {"rating": name} if r is None else {} for r, _ in expected
    ]


def test_looking_at_ratings_first_loses_no_row(tmp_path: Path) -> None:
    rows = [f"好😀{number},{number % 11}" for number in range(1500)]
    rows[7] = "好,3,4,5"
    path = write(tmp_path, "a.csv", "\n".join(["评论,评分", *rows]) + "\n")
    read = list[str]()
    with pytest.raises(BadRow, match="line 9"):
        read += (one.text for one in read_reviews(path))
    assert read == [f"好😀{number}" for number in range(7)]
    reader = read_reviews(path, on_error="skip")
    assert [(one.text, one.scale) for one in reader][-1] == ("好😀1499", 10)
    assert (reader.read, reader.rejected) == (1499, 1)


@pytest.mark.parametrize("delimiter", [";;", "\\t", '"', "\n"])
def test_what_cannot_stand_between_columns(tmp_path: Path, delimiter: str) -> None:
    path = write(tmp_path, "a.csv", 'text;id\n"好😀";1\n')
    with pytest.raises(GuandianError, match=r"cannot stand between columns\n.*--format tsv"):
        read_reviews(path, layout=Layout(delimiter=delimiter))


@pytest.mark.parametrize("name", ["rot13", "hex", "undefined", "nope"])
def test_what_is_no_encoding_of_text(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, "a.txt", "好😀\n")
    with pytest.raises(GuandianError, match="unknown encoding"):
        list(read_reviews(path, layout=Layout(encoding=name)))


def test_a_header_of_another_encoding_says_so_once(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "评论\n好\n".encode("gb18030"))
    with pytest.raises(GuandianError, match=r"name '.*' cannot be read: byte 0xC6") as told:
        read_reviews(path, layout=Layout(encoding="utf-8"))
    assert str(told.value).count("--encoding") == 1 and str(told.value).isprintable()


def test_rows_in_memory_stand_for_themselves() -> None:
    """Whoever gives rows wants an answer to each: one without a text is a review, not skipped."""
    rows = [{"评价": "好😀", "追评": None}, {"评价": "", "追评": "坏"}]
    assert [one.text for one in review_rows(rows)] == ["好😀", "坏"]
    for blank in ({"评价": " ", "追评": None}, {"评价": float("nan"), "追评": ""}):
        found = list(review_rows([rows[0], blank, rows[1]]))
        assert [one.text for one in found] == ["好😀", "", "坏"]
        assert [one.id for one in found] == ["1", "2", "3"]


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(GuandianError, match="there is no file"):
        read_reviews(tmp_path / "none.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(GuandianError, match=r"is a folder, not a file\n.*folder.csv/\*\.csv"):
        read_reviews(tmp_path / "folder.csv")


@pytest.mark.parametrize(
    "text",
    ["好" * 350_000, "😊" * 10_000, "！！！……。？", "שלום עולם \u202eabc", "a\u2028b\x85c\x0bd"],
    ids=["megabyte", "emoji", "punctuation", "right-to-left", "line-separators"],
)
def test_strange_reviews_come_through_unaltered(tmp_path: Path, text: str) -> None:
    assert texts(write(tmp_path, "a.txt", text + "\n好")) == [text, "好"]
    assert texts(write(tmp_path, "a.csv", f'text\n"{text}"\n')) == [text]
    assert texts(write(tmp_path, "a.jsonl", json.dumps({"text": text}))) == [text]


def test_endless_lines_are_refused_not_held(tmp_path: Path) -> None:
    path = write(tmp_path, "a.txt", b"x" * (10 << 20))
    with pytest.raises(GuandianError, match="longer than"):
        list(read_reviews(path))
    swallowed = 'text\n"open\n' + ("x" * 999 + "\n") * 9000
    reader = read_reviews(write(tmp_path, "a.csv", swallowed), on_error="skip")
    assert sum(1 for _ in reader) == 9000
    assert reader.rejected == 1


def test_rows_are_not_held(tmp_path: Path) -> None:
    row = f"7,the battery is {'very ' * 20}weak\n"
    reader = read_reviews(write(tmp_path, "a.csv", "id,text\n" + row * 60_000))
    for _ in islice(reader, 5000):
        pass
    before = sys.getallocatedblocks()
    most = max(sys.getallocatedblocks() - before for _ in islice(reader, 0, None, 1000))
    assert reader.read == 60_000
    assert most < 40_000  # holding them would take four blocks of memory a review


def test_columns_are_overruled(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "review,title,note\n甲,乙,丙\n")
    assert texts(path) == ["甲"]
    assert texts(path, columns=ColumnChoice(text="note")) == ["丙"]
    reader = read_reviews(path, ColumnChoice(text="2", product="review"))
    assert reader.guess.columns == {"text": "title", "product": "review"}
    assert next(reader).extra == {"note": "丙"}
    reader.close()
    with pytest.raises(
        GuandianError, match=r"no column 'body'.*--columns text=.*\n.*review, title"
    ):
        read_reviews(path, ColumnChoice(text="body"))


def test_files_without_a_header(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "1,好用\n2,难用\n")
    assert texts(path, columns=ColumnChoice(text="2"), layout=Layout(header=False)) == [
        "好用",
        "难用",
    ]


def test_one_column_without_a_header_is_the_text(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "好用😀\n难用\n")
    assert texts(path, layout=Layout(header=False)) == ["好用😀", "难用"]


def test_blank_and_repeated_column_names(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "text,,a,a,\n好,1,2,3,4\n")
    (review,) = read_reviews(path)
    assert review.extra == {
        "column 2": "1",
        "a": "2",
        "a (2)": "3",
        "column 5": "4",
    }


def test_excel(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (
        ["评价", "产品", "星级", "日期", "单号"],
        ["很清晰👍", "手机", 5, datetime(2024, 3, 5), 123456789012],
        [None, None, None, None, None],
        ["a_x000D_b", None, 3.5, datetime(2024, 3, 5, 12, 30), None],
        [666],
        ["多", 1, 2, "", "", "余"],
    ):
        sheet.append(row)
    book.save(tmp_path / "a.xlsx")
    found, rejected = skipping(tmp_path / "a.xlsx", tmp_path)
    assert found[0] == Review(
        "1",
        "很清晰👍",
        product="手机",
        rating=5.0,
        time="2024-03-05",
        extra={"单号": "123456789012"},
    )
    assert (found[1].text, found[1].time) == ("a\rb", "2024-03-05T12:30:00")
    assert found[2].text == "666"
    assert [one["line"] for one in rejected] == [6]


def test_parquet(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    columns = {
        "content": ["好👍", None, "行"],
        "score": [5, 4, None],
        "when": [datetime(2024, 1, 2), None, None],
    }
    parquet.write_table(arrow.table(columns), tmp_path / "a.parquet")
    found, rejected = skipping(tmp_path / "a.parquet", tmp_path)
    assert found == [
        Review("1", "好👍", rating=5.0, extra={"when": "2024-01-02"}),
        Review("3", "行"),
    ]
    assert not rejected


def test_parquet_of_other_programs(tmp_path: Path) -> None:
    """Bytes in the place of text, nanoseconds, and what is not a number."""
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    table = {
        "text": arrow.array(["好👍".encode(), b"\xff\xfe"], arrow.binary()),
        "score": [float("nan"), 4.0],
        "time": arrow.array([1_700_000_000_000_000_123, None], arrow.timestamp("ns", "Asia/Tokyo")),
    }
    parquet.write_table(arrow.table(table), tmp_path / "a.parquet")
    found, rejected = skipping(tmp_path / "a.parquet", tmp_path)
    assert found == [Review("1", "好👍", time="2023-11-15T07:13:20+09:00")]
    assert [(one["line"], str(one["reason"])[:9]) for one in rejected] == [(2, "byte 0xFF")]


def test_a_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(GuandianError, match=r"openpyxl.*\n.*pip install 'guandian\[excel\]'"):
        read_reviews(write(tmp_path, "a.xlsx", b"PK"))
    with pytest.raises(GuandianError, match=r"pyarrow.*\n.*pip install 'guandian\[parquet\]'"):
        read_reviews(write(tmp_path, "a.parquet", b"PAR1"))
