from __future__ import annotations

from pathlib import Path

import pytest

from guandian.data import read
from guandian.data.readers.zhijiang import utf16_span
from guandian.domain import Labelled, Polarity, Span
from guandian.errors import BadRow, GuandianError

HEADER = "id,AspectTerms,A_start,A_end,OpinionTerms,O_start,O_end,Categories,Polarities"
REVIEWS = """id,Reviews
1,😀屏幕很亮，就是有点沉
2,"香味淡淡的,喜欢"
3,还没拆封
"""


def folder(tmp_path: Path, labels: str, reviews: str = REVIEWS) -> Path:
    text = f"{HEADER}\n{labels}".replace("\n", "\r\n")
    (tmp_path / "train_labels.csv").write_bytes(text.encode("utf-8-sig"))
    (tmp_path / "train_reviews.csv").write_text(reviews, "utf-8")
    return tmp_path


def load(tmp_path: Path) -> tuple[list[Labelled], list[BadRow]]:
    bad: list[BadRow] = []
    return list(read("zhijiang", tmp_path, on_error=bad.append)), bad


def test_offsets_are_converted_from_utf16_units(tmp_path: Path) -> None:
    folder(tmp_path, "1,屏幕,2,4,很亮,4,6,外观,正面\n1,_, , ,有点沉,9,12,外观,负面\n")
    records, bad = load(tmp_path)
    assert bad == []
    first, second = records[0].quads or ()
    assert (first.aspect, first.expression) == (Span(1, 3), Span(3, 5))
    assert [span.of(records[0].text) for span in (first.aspect, first.expression) if span] == [
        "屏幕",
        "很亮",
    ]
    assert second.aspect is None
    assert second.polarity is Polarity.NEGATIVE
    assert first.category == "外观"


def test_records_keep_order_and_reviews_without_labels_have_no_opinion(tmp_path: Path) -> None:
    records, bad = load(folder(tmp_path, "2,香味,0,2,_, , ,气味,中性\n"))
    assert [record.id for record in records] == ["1", "2", "3"]
    assert [len(record.quads or ()) for record in records] == [0, 1, 0]
    assert bad == []


def test_repeated_label_rows_are_one_opinion(tmp_path: Path) -> None:
    records, _ = load(folder(tmp_path, "2,香味,0,2,淡淡的,2,5,气味,正面\n" * 2))
    assert len(records[1].quads or ()) == 1


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("1,屏幕,1,3,很亮,4,6,外观,正面", "A_start", "cut a character in two"),
        ("1,荧幕,2,4,很亮,4,6,外观,正面", "AspectTerms", "'荧幕' is not at its offsets, '屏幕' is"),
        ("1,屏幕,2,4,有点沉,9,99,外观,正面", "O_start", "not inside"),
        ("1,屏幕,二,4,很亮,4,6,外观,正面", "A_start", "invalid literal"),
        ("1,屏幕,2,4,很亮,4,6,外观,挺好", "Polarities", "unknown polarity '挺好'"),
        ("1,屏幕,2,4,很亮,4,6, ,正面", "Categories", "no category"),
        ("9,屏幕,2,4,很亮,4,6,外观,正面", "id", "no review has the id '9'"),
        ("1,屏幕,2,4,很亮,4,6,外观", "", "8 fields where the header has 9"),
    ],
)
def test_a_wrong_label_is_named_and_the_others_stay(
    tmp_path: Path, row: str, column: str, reason: str
) -> None:
    records, bad = load(folder(tmp_path, f"1,_, , ,很亮,4,6,外观,正面\n{row}\n"))
    assert [len(record.quads or ()) for record in records] == [1, 0, 0]
    assert [(error.line, error.column) for error in bad] == [(3, column)]
    assert reason in bad[0].reason
    assert bad[0].path.endswith("train_labels.csv")


def test_a_review_whose_every_label_is_wrong_is_left_out(tmp_path: Path) -> None:
    records, bad = load(folder(tmp_path, "1,荧幕,2,4,很亮,4,6,外观,正面\n"))
    assert [record.id for record in records] == ["2", "3"]
    assert len(bad) == 1


def test_names_lose_stray_blanks_and_marks(tmp_path: Path) -> None:
    records, bad = load(folder(tmp_path, "1,_, , ,很亮,4,6,\u3000外观、,正面。\n"))
    assert bad == []
    assert [quad.category for quad in records[0].quads or ()] == ["外观"]


def test_empty_texts_and_repeated_ids_are_bad_rows(tmp_path: Path) -> None:
    reviews = 'id,Reviews\n1,"  "\n2,好用😀\n2,又一次\n'
    records, bad = load(folder(tmp_path, "", reviews))
    assert [record.text for record in records] == ["好用😀"]
    assert [(error.line, error.reason[:10]) for error in bad] == [
        (2, "empty text"),
        (4, "a second r"),
    ]


def test_broken_bytes_and_quotes_are_bad_rows(tmp_path: Path) -> None:
    folder(tmp_path, "")
    (tmp_path / "train_reviews.csv").write_bytes(
        'id,Reviews\n1,"好"用\n2,'.encode() + "乱码".encode("gb18030") + "\n3,好用\n".encode()
    )
    records, bad = load(tmp_path)
    assert [record.id for record in records] == ["3"]
    assert [error.line for error in bad] == [2, 3]
    assert "not UTF-8" in bad[1].reason


def test_stop_raises_the_first_bad_row(tmp_path: Path) -> None:
    folder(tmp_path, "1,荧幕,2,4,很亮,4,6,外观,正面\n")
    with pytest.raises(BadRow, match="line 2, column AspectTerms"):
        list(read("zhijiang", tmp_path))


def test_a_missing_column_and_a_missing_file_name_the_repair(tmp_path: Path) -> None:
    folder(tmp_path, "", "id,text\n1,好\n")
    with pytest.raises(GuandianError, match="no column Reviews"):
        list(read("zhijiang", tmp_path))
    with pytest.raises(GuandianError, match=r"dev_labels\.csv: beside it are train_labels\.csv"):
        list(read("zhijiang", tmp_path, part="dev"))


def test_utf16_span_refuses_what_is_outside() -> None:
    assert utf16_span("a😀b", 3, 4) == Span(2, 3)
    with pytest.raises(ValueError, match="not inside"):
        utf16_span("a😀b", 3, 5)
