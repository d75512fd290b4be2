"""What goes into a label tool's format comes back: same spans, same relations, nothing by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guandian.domain import Entity, Labelled, Polarity, Quad, Span
from guandian.errors import GuandianError
from guandian.labelling import Item, Notes, read_items, write_items
from guandian.labelling.label_studio_config import labelling_config

GOOD, BAD = Polarity.POSITIVE, Polarity.NEGATIVE
TEXT = "😀屏幕和电池都很好，𠮷祥\n=1+1 <b>\"'&"
SCREEN, BATTERY, FINE = Span(1, 3), Span(4, 6), Span(7, 9)
TRICKY = Labelled(
    "a/1",
    TEXT,
    "own",
    quads=(
        Quad(SCREEN, FINE, "performance", GOOD),
        Quad(BATTERY, FINE, "performance", GOOD),  # one expression of two aspects
        Quad(SCREEN, FINE, "price", GOOD),  # one pair, two categories
        Quad(SCREEN, FINE, "price", BAD),
        Quad(None, FINE, "performance", GOOD),  # the same expression without an aspect
        Quad(SCREEN, None, "price", BAD),  # the same aspect without an expression
        Quad(SCREEN, None, None, BAD),
        Quad(None, None, "logistics", BAD),
        Quad(None, None, None, GOOD),
    ),
    sentiment=GOOD,
    entities=(Entity(SCREEN, "product", 1.0), Entity(Span(0, 6), "brand", 1.0)),
    entity_types=("brand", "model", "product"),
    group="手机😀",
    labels={"rating": 4.5, "kind": "=好评", "topics": ("音质", "a/b"), "none": ()},
    original="原来的😀",
)


def back(tmp_path: Path, tool: str, *records: Labelled) -> tuple[list[Labelled], Notes]:
    notes = Notes()
    path = tmp_path / "own"
    path.write_bytes(write_items([Item(each, each.id) for each in records], tool, notes))
    return [item.record for item in read_items(path, tool, notes)], notes


def same(one: Labelled, other: Labelled) -> bool:
    """Equal but for the order of opinions, which says nothing."""
    mine = one.quads and tuple(sorted(one.quads, key=repr))
    others = other.quads and tuple(sorted(other.quads, key=repr))
    return replace(one, quads=mine) == replace(other, quads=others)


@pytest.mark.parametrize("tool", ["label-studio", "doccano", "csv"])
def test_everything_comes_back(tmp_path: Path, tool: str) -> None:
    bare = Labelled("b", "没有观点😀", "own", quads=(), entities=())
    (one, two), notes = back(tmp_path, tool, TRICKY, bare)
    assert same(one, TRICKY)
    assert two == bare
    told = {"doccano": 3}.get(tool, 0)
    assert len(notes.places) == told  # unsaid, sentiment, labels: carried, not to be edited


SPANS = st.integers(0, 8).flatmap(lambda a: st.integers(a + 1, 9).map(lambda b: Span(a, b)))
QUADS = st.builds(
    Quad,
    st.none() | SPANS,
    st.none() | SPANS,
    st.sampled_from([None, "price", "a/b#c"]),
    st.sampled_from(Polarity),
)
ENTITIES = st.builds(Entity, SPANS, st.sampled_from(["brand", "model"]), st.just(1.0))


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(["label-studio", "doccano", "csv"]),
    st.text(st.sampled_from("好 a😀\n𠮷=,'\"\r"), min_size=9, max_size=12).map("评".__add__),
    st.lists(QUADS, max_size=5, unique=True).map(tuple),
    st.none() | st.lists(ENTITIES, max_size=3, unique=True).map(tuple),
    st.none() | st.sampled_from(Polarity),
)
def test_round_trip(
    tmp_path_factory: pytest.TempPathFactory,
    tool: str,
    text: str,
    quads: tuple[Quad, ...],
    entities: tuple[Entity, ...] | None,
    sentiment: Polarity | None,
) -> None:
    record = Labelled("1", text, "own", quads, sentiment, entities, ("brand", "model"))
    (found,), _ = back(tmp_path_factory.mktemp("round"), tool, record)
    assert same(found, record)


def test_label_studio_keeps_one_relation_between_two_regions() -> None:
    (task,) = json.loads(write_items([Item(TRICKY, "1")], "label-studio", Notes()))
    results = task["annotations"][0]["result"]
    ends = [(r["from_id"], r["to_id"]) for r in results if r["type"] == "relation"]
    assert len({*ends}) == len(ends) == 4
    regions = [r for r in results if r["type"] == "labels"]
    assert len({r["id"] for r in regions}) == len(regions)
    for region in regions:
        value = region["value"]
        assert TEXT[value["start"] : value["end"]] == value["text"]


@pytest.mark.parametrize("tool", ["label-studio", "doccano"])
def test_entities_called_like_a_part_of_an_opinion(tmp_path: Path, tool: str) -> None:
    """Read back they would be opinions, and those without a polarity be refused."""
    record = Labelled("1", TEXT, "own", entities=(Entity(SCREEN, "opinion", 1.0),))
    (found,), notes = back(tmp_path, tool, record)
    assert found.entities == ()
    assert list(notes.places) == ["entities of type opinion, which would be read as opinions"]


def test_doccano_with_chinese_names(tmp_path: Path) -> None:
    rows = {
        "text": "😀屏幕很亮", "Comments": [],
        "entities": [
            {"id": 1, "label": "评价对象", "start_offset": 2, "end_offset": 4},
            {"id": 2, "label": "观点词", "start_offset": 4, "end_offset": 6},
        ],
        "relations": [{"id": 1, "from_id": 1, "to_id": 2, "type": "正面/performance"}],
    }  # fmt: skip
    (tmp_path / "own").write_text(json.dumps(rows), "utf-8")
    (item,) = read_items(tmp_path / "own", "doccano", Notes())
    assert item.record.quads == (Quad(SCREEN, Span(3, 5), "performance", GOOD),)
    assert item.record.entities is None


def test_mined_reviews_become_predictions(tmp_path: Path) -> None:
    guess = Item(TRICKY, "1", model="m@1", confidences=(0.5,) * 9, columns={"product": "耳机"})
    notes = Notes()
    path = tmp_path / "own"
    path.write_bytes(write_items([guess], "label-studio", notes))
    (task,) = json.loads(path.read_text("utf-8"))
    assert "annotations" not in task
    (prediction,) = task["predictions"]
    assert (prediction["model_version"], prediction["score"]) == ("m@1", 0.5)
    assert task["data"]["product"] == "耳机"
    assert {r["score"] for r in prediction["result"] if r.get("from_name") == "span"} == {0.5, 1.0}
    assert list(read_items(path, "label-studio", notes)) == []
    assert list(notes.places) == ["尚未标注的任务 tasks without an annotation (predictions alone)"]
    # A person who looks at it and finds nothing has said that there is nothing.
    task["annotations"] = [{"result": []}]
    path.write_text(json.dumps([task]), "utf-8")
    (item,) = read_items(path, "label-studio", notes)
    assert (item.record.quads, item.record.entities) == ((), ())


def test_the_configuration_offers_all_that_stands_in_the_export() -> None:
    hostile = replace(
        TRICKY,
        quads=(Quad(SCREEN, FINE, '"><script>😀', GOOD),),
        labels={"kind": "<b>&", "topics": ("音质",), "rating": 4},
    )
    config = labelling_config([hostile])
    assert b"<script" not in config
    root = ET.fromstring(config)
    names = {tag.get("name"): tag for tag in root if tag.get("name")}
    assert {*names} == {
        "span", "text", "polarity", "category", "unsaid", "sentiment", "label.kind",
        "label.topics", "label.rating",
    }  # fmt: skip
    assert [tag.get("value") for tag in names["category"]] == ['"><script>😀']
    assert names["label.topics"].get("choice") == "multiple"
    assert names["label.rating"].tag == "Number"
    used = {r["from_name"] for r in _results(hostile) if "from_name" in r}
    assert used <= {*names}
    with pytest.raises(GuandianError, match=r"U\+0007, which XML cannot"):
        labelling_config([replace(TRICKY, labels={"kind": "\a"})])


def _results(record: Labelled) -> list[dict[str, object]]:
    (task,) = json.loads(write_items([Item(record, "1")], "label-studio", Notes()))
    found: list[dict[str, object]] = task["annotations"][0]["result"]
    return found


def test_a_table_runs_nothing_and_keeps_an_apostrophe(tmp_path: Path) -> None:
    formula = Labelled("1", '=cmd|"/c calc"!A1😀', "own", quads=())
    quoted = Labelled("2", "'tis good😀", "own", quads=(Quad(None, Span(5, 9), None, GOOD),))
    assert back(tmp_path, "csv", formula, quoted)[0] == [formula, quoted]
    assert "\n1,\"'=cmd" in (tmp_path / "own").read_text("utf-8-sig").replace("\r", "")
    (tmp_path / "own").write_text("text,expression,polarity\n'tis good😀,good,正面\n", "utf-8")
    (item,) = read_items(tmp_path / "own", "csv", Notes())
    assert item.record.quads == quoted.quads


def test_tags_hold_entities_and_tell_the_rest(tmp_path: Path) -> None:
    (found,), notes = back(tmp_path, "bio", TRICKY, replace(TRICKY, id="2", entities=None))
    assert found.text == TEXT.replace("\n", " ")
    assert found.entities == (Entity(Span(0, 6), "brand", 1.0),)
    assert {what.rpartition(" ")[2]: where for what, where in notes.places.items()} == {
        "hold": ["a/1"], "opinions": ["a/1"], "sentiment": ["a/1"], "labels": ["a/1"],
        "blanks": ["a/1"], "out": ["2"],
    }  # fmt: skip


def test_tags_of_any_type_come_back(tmp_path: Path) -> None:
    record = Labelled("own-1", TEXT, "own", entities=(Entity(SCREEN, "部件", 1.0),))
    (found, none), _ = back(tmp_path, "bio", record, replace(record, id="2", entities=()))
    assert (found.entities, found.entity_types) == (record.entities, ("部件",))
    assert (none.entities, none.entity_types) == ((), ("部件",))


def test_conll_words(tmp_path: Path) -> None:
    path = tmp_path / "a.conll"
    path.write_text(
        "-DOCSTART- -X- O\n\nSony -X- _ B-ORG\nXM5 -X- _ I-ORG\n😀 -X- _ O\n\n"
        "小米\tB-brand\n好\tO\n坏\tX\n",
        "utf-8",
    )
    bad: list[GuandianError] = []
    (item,) = read_items(path, "conll", Notes(), on_error=bad.append)
    assert item.record.text == "Sony XM5 😀"
    assert item.record.entities == (Entity(Span(0, 8), "ORG", 1.0),)
    assert ["line 9, column tag" in str(each) for each in bad] == [True]
