"""Mined reviews out: the formats, harmless cells, and files that are whole or not there."""

from __future__ import annotations

import csv
import gc
import io
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from errno import ENOSPC
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from guandian.data import read
from guandian.domain import Entity, Label, LabelHead, Language, Span
from guandian.errors import BadRow, GuandianError
from guandian.files import (
    check_output,
    join_chunks,
    open_writer,
    read_chunk,
    read_mined,
    read_reviews,
    safe,
    to_wire,
    unsafe,
)
from guandian.files.output import excel_sink
from guandian.files.output import opinion_rows as flat
from guandian.wording import VARIABLE

from .samples import MINED, REVIEW, TEXT, without_opinions

FORMATS = ["jsonl", "csv", "tsv", "xlsx", "parquet", "bio"]
PASSED = ("城市", "text")


def written(path: Path, **options: Any) -> Path:
    with open_writer(path, **options) as writer:
        writer.write(REVIEW, MINED)
        writer.write(*without_opinions(2))
    return path


def table(path: Path) -> list[dict[str, object]]:
    """The rows of a table as another program reads them."""
    if path.suffix == ".xlsx":
        openpyxl = pytest.importorskip("openpyxl")
        book = openpyxl.load_workbook(path)
        head, *rows = [row for sheet in book for row in sheet.iter_rows(values_only=True)]
        book.close()
        known = {chinese: name for name, chinese in excel_sink.CHINESE.items()}
        names = [known.get(name) or _plain(name) for name in head]
        return [dict(zip(names, row, strict=True)) for row in rows]
    if path.suffix == ".parquet":
        parquet = pytest.importorskip("pyarrow.parquet")
        found: list[dict[str, object]] = parquet.read_table(path).to_pylist()
        return found
    delimiter = "\t" if path.suffix == ".tsv" else ","
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter=delimiter))
        return [{name: cell or None for name, cell in row.items()} for row in rows]


def _plain(name: str) -> str:
    """The name of a column of labels or of the input, from that in a Chinese workbook."""
    name = re.sub(r"^标注项 (\S+)( 概率)?$", r"label.\1\2", name).replace(" 概率", ".probability")
    return re.sub(r"^(.+)（原列）$", r"extra.\1", name)


@settings(deadline=None)
@given(st.text())
@example("=1+1")
@example("'")
@example("'=a")
@example("''")
def test_safe_can_be_undone(cell: str) -> None:
    assert unsafe(safe(cell)) == cell


@settings(deadline=None)
@example("-", "5")
@given(st.sampled_from(list("=+-@\t\r＝＋－＠")), st.text())
def test_safe_cells_run_nothing(start: str, rest: str) -> None:
    cell = start + rest
    assert safe(cell)[0] == "'" or float(cell.replace(",", "").rstrip("%")) <= 0


def test_blanks_before_a_formula_do_not_hide_it() -> None:
    assert safe(" \u3000=1+1")[0] == "'"


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("35", 35), ("-5", -5), ("4.5", 4.5), ("13800138000", 13800138000), ("0", 0),
        ("007", "007"), ("1.50", "1.50"), ("2610001234567", "2610001234567"), ("1e5", "1e5"),
        ("３５", "３５"), ("-", "'-"), ("2024-01", "2024-01"),
    ],
)  # fmt: skip
def test_numbers_that_are_passed_through_are_numbers_in_a_workbook(
    tmp_path: Path, cell: str, shown: object
) -> None:
    with open_writer(tmp_path / "a.xlsx", passed=("年龄",)) as writer:
        writer.write(replace(REVIEW, id="35", extra={"年龄": cell}), replace(MINED, review_id="35"))
    openpyxl = pytest.importorskip("openpyxl")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    names, first = (list(row) for row in sheet.iter_rows(max_row=2, values_only=True))
    assert first[names.index("年龄")] == shown and first[names.index("编号")] == "35"


def test_harmless_cells_stay_as_they_are() -> None:
    assert [safe(cell) for cell in ("", "好=坏", "a-b", "1")] == ["", "好=坏", "a-b", "1"]
    numbers = ("-1", "-3.5", "-1,200.50", "-2e-3", "-7%")
    assert [safe(cell) for cell in numbers] == [*numbers]
    for cell in ("-1+1", "-A1", "--1", "-", "-1 cmd", "+1", "-٣", "=-1"):
        assert safe(cell) == f"'{cell}"


