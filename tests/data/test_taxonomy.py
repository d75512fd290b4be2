from __future__ import annotations

from pathlib import Path

import pytest

from guandian.data.taxonomy import (
    all_to_default,
    categories,
    default_category,
    mapping,
    taxonomy,
    taxonomy_page,
    to_default,
    unmapped,
)
from guandian.domain import Labelled, Polarity, Quad, Span
from guandian.errors import GuandianError
from guandian.wording import VARIABLE

ROOT = Path(__file__).resolve().parents[2]


def record(dataset: str, *names: str | None) -> Labelled:
    quads = tuple(Quad(Span(0, 2), Span(2, 4), name, Polarity.POSITIVE) for name in names)
    return Labelled("1", "音质很好😀", dataset, quads)


def test_twenty_five_categories_with_names_and_definitions() -> None:
    assert len(taxonomy()) == 25
    for category in taxonomy().values():
        assert category.key.isidentifier()
        assert category.key.islower()
        assert all((category.zh, category.en, category.definition_zh, category.definition_en))
    for language in ("zh", "en"):
        assert len({getattr(category, language) for category in taxonomy().values()}) == 25


def test_the_zhijiang_categories_stay_apart() -> None:
    rows = mapping()["zhijiang"]
    assert len(rows) == 17
    assert len(set(rows.values())) == 17


def test_every_row_leads_to_a_default_category_and_is_reached() -> None:
    for table, rows in mapping().items():
        assert set(rows.values()) <= set(taxonomy())
        for row, key in rows.items():
            # No row above may take what this one is written for.
            assert default_category(row.replace("*", "~"), table) == key, (table, row)


@pytest.mark.parametrize(
    ("dataset", "category", "key"),
    [
        ("laptop", "硬件&性能", "performance"),
        ("make-up-extra", "功效", "efficacy"),
        ("food-zh", "通用-卖家#发货", "logistics"),
        ("food-zh", "通用-卖家#商家/客服态度", "service"),
        ("phone-en", "Logistics#general", "logistics"),
        ("phone-en", "Appearance Design#Fuselage Size", "size"),
        ("acos-laptop", "SUPPORT#PRICE", "price"),
        ("acos-laptop", "Out_Of_Scope#USABILITY", "other"),
        ("memd", "Food#Quality", "taste"),
        ("memd", "None", "other"),
        ("acos-rest16", "FOOD#STYLE_OPTIONS", "variety"),
    ],
)
def test_examples(dataset: str, category: str, key: str) -> None:
    quads = to_default(record(dataset, category)).quads or ()
    assert [quad.category for quad in quads] == [key]


def test_two_categories_that_become_one_are_said_once() -> None:
    both = to_default(record("food-zh", "食品饮料-味道#甜味", "食品饮料-味道#综合味道"))
    assert [quad.category for quad in both.quads or ()] == ["taste"]


def test_what_the_mapping_leaves_out_is_listed() -> None:
    with pytest.raises(
        GuandianError, match=r"make-up without a default one: 声音 \(1\), 屏幕 \(1\)\n.*\[zhi"
    ):
        to_default(record("make-up", "屏幕", "声音", "价格"))
    rows = [record("own", "b", "b2"), record("own", *"ab"), record("own", "b", "c")]
    with pytest.raises(GuandianError, match=r"lacks: b \(3\), a \(1\), b2 \(1\), c \(1\)\n"):
        all_to_default(rows)
    with pytest.raises(GuandianError, match=r"a25 \(1\), a26 \(1\), … \(\+11\)\n"):
        all_to_default([record("own", f"a{number}") for number in range(31)])
    assert unmapped(["价格", "屏幕"], "make-up") == ["屏幕"]


def test_sets_without_categories_stay_as_they_are() -> None:
    plain = record("dianping", None)
    assert to_default(plain) is plain
    with pytest.raises(GuandianError, match="dianping annotates no categories"):
        to_default(record("dianping", "味道"))


def test_categories_are_sorted_and_unique() -> None:
    rows = [record("x", "b", None, "a"), record("x", "b"), Labelled("2", "好", "x")]
    assert categories(rows) == ("a", "b")


def test_the_page_is_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    page = (ROOT / "docs" / "taxonomy.md").read_text("utf-8")
    assert page == taxonomy_page(), "guandian data taxonomy > docs/taxonomy.md"
    monkeypatch.setenv(VARIABLE, "zh")
    page = (ROOT / "docs" / "zh" / "taxonomy.md").read_text("utf-8")
    assert page == taxonomy_page(), "guandian --language zh data taxonomy > docs/zh/taxonomy.md"
