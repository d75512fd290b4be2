"""Catalogues of tables and of JSON-LD: what they hold, and what is told of bad rows."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from guandian.errors import GuandianError
from guandian.knowledge.product_graph import CatalogueEntry, ProductGraph, merged
from guandian.knowledge.reading.read_catalogue import read_catalogue

from .catalogues import MATE, TABLE


def test_a_table_becomes_a_graph(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text(TABLE + ",,,,无\n", "utf-8")
    catalogue = read_catalogue(path)
    graph = catalogue.graph
    assert graph.counts() == {"brand": 3, "series": 3, "model": 5, "product": 0, "part": 7}
    assert graph.brands(MATE) == {"brand:华为"}
    assert [graph[key].name for key in graph.members(MATE, "part")] == ["屏幕", "摄像头", "电池"]
    assert graph[MATE].aliases == ("M60P",)
    assert [graph[key].name for key in graph.members("brand:小米", "model")] == ["小米14", "小米15"]
    (bad,) = catalogue.bad
    assert "line 7" in str(bad) and "names no brand" in str(bad)


def test_rows_with_ids_of_their_own_and_english_names(tmp_path: Path) -> None:
    path = tmp_path / "c.tsv"
    path.write_text("SKU\tBrand\tProduct Name\nA-1\tAcme\tSpeaker\nA-1\tAcme\tBoombox\n", "utf-8")
    graph = read_catalogue(path).graph
    assert (graph["A-1"].name, graph["A-1"].aliases) == ("Speaker", ("Boombox",))
    assert graph.brands("A-1") == {"brand:acme"}


def test_the_items_of_a_recommender_are_a_catalogue(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    path.write_text("item,title,brand\ni-1,Speaker,Acme\n", "utf-8")
    assert read_catalogue(path).graph["i-1"].name == "Speaker"


def test_json_ld_of_schema_org(tmp_path: Path) -> None:
    items = [
        {
            "@context": "https://schema.org",
            "@type": "ProductGroup",
            "@id": "#mate",
            "name": "Mate",
            "brand": {"@type": "Brand", "name": "华为", "alternateName": ["HUAWEI", "菊厂"]},
            "hasVariant": [{"@type": "Product", "sku": "M60", "name": "Mate 60"}],
        },
        {
            "@type": "http://schema.org/Product",
            "sku": "M60P",
            "name": "Mate 60 Pro",
            "isVariantOf": {"@id": "#mate"},
            "hasPart": [{"@type": "Product", "name": "屏幕"}, "电池"],
            "isPartOf": "#nowhere",
        },
        {"@type": "Recipe", "name": "soup"},
        {"@type": "Product"},
        7,
    ]
    path = tmp_path / "c.jsonld"
    path.write_text(json.dumps({"@graph": items}), "utf-8")
    catalogue = read_catalogue(path)
    graph = catalogue.graph
    assert graph.counts() == {"brand": 1, "series": 1, "model": 0, "product": 2, "part": 2}
    assert graph.wholes("M60P") == ["#mate", "brand:华为"]
    assert graph.brands("M60") == {"brand:华为"}
    assert graph["brand:华为"].aliases == ("HUAWEI", "菊厂")
    assert [graph[key].name for key in graph.members("M60P")] == ["屏幕", "电池"]
    assert catalogue.strange == ("#nowhere",)
    reasons = [bad.reason for bad in catalogue.bad]
    assert [bad.place for bad in catalogue.bad] == [f"element {k}" for k in (3, 4, 5)]
    assert "'Recipe'" in reasons[0] and reasons[1:] == ["it has no name", "it is no object"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("c.csv", "颜色,价格\n红,3\n", "no column of a catalogue"),
        ("c.csv", "brand,model\n,\n", "names nothing that a catalogue holds"),
        ("c.json", "{", "is no JSON-LD"),
        ("c.json", '{"@type": "Product", "@type": "Brand", "name": "a"}', "is no JSON-LD"),
        ("c.json", "[" * 100_000, "is no JSON-LD"),
        ("c.docx", "x", "no rows are read from files that end in"),
    ],
)
def test_what_is_no_catalogue_is_refused(
    tmp_path: Path, name: str, content: str, said: str
) -> None:
    path = tmp_path / name
    path.write_text(content, "utf-8")
    with pytest.raises(GuandianError, match=said):
        read_catalogue(path)


def test_a_circle_and_a_hostile_depth_are_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="circle"):
        ProductGraph(
            [
                CatalogueEntry("a", "product", "A", parents=("b",)),
                CatalogueEntry("b", "product", "B", parents=("a",)),
            ]
        )
    deep: object = {"@type": "Product", "name": "x"}
    for number in range(40):
        deep = {"@type": "Product", "name": f"p{number}", "isPartOf": deep}
    path = tmp_path / "c.json"
    path.write_text(json.dumps(deep), "utf-8")
    catalogue = read_catalogue(path)
    assert [bad.reason for bad in catalogue.bad] == ["it is nested too deep"]


def test_a_tower_is_refused_and_a_large_circle_is_told_in_short() -> None:
    tower = [CatalogueEntry(str(n), "product", f"p{n}", parents=(str(n + 1),)) for n in range(300)]
    with pytest.raises(ValueError, match="300 of them stand above each other"):
        ProductGraph(tower)
    with pytest.raises(ValueError, match=r"circle: .* … \(301\)$") as told:
        ProductGraph([*tower, CatalogueEntry("300", "product", "p300", parents=("0",))])
    assert len(str(told.value)) < 100


def test_an_id_of_two_things_makes_no_alias_of_the_second(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text(
        "id,品牌,型号,部件\n1,华为,P60,屏幕\n1,小米,小米14,屏幕\n1,华为,p60,电池\n", "utf-8"
    )
    catalogue = read_catalogue(path)
    graph = catalogue.graph
    assert (graph["1"].name, graph["1"].aliases, graph.brands("1")) == (
        "P60", ("p60",), {"brand:华为"},
    )  # fmt: skip
    assert [graph[key].name for key in graph.members("1")] == ["屏幕", "电池"]
    (bad,) = catalogue.bad
    assert "line 3" in str(bad) and "'小米14' has the id '1', which is that of 'P60'" in str(bad)


def test_many_rows_of_one_thing_meet_in_time_that_grows_with_their_number() -> None:
    rows = [CatalogueEntry("p", "part", "屏幕", (f"a{n}",), (f"m{n}",)) for n in range(20_000)]
    began = time.process_time()
    (met,) = merged(rows)
    assert (len(met.aliases), len(met.parents)) == (20_000, 20_000)
    assert time.process_time() - began < 5  # row by row it took minutes


def test_two_catalogues_share_a_digest_only_if_they_say_the_same() -> None:
    one = CatalogueEntry("a", "brand", "A")
    assert ProductGraph([one]).digest() == ProductGraph([one]).digest()
    assert (
        ProductGraph([one]).digest() != ProductGraph([CatalogueEntry("a", "brand", "B")]).digest()
    )
