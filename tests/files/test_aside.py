"""Rows that are no reviews, what a workbook hides and merges, and tables beside each other."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from tests.files.crafted import crafted, inline

from guandian.errors import GuandianError
from guandian.files import ColumnChoice, Layout, ReviewReader, read_reviews

openpyxl = pytest.importorskip("openpyxl")

Rows = list[list[Any]]


def csv(path: Path, rows: Rows) -> Path:
    lines = [",".join("" if cell is None else str(cell) for cell in row) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def sheet_of(rows: Rows) -> Any:
    sheet = openpyxl.Workbook().active
    for row in rows:
        sheet.append(row)
    return sheet


def saved(sheet: Any, path: Path) -> Path:
    sheet.parent.save(path)
    return path


def told(path: Path, rows: Rows, **options: Any) -> list[tuple[list[str], str]]:
    """Texts and notes of the same rows as CSV and as a workbook."""
    found = []
    for one in (csv(path / "a.csv", rows), saved(sheet_of(rows), path / "a.xlsx")):
        reader = read_reviews(one, **options)
        found.append(([review.text for review in reader], "\n".join(reader.notes)))
    return found


REVIEWS: Rows = [["保温杯", "很好😀", 5], ["保温杯", "漏水", 1]]
HEAD = ["商品名称", "评价内容", "评分"]


@pytest.mark.parametrize(
    "last",
    [
        ["合计", 2, 6],
        ["总计：", "共2条", 3],
        ["小计", None, 6],
        ["Total", 2, 6],
        ["Grand Total", None, None],
        ["合计 2 条", None, 3],
        ["平均", None, 3],
        ["Average", 2, 3],
        [None, "合计", 6],
        [None, "共 2 条记录", None],
        ["导出时间：2026-03-01", None, None],
        ["合计", "60条评价", "4.1"],
        ["总计：", "平均4.2分", 4.2],
        ["合计", "好评率85%", 82],
        [None, "合计：20条评价，好评率85%", None],
        [None, "共计20条", None],
        [None, "60条评价", None],
        [None, "--以上为全部评价--", None],
        [None, "备注：数据仅供内部使用，不得外传", None],
        ["Total", "20 reviews in total", None],
        ["Average", "n=20", 4.2],
        ["Grand Total", "20 ratings", None],
        ["制表：小王", None, None],
        ["好评数", None, 13],
    ],
)
def test_totals_are_set_aside(tmp_path: Path, last: list[Any]) -> None:
    for texts, notes in told(tmp_path, [HEAD, *REVIEWS, last]):
        assert texts == ["很好😀", "漏水"]
        assert (
            "rows of totals or notes, no reviews, not read: 1; 首个在第 4 行 the first is row 4"
            in notes
        )


@pytest.mark.parametrize(
    "review",
    [
        ["保温杯", "合计三百多，不值", 1],
        ["保温杯", "Average", 3],
        ["保温杯", "Total", 1],
        ["合计", "这是一条写在合计下的评论", 4],
        ["保温杯", 5, 5],
        [None, "平均水平", 3],
        [None, "好评", None],
        [None, "共用了三天", None],
        [None, "20 reviews said it leaks and it does", None],
        [None, "备注：颜色发错了", None],
        [None, "以上都不错", None],
        ["保温杯", "60条评价", 3],
        ["保温杯", "平均4分吧", 4],
        ["保温杯", "好评率85%", 4],
        [None, "共", None],
    ],
)
def test_reviews_that_are_no_totals_stay(tmp_path: Path, review: list[Any]) -> None:
    for texts, notes in told(tmp_path, [HEAD, *REVIEWS, review]):
        assert texts[2:] == [str(review[1])] and "totals" not in notes


def test_totals_alone_are_no_reviews(tmp_path: Path) -> None:
    with pytest.raises(GuandianError, match=r"holds no review: .*rows of totals.*: 1"):
        list(read_reviews(csv(tmp_path / "a.csv", [HEAD, ["合计", 0, 0]])))


def test_a_header_that_comes_again(tmp_path: Path) -> None:
    for rows in ([HEAD, *REVIEWS, HEAD, *REVIEWS], [HEAD, *REVIEWS, [], HEAD, *REVIEWS]):
        for texts, notes in told(tmp_path, rows):
            assert texts == ["很好😀", "漏水"] * 2
            assert "rows that repeat the header, not read: 1" in notes


def test_another_table_below_is_not_mined(tmp_path: Path) -> None:
    other: Rows = [["商品", "销量", None], ["保温杯", 100, None], ["合计", 100, None]]
    for texts, notes in told(tmp_path, [HEAD, *REVIEWS, [], *other]):
        assert texts == ["很好😀", "漏水"]
        assert "rows of another table below a blank row, not read" in notes
        assert ": 3; 首个在第 5 行" in notes
    for texts, notes in told(tmp_path, [HEAD, *REVIEWS, [], ["商品", "不错的", 5]]):
        assert texts == ["很好😀", "漏水", "不错的"] and not notes


def test_rows_that_lack_or_have_blank_cells_at_their_end(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("评论,评分\n好😀,5,\n坏,1,,\n", encoding="utf-8")
    assert [one.rating for one in read_reviews(path)] == [5.0, 1.0]


@pytest.fixture
def hiding(tmp_path: Path) -> Path:
    """A workbook whose filter hides a row, and with a hidden column."""
    sheet = sheet_of([HEAD, *REVIEWS, ["壶", "还行", 3]])
    sheet.auto_filter.ref = "A1:C4"
    sheet.auto_filter.add_filter_column(0, ["保温杯"])
    sheet.row_dimensions[4].hidden = True
    sheet.column_dimensions["C"].hidden = True
    return saved(sheet, tmp_path / "a.xlsx")


def test_hidden_rows_and_columns_are_read_and_told(hiding: Path) -> None:
    reader = read_reviews(hiding)
    assert [(one.text, one.rating) for one in reader] == [
        ("很好😀", 5.0), ("漏水", 1.0), ("还行", 3.0),
    ]  # fmt: skip
    notes = "\n".join(reader.notes)
    assert "hidden columns, read too (--hidden skip leaves them out): 评分" in notes
    assert "read like the others; --hidden skip leaves them out: 1; 首个在第 4 行" in notes


def test_hidden_rows_and_columns_are_skipped_as_asked(hiding: Path) -> None:
    reader = read_reviews(hiding, layout=Layout(hidden="skip"))
    assert [(one.text, one.rating) for one in reader] == [("很好😀", None), ("漏水", None)]
    notes = "\n".join(reader.notes)
    assert "hidden columns, left out as asked: 评分" in notes
    assert "hidden rows, left out as asked: 1" in notes
    with pytest.raises(GuandianError, match="no column '评分'"):
        read_reviews(hiding, ColumnChoice(rating="评分"), layout=Layout(hidden="skip"))


def test_merged_cells_hold_in_each_of_their_rows(tmp_path: Path) -> None:
    sheet = sheet_of([HEAD, *REVIEWS, ["壶", "还行", 3], [None, "烫手", 2]])
    sheet.merge_cells("A2:A3")
    sheet.merge_cells("B4:C4")
    (first, second, third, fourth) = read_reviews(saved(sheet, tmp_path / "a.xlsx"))
    assert [first.product, second.product, third.product, fourth.product] == [
        "保温杯", "保温杯", "壶", None,
    ]  # fmt: skip
    assert (second.text, second.rating) == ("漏水", 1.0)
    sheet = sheet_of([["评价内容", "商品名称"], ["都不错", "杯"], [None, "壶"]])
    sheet.merge_cells("A2:A3")
    reader: ReviewReader = read_reviews(saved(sheet, tmp_path / "b.xlsx"))
    assert [one.text for one in reader] == ["都不错"] and reader.empty == 1  # one review, once


def test_days_and_shares_are_what_the_sheet_shows(tmp_path: Path) -> None:
    from openpyxl.utils.datetime import CALENDAR_MAC_1904

    rows: Rows = [["评价内容", "评价时间", "评分"], ["很好😀", 45306, 0.9], ["漏水", 45306.5, 0.2]]
    sheet = sheet_of(rows)
    for row in (2, 3):
        sheet.cell(row, 3).number_format = "0.0%"
    found = read_reviews(saved(sheet, tmp_path / "a.xlsx"))
    assert [(one.time, one.rating) for one in found] == [("2024-01-15", 90.0), ("2024-01-15", 20.0)]
    sheet.parent.epoch = CALENDAR_MAC_1904
    assert [one.time for one in read_reviews(saved(sheet, tmp_path / "b.xlsx"))] == [
        "2028-01-16"
    ] * 2


def test_a_table_that_does_not_begin_in_the_first_cell(tmp_path: Path) -> None:
    rows: Rows = [[], [], [None, None, *HEAD], *([None, None, *row] for row in REVIEWS)]
    (first, _) = read_reviews(saved(sheet_of(rows), tmp_path / "a.xlsx"))
    assert (first.text, first.product, first.rating) == ("很好😀", "保温杯", 5.0)


def test_groups_over_every_column(tmp_path: Path) -> None:
    rows: Rows = [["评价", None, "评分", None], ["内容", "时间", "商品", "物流"],
                  ["很好😀", "2024-01-15", 5, 4]]  # fmt: skip
    for path in (csv(tmp_path / "a.csv", rows), saved(sheet_of(rows), tmp_path / "a.xlsx")):
        (one,) = read_reviews(path)
        assert (one.text, one.time, one.product) == ("很好😀", "2024-01-15", None)
        assert dict(one.extra) == {"评分 商品": "5", "物流": "4"}


def test_what_stands_below_the_group_of_the_review_keeps_its_role(tmp_path: Path) -> None:
    """评价 over 评分星级 is merged over the texts too: the stars are the review's."""
    rows: Rows = [["商品", None, "评价", None, None],
                  ["商品名称", "SKU", "评分星级", "初评内容", "追评内容"],
                  ["香薰蜡烛", "S1", 4, "很好😀", "掉漆"]]  # fmt: skip
    for path in (csv(tmp_path / "a.csv", rows), saved(sheet_of(rows), tmp_path / "a.xlsx")):
        (one,) = read_reviews(path)
        assert (one.text, one.rating, one.product) == ("很好😀\n掉漆", 4.0, "香薰蜡烛")


def test_a_cell_beyond_the_last_column_of_excel_is_refused(tmp_path: Path) -> None:
    far = '<row><c r="ZZZ3" t="inlineStr"><is><t>好</t></is></c></row>'
    path = crafted(tmp_path / "a.xlsx", inline("评论") + inline("好😀") + far)
    with pytest.raises(GuandianError, match="or 16,384 columns, which Excel does not allow"):
        list(read_reviews(path))


def test_many_numbers_in_a_cell_cost_no_time(tmp_path: Path) -> None:
    cell = "合计" + "1," * 18 + "是"
    rows = "".join(f'"{cell}","{cell}",{k}\n' for k in range(400))
    path = tmp_path / "a.csv"
    path.write_text(f"{','.join(HEAD)}\n{rows}", "utf-8")
    start = time.process_time()
    assert len(list(read_reviews(path))) == 400
    assert time.process_time() - start < 5