@pytest.mark.parametrize("form", ["csv", "tsv", "xlsx", "parquet"])
def test_tables_have_a_row_an_opinion(tmp_path: Path, form: str) -> None:
    first, second, third = table(written(tmp_path / f"a.{form}", passed=PASSED))
    assert tuple(first) == flat.header(PASSED)
    assert (first["aspect"], first["expression"], first["polarity"]) == (
        "屏幕",
        "很清晰",
        "正面" if form == "xlsx" else "positive",
    )
    assert TEXT[int(str(first["aspect_start"])) : int(str(first["aspect_end"]))] == "屏幕"
    assert float(str(first["confidence"])) == 0.93
    assert (second["aspect"], second["evidence"], second["城市"]) == (
        None,
        "但是电池不耐用",
        "杭州",
    )
    assert (first["text"], first["product"], float(str(first["rating"]))) == (TEXT, "P50", 4.0)
    entities = str(first["entities"])
    assert (
        entities == "华为 (品牌)" if form == "xlsx" else json.loads(entities)[0]["text"] == "华为"
    )
    assert first["extra.text"] == ("=1+1" if form == "parquet" else "'=1+1")
    assert (third["id"], third["text"], third["category"]) == ("2", "随便写写", None)


@pytest.mark.parametrize("form", ["csv", "tsv", "xlsx", "parquet"])
def test_a_long_text_stands_in_its_first_row(tmp_path: Path, form: str) -> None:
    long = replace(REVIEW, text=TEXT + "好" * flat.LONG)
    with open_writer(tmp_path / f"a.{form}", passed=("城市",)) as writer:
        writer.write(long, MINED)
        writer.write(REVIEW, MINED)
    first, second, third, fourth = table(tmp_path / f"a.{form}")
    assert (first["text"], second["text"]) == (long.text, None)
    assert (second["id"], second["evidence"], second["城市"]) == ("r-1", "但是电池不耐用", "杭州")
    assert third["text"] == fourth["text"] == TEXT
    (note,) = writer.notes
    assert "first row alone of 1 review " in note


@pytest.mark.parametrize("form", ["csv", "xlsx", "parquet"])
def test_declared_labels_have_columns(tmp_path: Path, form: str) -> None:
    heads = (
        LabelHead("rating", "ordinal", ("1", "2")),
        LabelHead("topics", "multi", ("价格", "😀")),
        LabelHead("score", "regression", low=0, high=9),
    )
    labels = {
        "rating": Label("2", 0.625), "topics": Label(("价格", "😀"), (0.75, 0.5)),
        "score": Label(7.5),
    }  # fmt: skip
    path = tmp_path / f"a.{form}"
    with open_writer(path, passed=("label.rating",), heads=heads) as writer:
        writer.write(REVIEW, replace(MINED, labels=labels))
        writer.write(*without_opinions(2))
    first, _, bare = table(path)
    assert tuple(first) == flat.header(("label.rating",), heads)
    assert str(first["label.rating"]) == "2"
    assert float(str(first["label.rating.probability"])) == 0.625
    assert first["label.topics"] == "价格; 😀"
    assert first["label.topics.probability"] == "0.75; 0.5"
    assert float(str(first["label.score"])) == 7.5
    assert {bare[name] for name, _ in flat.label_columns(heads)} == {None}


def test_the_footer_of_a_parquet_file_holds_no_text(tmp_path: Path) -> None:
    """Least and greatest of a text column would be whole reviews, users and products."""
    parquet = pytest.importorskip("pyarrow.parquet")
    heads = (LabelHead("rating", "ordinal", ("1", "2")),)
    path = tmp_path / "a.parquet"
    with open_writer(path, passed=PASSED, heads=heads) as writer:
        writer.write(REVIEW, replace(MINED, labels={"rating": Label("2", 0.625)}))
    group = parquet.ParquetFile(path).metadata.row_group(0)
    columns = [group.column(k) for k in range(group.num_columns)]
    with_statistics = {one.path_in_schema for one in columns if one.is_stats_set}
    numbers = {
        name for name, kind in (*flat.COLUMNS, *flat.label_columns(heads)) if kind is not str
    }
    assert with_statistics == numbers
    raw = path.read_bytes()
    size = int.from_bytes(raw[-8:-4], "little")
    assert TEXT.encode() not in raw[-8 - size :]


