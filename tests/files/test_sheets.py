"""Workbooks and tables as people have them: sheets, titles above the header, several texts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.files.crafted import book, crafted, inline

from guandian.domain import Span
from guandian.errors import BadRow, GuandianError
from guandian.files import ColumnChoice, Layout, header_rows, read_reviews
from guandian.files.formats.excel import EXCEL_CHARACTERS, Metered, SharedTexts, Workbook
from guandian.files.formats.workbook import EXCEL_ROWS

pytest.importorskip("openpyxl")


def csv(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def texts(path: Path, **options: Any) -> list[str]:
    return [one.text for one in read_reviews(path, **options)]


MONTHS: dict[str, list[list[Any]]] = {
    "一月": [["评价内容", "评分"], ["很清晰😀", 5], ["太吵", 1]],
    "说明": [["本表由系统导出"], ["共两个月", "请勿外传"]],
    "空": [],
    "二月": [["序号", "评论"], ["7", "不耐用"], ["8", ""]],
    "底稿_hidden": [["评论"], ["藏起来的"]],
}


def test_every_sheet_that_is_not_hidden_is_read(tmp_path: Path) -> None:
    reader = read_reviews(book(tmp_path / "a.xlsx", **MONTHS))
    assert [(one.id, one.text, one.extra["sheet"]) for one in reader] == [
        ("1", "很清晰😀", "一月"),
        ("2", "太吵", "一月"),
        ("7", "不耐用", "二月"),
    ]
    assert reader.empty == 1 and "sheet" in reader.tables[1].guess.passed
    notes = "\n".join(reader.notes)
    assert "未读的工作表 sheets not read: 底稿_hidden (隐藏 hidden)" in notes
    assert "sheets without reviews, not read: 说明, 空" in notes


def test_sheets_that_are_asked_for(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", **MONTHS)
    reader = read_reviews(path, layout=Layout(sheet="底稿_hidden"))
    assert [(one.text, dict(one.extra)) for one in reader] == [("藏起来的", {})]
    assert "not read: 一月, 说明, 空, 二月" in reader.notes[0]
    assert "隐藏的工作表 hidden sheets, read as asked: 底稿_hidden" in reader.notes[1]
    assert texts(path, layout=Layout(sheet=("二月", "一月"))) == ["很清晰😀", "太吵", "不耐用"]
    with pytest.raises(
        GuandianError, match=r"no sheet '三月'\n.*一月, .*底稿_hidden \(隐藏 hidden\)"
    ):
        read_reviews(path, layout=Layout(sheet="三月"))
    with pytest.raises(GuandianError, match="no column looks like"):
        read_reviews(path, layout=Layout(sheet=("一月", "说明")))
    with pytest.raises(GuandianError, match="has no sheets"):
        read_reviews(csv(tmp_path / "a.csv", "评论\n好\n"), layout=Layout(sheet="一月"))


def test_a_bad_row_names_its_sheet(tmp_path: Path) -> None:
    rows = [["评论"], ["好"], ["坏", "余"]]
    path = book(tmp_path / "a.xlsx", 一=[["评论"], ["好😀"]], 二=rows)
    with pytest.raises(BadRow, match=r"a\.xlsx \[二\], line 3: 2 cells where the header has 1"):
        texts(path)


def test_a_bad_row_names_its_sheet_and_the_repair_when_one_sheet_is_asked_for(
    tmp_path: Path,
) -> None:
    path = book(
        tmp_path / "a.xlsx", 一=[["评论"], ["好😀"]], 二=[["题"], ["评论", "分"], ["坏", 1]]
    )
    asked = Layout(sheet="二", header_rows=(1, 1))
    with pytest.raises(BadRow, match=r"\[二\], line 2: 2 cells where.*\n.*--header-row 3") as error:
        texts(path, columns=ColumnChoice(text="题"), layout=asked)
    assert error.value.reason == "2 cells where the header has 1"
    damaged = csv(tmp_path / "a.csv", '评论\n"好\n')
    with pytest.raises(BadRow, match=r"line 2: broken quote.*\n.*--on-error skip goes on"):
        texts(damaged)


def test_a_sheet_of_reviews_without_a_header_is_told_apart(tmp_path: Path) -> None:
    path = book(
        tmp_path / "a.xlsx",
        一=[["评论", "日期"], ["好😀", "3月1日"]], 二=[["保温很好", 5], ["坏", 1]],
        三=[["月份", "平均分"], ["1月", 4.1]], 四=[["评论", "日期"], ["很好", "2026-03-01"]],
    )  # fmt: skip
    reader = read_reviews(path, on_error="skip")
    assert len(list(reader)) == 2
    notes = "\n".join(reader.notes)
    assert "sheets without reviews, not read: 三;" in notes
    assert "may be a review, not read: 二; --sheet '二' --no-header --columns text=1" in notes
    assert "a.xlsx [一]: 日期: " in notes and "1 of 1 not read as a time" in notes
    assert "[四]: 日期" not in notes
    asked = Layout(sheet="二", header=False)
    assert texts(path, columns=ColumnChoice(text="1"), layout=asked) == ["保温很好", "坏"]


def test_a_column_that_is_called_sheet_stays(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", 一=[["评论", "sheet"], ["好", "甲"]], 二=[["评论"], ["坏"]])
    first, second = read_reviews(path)
    assert dict(first.extra) == {"sheet": "甲", "sheet*": "一"}
    assert dict(second.extra) == {"sheet*": "二"}


TITLED = {
    "padded": "某店商品评价明细😀,,,,\n导出时间:2021-03-06,,,,\n",
    "bare": "某店商品评价明细😀\n\n",
    "several": "店铺,某店😀,导出,2021-03-06\n",
}
TABLE = "订单号,商品名称,评价内容,评价时间,评分\n2001,保温杯,保温很好,2021-03-04,5\n"


@pytest.mark.parametrize("above", TITLED)
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_titles_above_the_header(tmp_path: Path, above: str, delimiter: str) -> None:
    whole = (TITLED[above] + TABLE).replace(",", delimiter)
    reader = read_reviews(csv(tmp_path / "a.csv", whole))
    (one,) = reader
    assert (one.text, one.product, one.rating) == ("保温很好", "保温杯", 5.0)
    line = TITLED[above].count("\n") + 1
    assert f"表头在第 {line} 行 the columns are named in row {line}" in reader.notes[0]
    assert TITLED[above][:2] in reader.notes[0]
    rows = [row.split(",") for row in (TITLED[above] + TABLE).splitlines()]
    found = texts(book(tmp_path / "a.xlsx", 表=[[cell or None for cell in row] for row in rows]))
    assert found == ["保温很好"]


def test_a_header_in_the_first_row_stays(tmp_path: Path) -> None:
    for head in ("买家评论原文,城市", "text", "评价,", "内容,评价等级,"):
        wide = head.count(",")
        row = "这个评价" + ",5" * wide
        reader = read_reviews(csv(tmp_path / "a.csv", f"{head}\n{row}\n好😀{',x' * wide}\n"))
        assert [one.text for one in reader] == ["这个评价", "好😀"] and not reader.notes


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_a_row_with_a_column_that_is_asked_for_is_the_header(
    tmp_path: Path, delimiter: str
) -> None:
    rows = "某店,,\n单号,原话,分\n1,好😀,5\n"
    path = csv(tmp_path / "a.csv", rows.replace(",", delimiter))
    (one,) = read_reviews(path, ColumnChoice(text="原话", rating="分"))
    assert (one.text, one.rating, dict(one.extra)) == ("好😀", 5.0, {"单号": "1"})
    sheet = [[cell or None for cell in row.split(",")] for row in rows.splitlines()]
    assert texts(book(tmp_path / "a.xlsx", 表=sheet), columns=ColumnChoice(text="原话")) == ["好😀"]


def test_one_named_column_of_several_is_refused(tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", "某店商品评价明细,,\n2001,杯😀,很好\n2002,杯,漏水\n")
    with pytest.raises(GuandianError, match=r"names one column of 3: '某店.*\n.*--header-row 2"):
        read_reviews(path)
    assert texts(path, columns=ColumnChoice(text="3"), layout=Layout(header=False)) == [
        "某店商品评价明细", "很好", "漏水",
    ][1:]  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "asked"),
    [
        ("订单号,评价,,评分\n,初评,追评,\n1,好😀,坏,5\n", None),
        ("订单,买家说,,评分\n,初评,追评,\n1,好😀,坏,5\n", (1, 2)),
        ("商品信息,评价信息,,\n订单号,初评,追评,评分\n1,好😀,坏,5\n", None),
        ("说明\n订单号,评价,,评分\n,初评,追评,\n1,好😀,坏,5\n", None),
        ("订单号,评价,评价,评分\n编号,初评,追评,星级\n1,好😀,坏,5\n", None),
    ],
)
def test_two_header_rows(tmp_path: Path, rows: str, asked: tuple[int, int] | None) -> None:
    layout = Layout(header_rows=asked)
    sheet = [[cell or None for cell in row.split(",")] for row in rows.splitlines()]
    for path in (csv(tmp_path / "a.csv", rows), book(tmp_path / "a.xlsx", 表=sheet)):
        reader = read_reviews(path, layout=layout)
        assert reader.guess.texts == ("初评", "追评")
        (one,) = reader
        assert (one.text, one.rating) == ("好😀\n坏", 5.0)
        assert asked or "表头在第" in reader.notes[0]


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        ("评价内容,评分\ncontent,rating\n好😀,5\n", ["好😀"]),
        ("Review,Rating,Date\n评论,星级,时间\n好😀,5,2026-01-02\n", ["好😀"]),
        ("评论,评分\n评论,5\n好😀,4\n", ["评论", "好😀"]),  # what somebody wrote
        ("评论,时间\n时间,评论\n", ["时间"]),
    ],
)
def test_names_in_a_second_language_are_no_review(
    tmp_path: Path, rows: str, wanted: list[str]
) -> None:
    sheet = [[cell or None for cell in row.split(",")] for row in rows.splitlines()]
    for path in (csv(tmp_path / "a.csv", rows), book(tmp_path / "a.xlsx", 表=sheet)):
        reader = read_reviews(path)
        assert [review.text for review in reader] == wanted
        assert any("表头在第" in note for note in reader.notes) is (wanted == ["好😀"])


def test_the_header_row_that_is_asked_for(tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", "评价\n评论,城市\n好😀,杭州\n")
    assert texts(path, layout=Layout(header_rows=(2, 2))) == ["好😀"]
    with pytest.raises(GuandianError, match=r"row 9 is blank or not there.*\n.*1, 2, 3"):
        read_reviews(path, layout=Layout(header_rows=(9, 9)))
    with pytest.raises(GuandianError, match="exclude each other"):
        read_reviews(path, layout=Layout(header=False, header_rows=(2, 2)))
    assert header_rows("3") == (3, 3) and header_rows(" 2 - 3") == (2, 3)
    for wrong in ("0", "3-2", "x", "", "1001", "1-9"):
        with pytest.raises(GuandianError, match="no row that can name the columns"):
            header_rows(wrong)


@pytest.mark.parametrize("said", ["sep=;\n", "SEP=;\r\n", "\ufeffsep=;\n"])
def test_what_excel_is_told_of_the_delimiter(tmp_path: Path, said: str) -> None:
    path = csv(tmp_path / "a.csv", f"{said}评论;评分\n好😀, 很好, 不错;5\n")
    assert [(one.text, one.rating) for one in read_reviews(path)] == [("好😀, 很好, 不错", 5.0)]


def test_several_columns_are_parts_of_one_review(tmp_path: Path) -> None:
    rows = "初评内容,追评内容,标题\n屏幕很好😀,用久了卡,甲\n,后来坏了,乙\n还行,,丙\n,,丁\n"
    path = csv(tmp_path / "a.csv", rows)
    reader = read_reviews(path)
    assert "text = 初评内容 + 追评内容" in reader.guess.en
    first, second, third = reader
    assert first.text == "屏幕很好😀\n用久了卡"
    assert first.parts == {"初评内容": Span(0, 5), "追评内容": Span(6, 10)}
    assert first.part(Span(6, 8)) == "追评内容" and first.part(Span(0, 2)) == "初评内容"
    assert (second.text, dict(second.parts)) == ("后来坏了", {"追评内容": Span(0, 4)})
    assert (third.text, dict(third.extra)) == ("还行", {"标题": "丙"})
    assert reader.empty == 1
    named = read_reviews(path, ColumnChoice(text=("标题", "1")))
    assert next(named).text == "甲\n屏幕很好😀" and named.guess.passed == ("追评内容",)
    with pytest.raises(GuandianError, match="asked for twice"):
        read_reviews(path, ColumnChoice(text=("标题", "3")))
    named.close()


def test_rows_without_any_text_are_an_error(tmp_path: Path) -> None:
    reader = read_reviews(csv(tmp_path / "a.csv", "评论,评分\n,5\n,4\n"))
    with pytest.raises(
        GuandianError, match=r"评论: .*empty in each of its 2 rows\n.*--columns text="
    ):
        list(reader)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (
            "a.xls",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            r"Excel 97 to 2003.*\n.*save it as \.xlsx.*soffice",
        ),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "behind a password"),
        ("a.xls", b"\xef\xbb\xbf<html><table>", r"a page of HTML.*\n.*save it as \.xlsx"),
        ("a.ods", b"PK\x03\x04", r"ends in \.ods is not read\n.*\.xlsx"),
    ],
)
def test_workbooks_that_are_not_read(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(GuandianError, match=words):
        read_reviews(tmp_path / name)


def test_other_things_under_the_name_of_an_old_workbook(tmp_path: Path) -> None:
    (tmp_path / "a.xls").write_bytes("评论\t评分\n好😀\t5\n".encode("utf-16"))
    assert texts(tmp_path / "a.xls") == ["好😀"]
    assert texts(book(tmp_path / "b.xls", 表=[["评论"], ["好😀"]])) == ["好😀"]


def test_a_cell_longer_than_excel_allows_is_a_bad_row(tmp_path: Path) -> None:
    longest = "好" * (EXCEL_CHARACTERS - 2) + "😀"
    pointed = '<row><c t="s"><v>0</v></c></row>'
    rows = [inline("评论"), inline(longest[:-1]), inline(longest + "好"), pointed, inline("好😀")]
    path = crafted(tmp_path / "a.xlsx", "".join(rows), f"<si><t>{'x' * 50_000}</t></si>")
    reader = read_reviews(path, on_error="skip")
    assert [len(one.text) for one in reader] == [EXCEL_CHARACTERS - 2, 2]
    assert reader.rejected == 2
    with pytest.raises(BadRow, match="line 3, column 评论: longer than the 32,767 characters"):
        texts(path)


@pytest.mark.parametrize("where", ["cell", "row", "shared"])
def test_a_bomb_is_refused_while_it_is_read(
    tmp_path: Path, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    filler = "x" * 20_000_000 if where != "row" else "<c/>" * 2_200_000
    rows = inline("评论") + (inline(filler) if where == "cell" else f"<row>{filler}</row>")
    shared = f"<si><t>{filler}</t></si>" if where == "shared" else ""
    rows = inline("评论") + inline("好") if where == "shared" else rows
    path = crafted(tmp_path / "a.xlsx", rows, shared)
    assert path.stat().st_size < 100_000
    sizes: list[int] = []
    read = Metered.read
    monkeypatch.setattr(
        Metered, "read", lambda self, size: [sizes.append(size), read(self, size)][1]
    )
    with pytest.raises(GuandianError, match=r"a\.xlsx: xl/.* more than 8,388,608 bytes"):
        list(read_reviews(path))
    assert sum(sizes) < 9_000_000


def test_rows_behind_the_last_of_excel_are_refused(tmp_path: Path) -> None:
    far = '<row r="99999999999"><c t="inlineStr"><is><t>好</t></is></c></row>'
    with pytest.raises(GuandianError, match=f"more than {EXCEL_ROWS:,} rows"):
        texts(crafted(tmp_path / "a.xlsx", inline("评论") + inline("好😀") + far))


def test_shared_texts_lie_on_disk_where_they_are_many(tmp_path: Path) -> None:
    kept = "".join(f"<si><t>{'好' * 3000}{number}😀</t></si>" for number in range(5000))
    cells = inline("评论") + "".join(
        f'<row><c t="s"><v>{number}</v></c></row>' for number in range(5000)
    )
    path = crafted(tmp_path / "a.xlsx", cells, kept)
    with path.open("rb") as stream:
        made = Workbook(stream, "a.xlsx")
        shared = made._texts
        assert isinstance(shared, SharedTexts) and len(shared) == 5000
        assert shared[4999] == "好" * 3000 + "4999😀" and shared._file._rolled  # type: ignore[attr-defined]
        made.close()
    assert [one[-5:] for one in texts(path)[:2]] == ["好好好0😀", "好好好1😀"]


def row_of(*texts: str) -> str:
    cells = (f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in texts)
    return f"<row>{''.join(cells)}</row>"


@pytest.mark.parametrize(
    ("stored", "read", "told"),
    [
        ("3.45678901234567E+18", "3456789012345670000", True),
        ("1.2345678901234568E+17", "123456789012346000", True),
        ("2610001234567890", "2610001234567890", True),
        ("26100012345678917", "26100012345678917", False),  # a program wrote all of them
        ("261000123456789", "261000123456789", False),
        ("4.5", "4.5", False),
    ],
)
def test_a_long_number_has_the_digits_that_excel_keeps(
    tmp_path: Path, stored: str, read: str, told: bool
) -> None:
    rows = row_of("订单号", "评价") + row_of(stored, "很好😀").replace(
        f'<c t="inlineStr"><is><t>{stored}</t></is></c>', f"<c><v>{stored}</v></c>"
    )
    reader = read_reviews(crafted(tmp_path / "a.xlsx", rows))
    assert [(one.text, one.extra["订单号"]) for one in reader] == [("很好😀", read)]
    assert any("more than 15 digits" in note for note in reader.notes) is told


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
def test_a_number_within_a_formula_is_read(tmp_path: Path, name: str) -> None:
    rows = [['="订单号"', "评价"], ['="2610001"', '="很""好""😀"'], ['="1"+1', "=1"]]
    path = tmp_path / name
    if name == "a.csv":
        csv(path, '="订单号",评价\n="2610001","=""很""""好""""😀"""\n"=""1""+1",=1\n')
    else:
        crafted(path, "".join(row_of(*row) for row in rows))
    assert [(one.extra["订单号"], one.text) for one in read_reviews(path)] == [
        ("2610001", '很"好"😀'),
        ('="1"+1', "=1"),
    ]


def test_a_row_that_names_the_columns_is_asked_of_the_sheets_that_have_it(tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    for row in (["三月"], ["明细"], ["评价内容", "评分"], ["屏幕很清晰😀", 5]):
        book.active.append(row)
    book.create_sheet("说明").append(["本表由系统导出"])
    book.save(tmp_path / "a.xlsx")
    reader = read_reviews(tmp_path / "a.xlsx", layout=Layout(header_rows=(3, 3)))
    assert [one.text for one in reader] == ["屏幕很清晰😀"]
    assert any("说明" in note for note in reader.notes)
    with pytest.raises(GuandianError, match="row 9 is blank or not there"):
        read_reviews(tmp_path / "a.xlsx", layout=Layout(header_rows=(9, 9)))
