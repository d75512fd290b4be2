from __future__ import annotations

from pathlib import Path

import pytest

from guandian.data import read
from guandian.domain import Labelled
from guandian.errors import BadRow


def lines(text: str, tags: str, separator: str = "\t") -> str:
    rows = zip(text, tags.split(), strict=True)
    return "\n".join(f"{character}{separator}{tag}" for character, tag in rows) + "\n\n"


def load(tmp_path: Path, text: str) -> tuple[list[Labelled], list[BadRow]]:
    path = tmp_path / "train.txt"
    path.write_text(text, "utf-8")
    bad: list[BadRow] = []
    return list(read("bio", path, on_error=bad.append)), bad


def found(record: Labelled) -> list[tuple[str, str]]:
    return [(entity.span.of(record.text), entity.type) for entity in record.entities or ()]


def test_bieos_with_blanks_and_emoji(tmp_path: Path) -> None:
    records, bad = load(
        tmp_path,
        lines("🎁小米 电饭煲壶", "O B-HP E-HP O B-HC I-HC E-HC S-HC") + lines("好 用", "O O O"),
    )
    assert bad == []
    assert [record.text for record in records] == ["🎁小米 电饭煲壶", "好 用"]
    assert found(records[0]) == [("小米", "brand"), ("电饭煲", "product"), ("壶", "product")]
    assert records[1].entities == ()
    assert {record.entity_types for record in records} == {("brand", "product")}


def test_bio_closes_at_the_next_tag_and_at_the_end(tmp_path: Path) -> None:
    records, bad = load(
        tmp_path,
        lines("美的X9包邮风扇", "B-HPPX I-HPPX B-XH I-XH B-MISC I-MISC B-HCCX I-HCCX", " "),
    )
    assert bad == []
    assert found(records[0]) == [("美的", "brand"), ("X9", "model"), ("风扇", "product")]
    assert records[0].entity_types == ("brand", "model", "product")


def test_the_separator_may_be_the_character_too(tmp_path: Path) -> None:
    records, _ = load(tmp_path, "甲 O\n  O\n\u3000 O\n乙 O\n")
    assert [record.text for record in records] == ["甲 \u3000乙"]


@pytest.mark.parametrize(
    ("rows", "line", "reason"),
    [
        ("手\tB-HC\n机\tI-HP\n", 2, "I-HP continues nothing"),
        ("手\tO\n机\tE-HC\n", 2, "E-HC continues nothing"),
        ("手\tB-XX\n", 1, "unknown tag 'B-XX'"),
        ("手\tZ-HC\n", 1, "unknown tag 'Z-HC'"),
        ("手机\n", 1, "needs a character and a tag"),
    ],
)
def test_a_sentence_with_a_wrong_tag_is_left_out(
    tmp_path: Path, rows: str, line: int, reason: str
) -> None:
    records, bad = load(tmp_path, f"{rows}壳\tO\n\n好\tO\n")
    assert [record.text for record in records] == ["好"]
    assert [error.line for error in bad] == [line]
    assert reason in bad[0].reason