@pytest.mark.parametrize("form", ["csv", "xlsx", "parquet"])
def test_what_has_no_column_is_kept_as_json(tmp_path: Path, form: str) -> None:
    rest = table(written(tmp_path / f"a.{form}", passed=("城市",)))[0]["extra"]
    assert json.loads(str(rest)) == {"text": "=1+1"}


@pytest.mark.parametrize("form", ["csv", "tsv", "xlsx"])
@pytest.mark.parametrize(
    "text",
    ["=HYPERLINK(0)", "+1\n=2", "-x", "@SUM(1)", "'quoted", "a;=1+1", "\t=1", "x\r\n\x0by_x0041_"],
)
def test_hostile_texts_come_back(tmp_path: Path, form: str, text: str) -> None:
    with open_writer(tmp_path / f"a.{form}") as writer:
        writer.write(*without_opinions(1, text))
    (review,) = read_reviews(tmp_path / f"a.{form}")
    assert unsafe(review.text) == text


def test_csv_is_marked_for_spreadsheets(tmp_path: Path) -> None:
    assert written(tmp_path / "a.csv").read_bytes().startswith(b"\xef\xbb\xbfid,text,product,")


def test_json_lines_are_read_back(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl")
    assert list(read_mined(path)) == [(REVIEW, MINED), without_opinions(2)]
    assert json.loads(path.read_text().splitlines()[0]) == to_wire(REVIEW, MINED)
    review, _ = read_reviews(path)
    assert (review.id, review.text, review.product) == ("r-1", TEXT, "P50")


def test_reading_back_names_the_bad_line(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl")
    with path.open("a") as stream:
        stream.write('{"id": "3", "text": "x"}\n')
    with pytest.raises(BadRow, match="line 3: not a mined review: language"):
        list(read_mined(path))
    with pytest.raises(GuandianError, match="JSON Lines alone"):
        list(read_mined(tmp_path / "a.csv"))
    with pytest.raises(GuandianError, match="there is no file"):
        list(read_mined(tmp_path / "none.jsonl"))
    with pytest.raises(GuandianError, match="is a folder, not a file"):
        list(read_mined(tmp_path))
    path.write_bytes(b"{\xff}\n")
    with pytest.raises(BadRow, match="not a mined review: not UTF-8: byte 0xFF at offset 1"):
        list(read_mined(path))
    path.write_bytes(b"")
    with pytest.raises(GuandianError, match="holds no review"):
        list(read_mined(path))
    assert list(read_chunk(path)) == []


@pytest.mark.parametrize("form", FORMATS)
def test_chunks_join_to_what_one_writer_writes(tmp_path: Path, form: str) -> None:
    chunks = [tmp_path / "1.jsonl", tmp_path / "2.jsonl"]
    with open_writer(chunks[0]) as writer:
        writer.write(REVIEW, MINED)
    with open_writer(chunks[1]) as writer:
        writer.write(*without_opinions(2))
    assert join_chunks(chunks, tmp_path / f"joined.{form}") == []
    whole = written(tmp_path / f"whole.{form}", passed=PASSED)
    if form == "xlsx":  # a workbook holds the time at which it was made
        assert table(tmp_path / "joined.xlsx") == table(whole)
    else:
        assert (tmp_path / f"joined.{form}").read_bytes() == whole.read_bytes()


def test_entities_come_back_from_tagged_lines(tmp_path: Path) -> None:
    (tmp_path / "labelled").mkdir()
    odd = ' 😀"华为\tP50 Pro，\n\n\u2028好 '
    brand, model = Entity(Span(3, 5), "brand", 0.9), Entity(Span(6, 13), "model", 0.8)
    nested = Entity(Span(6, 9), "product", 0.7)
    with open_writer(tmp_path / "a.bio") as writer:
        writer.write(REVIEW, MINED)
        review, mined = without_opinions(2, odd)
        writer.write(review, replace(mined, entities=(nested, model, brand)))
        writer.write(*without_opinions(3))
    assert len(writer.notes) == 1 and "overlap more confident ones: 1;" in writer.notes[0]
    lines = (tmp_path / "a.bio").read_text("utf-8").split("\n")
    assert lines[:4] == ["👍\tO", "华\tB-brand", "为\tI-brand", "这\tO"]
    assert lines[len(TEXT)] == lines[-2] == lines[-1] == ""
    (tmp_path / "a.bio").rename(tmp_path / "labelled" / "dev.txt")
    first, second, third = read("bio", tmp_path / "labelled", part="dev")
    assert (first.text, third.text) == (TEXT, "随便写写")
    assert second.text == "".join(" " if one.isspace() else one for one in odd)
    assert [(one.span, one.type) for one in first.entities or ()] == [(Span(1, 3), "brand")]
    assert [(one.span.of(odd), one.type) for one in second.entities or ()] == [
        ("华为", "brand"),
        ("P50 Pro", "model"),
    ]


def test_standard_output(capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> None:
    with open_writer("-") as writer:
        writer.write(REVIEW, MINED)
    printed = capfdbinary.readouterr().out
    assert json.loads(printed) == to_wire(REVIEW, MINED)
    join_chunks([written(tmp_path / "a.jsonl")], "-")
    assert capfdbinary.readouterr().out.startswith(printed)


def test_a_full_sheet_goes_on_in_the_next(tmp_path: Path) -> None:
    pytest.importorskip("openpyxl")
    with (tmp_path / "a.xlsx").open("wb") as file:
        sink = excel_sink.ExcelSink(file, (), most_rows=3)
        for number in range(1, 6):
            sink.write(*without_opinions(number))
        sink.finish()
    assert sink.notes == [
        "a sheet holds 3 rows: review 3 goes on in the sheet '观点 2'",
        "a sheet holds 3 rows: review 5 goes on in the sheet '观点 3'",
    ]
    ids = [row["id"] for row in table(tmp_path / "a.xlsx")]
    assert ids == ["1", "2", "编号", "3", "4", "编号", "5"]


@pytest.mark.parametrize("text", ["好" * 40_000, "😊" * 20_000, "=" * 32_767])
def test_a_cell_too_long_for_excel_is_cut_aloud(tmp_path: Path, text: str) -> None:
    pytest.importorskip("openpyxl")
    with open_writer(tmp_path / "a.xlsx") as writer:
        writer.write(*without_opinions(1, text))
    assert len(writer.notes) == 1 and "review 1 has a cell of more than 32,767" in writer.notes[0]
    cell = str(table(tmp_path / "a.xlsx")[0]["text"])
    assert 32_766 <= len(cell.encode("utf-16-le")) / 2 <= 32_767
    assert safe(text).startswith(cell)


NAMES = {"performance": ("性能", "Performance"), "battery": ("电池", "Battery")}


@pytest.mark.parametrize("reader", ["zh", "en"])
def test_a_workbook_for_people(tmp_path: Path, reader: Literal["zh", "en"]) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    path = written(tmp_path / "a.xlsx", passed=PASSED, names=NAMES, reader=reader)
    sheet = openpyxl.load_workbook(path).worksheets[0]
    head = [cell.value for cell in sheet[1]]
    first = dict(zip(head, (cell.value for cell in sheet[2]), strict=True))
    assert sheet.freeze_panes == "A2" and all(cell.font.bold for cell in sheet[1])
    assert sheet.auto_filter.ref == f"A1:{sheet.cell(1, len(head)).column_letter}4"
    if reader == "zh":
        assert sheet.title == "观点" and first["评论内容"] == TEXT and first["城市"] == "杭州"
        assert (first["类别"], first["极性"], first["整体情感"]) == ("性能", "正面", "负面")
        assert (first["语言"], first["实体"]) == ("中文", "华为 (品牌)")
    else:
        assert sheet.title == "opinions" and first["Review text"] == TEXT
        assert (first["Category"], first["Polarity"]) == ("Performance", "Positive")
        assert (first["Language"], first["Aspect start"]) == (
            "Chinese",
            MINED.opinions[0].aspect.start,
        )
        own = {"城市", "text (own column)"}
        assert not {name for name in own ^ set(head) if "_" in name or name[0].islower()}
    columns = {
        name: sheet.column_dimensions[openpyxl.utils.get_column_letter(place)]
        for place, name in enumerate(flat.header(PASSED), start=1)
    }
    assert columns["text"].width == 60 and columns["城市"].width == 16
    assert {name for name, one in columns.items() if one.hidden} == {
        name for name, kind in flat.COLUMNS if kind is int
    } | {"negative", "neutral", "positive"}


@pytest.mark.parametrize(
    ("reader", "sheet", "unnamed"), [("zh", "工作表", "第 1 列"), ("en", "Sheet", "column 1")]
)
def test_what_the_program_named_is_in_the_language_of_the_workbook(
    tmp_path: Path, reader: Literal["zh", "en"], sheet: str, unnamed: str
) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    path = written(tmp_path / "a.xlsx", passed=("sheet", "column 1", "Size"), reader=reader)
    head = [cell.value for cell in openpyxl.load_workbook(path).worksheets[0][1]]
    assert head[-4:-1] == [sheet, unnamed, "Size"]


@pytest.mark.parametrize(
    "error", ["#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NULL!", "#NUM!"]
)
def test_the_name_of_an_error_is_a_text(tmp_path: Path, error: str) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    with open_writer(tmp_path / "a.xlsx", passed=(error,)) as writer:
        writer.write(replace(REVIEW, extra={error: error}), MINED)
    head, row = openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets[0].iter_rows(max_row=2)
    assert [(each[-2].value, each[-2].data_type) for each in (head, row)] == [(error, "s")] * 2


def test_a_workbook_is_in_the_language_of_its_reviews(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    chinese = written(tmp_path / "zh.jsonl")
    with open_writer(tmp_path / "en.jsonl") as writer:
        for number in range(3):
            review, mined = without_opinions(number, "so so")
            writer.write(review, replace(mined, language=Language.ENGLISH))
    for chunks, title in (([chinese], "观点"), ([chinese, tmp_path / "en.jsonl"], "opinions")):
        join_chunks(chunks, tmp_path / "a.xlsx", names=NAMES, overwrite=True)
        assert openpyxl.load_workbook(tmp_path / "a.xlsx").sheetnames == [title]


@pytest.mark.parametrize(("asked", "title"), [("zh", "观点"), ("en", "opinions")])
def test_a_workbook_is_in_the_language_that_is_asked_for(
    tmp_path: Path, asked: str, title: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    monkeypatch.setenv(VARIABLE, asked)
    extra = {"城市": "=1+1", "text": "own"}
    with open_writer(tmp_path / "a.jsonl") as writer:
        warned = "text: no judgement of a product found; called neutral"
        writer.write(replace(REVIEW, extra=extra), replace(MINED, warnings=(warned,)))
    join_chunks([tmp_path / "a.jsonl"], tmp_path / "a.xlsx", names=NAMES)
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets[0]
    head = [str(cell.value) for cell in sheet[1]]
    assert sheet.title == title and sheet["A1"].value == ("编号" if asked == "zh" else "ID")
    first = dict(zip(head, sheet[2], strict=True))
    assert first["城市"].value == "'=1+1" and first["城市"].data_type == "s"
    if asked == "zh":
        assert not [name for name in head if not re.search("[\u4e00-\u9fff]", name)]
        assert first["警告"].value == "文本：没有找到对产品的评价，判为中性"
        assert first["text（原列）"].value == "own"
    else:
        assert not [name for name in head if name != "城市" and not name.isascii()]
        assert first["Warnings"].value == warned


@pytest.mark.parametrize(
    ("time", "shown"),
    [
        ("2026-01-31", datetime(2026, 1, 31)),
        ("2026-01-31T08:05:00", datetime(2026, 1, 31, 8, 5)),
        ("2026-01-31T23:05:00-07:00", datetime(2026, 1, 31, 23, 5)),
        ("1900-02-28", "1900-02-28"),
        ("一月", "一月"),
        (None, None),
    ],
)
def test_times_are_dates_of_a_workbook(
    tmp_path: Path, time: str | None, shown: datetime | str | None
) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    with open_writer(tmp_path / "a.xlsx") as writer:
        writer.write(replace(REVIEW, time=time), MINED)
    cell = (
        openpyxl.load_workbook(tmp_path / "a.xlsx")
        .worksheets[0]
        .cell(2, 1 + flat.header([]).index("time"))
    )
    assert cell.value == shown and cell.is_date is isinstance(shown, datetime)


@pytest.mark.parametrize("form", ["jsonl", "csv", "xlsx", "parquet"])
def test_opinions_tell_the_column_that_they_stand_in(tmp_path: Path, form: str) -> None:
    parts = {"评价": Span(0, 10), "追评": Span(11, len(TEXT))}
    with open_writer(tmp_path / f"a.{form}") as writer:
        writer.write(replace(REVIEW, parts=parts), MINED)
    if form == "jsonl":
        (line,) = (tmp_path / "a.jsonl").read_text("utf-8").splitlines()
        assert [one["part"] for one in json.loads(line)["opinions"]] == ["评价", "追评"]
        ((review, mined),) = read_mined(tmp_path / "a.jsonl")
        assert (dict(review.parts), mined) == (parts, MINED)
        (tmp_path / "b.jsonl").write_text(line.replace(f'"end": {len(TEXT)}}}}}', '"end": 99}}'))
        with pytest.raises(BadRow, match="parts: one ends behind the text"):
            list(read_mined(tmp_path / "b.jsonl"))
    else:
        assert [row["part"] for row in table(tmp_path / f"a.{form}")] == ["评价", "追评"]


@pytest.mark.parametrize("form", FORMATS)
def test_an_existing_output_is_refused(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"a.{form}"
    path.write_text("mine")
    for attempt in (check_output, open_writer):
        with pytest.raises(GuandianError, match=r"already exists\n.*--overwrite"):
            attempt(path)
    assert path.read_text() == "mine"
    check_output(path, overwrite=True)
    assert path.read_text() == "mine"
    written(path, overwrite=True)
    assert path.read_bytes()[:4] != b"mine"
    gc.collect()  # an abandoned writer must not complain later


@pytest.mark.parametrize("form", FORMATS)
def test_after_an_error_nothing_is_there(tmp_path: Path, form: str) -> None:
    def interrupted() -> None:
        with open_writer(tmp_path / f"a.{form}") as writer:
            writer.write(REVIEW, MINED)
            assert not (tmp_path / f"a.{form}").exists()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    gc.collect()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_appeared_meanwhile_is_kept(tmp_path: Path) -> None:
    writer = open_writer(tmp_path / "a.jsonl")
    writer.write(REVIEW, MINED)
    (tmp_path / "a.jsonl").write_text("theirs")
    with pytest.raises(GuandianError, match="already exists"):
        writer.close()
    assert [one.name for one in tmp_path.iterdir()] == ["a.jsonl"]
    assert (tmp_path / "a.jsonl").read_text() == "theirs"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a.docx", r"'.docx'\n.*\.jsonl .*\.xlsx"),
        ("none/a.csv", r"does not exist\n.*mkdir -p"),
        ("folder.csv", "is a folder, not a file"),
    ],
)
def test_outputs_that_cannot_be(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(GuandianError, match=words):
        open_writer(tmp_path / name, overwrite=True)


_FILLS = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
sys.path.insert(0, sys.argv[2])
from samples import MINED, REVIEW
from guandian.errors import GuandianError
from guandian.files import open_writer
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    with open_writer(sys.argv[1], overwrite=True) as writer:
        for _ in range(3000):
            writer.write(REVIEW, MINED)
except GuandianError as error:
    sys.exit(str(error))
"""


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_that_cannot_grow_leaves_the_old_one(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"a.{form}"
    path.write_text("the earlier output")
    # Coverage could not write its own file either, and would say so.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("COVERAGE_")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _FILLS, str(path), str(Path(__file__).parent)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"cannot write {path}: File too large; no half-written file")
    assert "Traceback" not in done.stderr
    assert [one.name for one in tmp_path.iterdir()] == [f"a.{form}"]
    assert path.read_text() == "the earlier output"


def test_a_full_disk_is_called_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(ENOSPC, os.strerror(ENOSPC))

    writer = open_writer(tmp_path / "a.jsonl")
    writer.write(REVIEW, MINED)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(GuandianError, match=r"the disk is full.*\n.*make room"):
        writer.close()
    assert list(tmp_path.iterdir()) == []


def test_a_disk_too_full_for_a_workbook(tmp_path: Path) -> None:
    """The sheets are done, and there is no room for the archive that they go into."""

    class Full(io.BytesIO):
        def write(self, _: object) -> int:
            raise OSError(ENOSPC, os.strerror(ENOSPC))

    sink = excel_sink.ExcelSink(Full(), ())
    sink.write(REVIEW, MINED)
    with pytest.raises(OSError, match="No space left"):
        sink.finish()
    sink.abandon()
    gc.collect()
