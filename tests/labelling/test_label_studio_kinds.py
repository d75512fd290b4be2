"""Kinds of controls and names in Label Studio, and JSON-MIN as its converter writes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from guandian.domain import Entity, Labelled, Polarity, Quad, Span
from guandian.errors import BadRow, GuandianError
from guandian.labelling import Notes, one_each, read_items, tool_of

TEXT = "😀杯盖很紧，提手松了"
LID, TIGHT, HANDLE = Span(1, 3), Span(3, 5), Span(6, 8)
GOOD, BAD = Polarity.POSITIVE, Polarity.NEGATIVE


def load(tmp_path: Path, *tasks: Any) -> tuple[list[Labelled], list[BadRow], Notes]:
    path, bad, notes = tmp_path / "export.json", list[BadRow](), Notes()
    path.write_text(json.dumps(tasks), "utf-8")
    assert tool_of(path) == "label-studio"
    found = [*read_items(path, "label-studio", notes, on_error=bad.append)]
    return [item.record for item in found], bad, notes


def task(*results: dict[str, Any], id: int = 1) -> dict[str, Any]:
    return {"id": id, "data": {"text": TEXT}, "annotations": [{"result": [*results]}]}


def region(id: str, span: Span, type: str, *values: Any, key: str = "") -> dict[str, Any]:
    value = {"start": span.start, "end": span.end, "text": span.of(TEXT), key or type: [*values]}
    return {"id": id, "from_name": f"a {type}", "to_name": "text", "type": type, "value": value}


def whole(name: str, type: str, value: Any) -> dict[str, Any]:
    return {"id": name, "from_name": name, "to_name": "text", "type": type, "value": {type: value}}


def linked(one: str, other: str, *labels: str) -> dict[str, Any]:
    return {"from_id": one, "to_id": other, "type": "relation", "labels": [*labels]}


PAIR = (region("a", LID, "labels", "aspect"), region("o", TIGHT, "labels", "opinion"))


@pytest.mark.parametrize("type", ["taxonomy", "choices"])
@pytest.mark.parametrize(
    ("paths", "category"),
    [
        ([["做工", "盖子", "密封"], ["positive"]], "做工/盖子/密封"),
        ([["做工", "盖子", "正面"]], "做工/盖子"),  # the polarity is one of the steps
        ([["好评", "做工"]], "做工"),
        (["做工", "正向"], "做工"),
    ],
)
def test_a_path_is_one_category(tmp_path: Path, type: str, paths: list[Any], category: str) -> None:
    """Of Taxonomy and of nested Choices; `unsaid` as ever, and a label of the whole text too."""
    chosen = region("o", TIGHT, type, *paths)
    (record,), bad, notes = load(tmp_path, task(*PAIR, chosen, linked("a", "o")))
    assert (bad, notes.places) == ([], {})
    assert record.quads == (Quad(LID, TIGHT, category, GOOD),)


def test_paths_beside_each_other_are_several(tmp_path: Path) -> None:
    chosen = region("o", TIGHT, "taxonomy", ["做工", "盖子"], ["价格"], ["正面"])
    results = [*PAIR, chosen, linked("a", "o"), whole("topics", "taxonomy", [["a", "b"], ["c"]])]
    one = task(*results, whole("kind", "taxonomy", [["a", "b"]]))
    two = task(whole("topics", "taxonomy", [["a", "b"]]), id=2)
    (first, second), bad, _ = load(tmp_path, one, two)
    assert bad == []
    assert first.quads == tuple(Quad(LID, TIGHT, name, GOOD) for name in ("做工/盖子", "价格"))
    assert first.labels == {"topics": ("a/b", "c"), "kind": "a/b"}
    assert second.labels == {"topics": ("a/b",)}


@pytest.mark.parametrize(
    ("label", "relation", "polarity"),
    [
        ("评价维度##正向", ["观点词"], GOOD),  # as PaddleNLP's guide has it
        ("评价维度##负向", [], BAD),
        ("评价对象", ["消极"], BAD),
        ("方面词", ["正面评价"], GOOD),
        ("Aspect-Negative", [], BAD),
        ("aspect_term", ["Positive/正面"], GOOD),
        ("target（中立）", [], Polarity.NEUTRAL),
        ("属性##好评", ["观点词"], GOOD),
        ("评价维度[差评]", [], BAD),
    ],
)
def test_names_of_roles_and_polarities(
    tmp_path: Path, label: str, relation: list[str], polarity: Polarity
) -> None:
    ends = region("a", LID, "labels", label), region("o", TIGHT, "labels", "观点词")
    (record,), bad, notes = load(tmp_path, task(*ends, linked("a", "o", *relation)))
    assert (bad, notes.places) == ([], {})
    assert record.quads == (Quad(LID, TIGHT, None, polarity),)
    assert record.entities is None


@pytest.mark.parametrize("label", ["属性", "target-group", "aspectual", "opinion-mining", "正向"])
def test_labels_that_are_entity_types(tmp_path: Path, label: str) -> None:
    (record,), _, _ = load(tmp_path, task(region("a", LID, "labels", label)))
    assert (record.quads, record.entities) == (None, (Entity(LID, label, 1.0),))


def test_a_polarity_that_is_not_known_is_told(tmp_path: Path) -> None:
    records, (bad,), _ = load(tmp_path, task(*PAIR, linked("a", "o", "超赞", "做工")))
    assert records == []
    assert bad.column == "[0].annotations[0].result[2]"
    assert "without a polarity: '超赞', '做工' says none; known: positive" in bad.reason


def test_sentiment_by_its_chinese_name(tmp_path: Path) -> None:
    one, two = whole("情感倾向", "choices", ["负向"]), whole("情感", "choices", ["惊讶"])
    (first, second), _, _ = load(tmp_path, task(one), task(two, id=2))
    assert (first.sentiment, first.labels) == (BAD, {})
    assert (second.sentiment, second.labels) == (None, {"情感": "惊讶"})


def test_what_is_not_read_of_regions_is_noted(tmp_path: Path) -> None:
    bare = region("x", LID, "labels")
    named = region("y", HANDLE, "labels", "product")
    more = [region("y", HANDLE, type, 4, key=type) for type in ("rating", "number")]
    more += [region("y", HANDLE, "textarea", "松", key="text"), region("y", HANDLE, "choices", "x")]
    (record,), bad, notes = load(tmp_path, task(bare, named, *more))
    assert bad == []
    assert record.entities == (Entity(HANDLE, "product", 1.0),)
    assert notes.places == {
        "不支持的片段标注 rating results of type rating of regions": ["1"],
        "不支持的片段标注 number results of type number of regions": ["1"],
        "不支持的片段标注 textarea results of type textarea of regions": ["1"],
        "没有标签的片段 regions without a label": ["1"],
        "不属于观点的选项 choices of regions that are no opinions": ["1"],
    }


@pytest.mark.parametrize(
    "offsets",
    [
        {"start": "/text()[1]", "end": "/text()[1]", "globalOffsets": {"start": 1, "end": 3}},
        {"start": "/p[1]/text()[1]", "end": "/p[1]/text()[1]", "startOffset": 2, "endOffset": 4},
        {"start": "1", "end": "3"},
        {"globalOffsets": {"start": 2, "end": 4}},  # UTF-16 units
    ],
)
def test_offsets_that_the_words_prove(tmp_path: Path, offsets: dict[str, Any]) -> None:
    value = offsets | {"text": "杯盖", "hypertextlabels": ["product"]}
    result = {"id": "a", "from_name": "l", "type": "hypertextlabels", "value": value}
    (record,), bad, _ = load(tmp_path, task(result))
    assert bad == []
    assert record.entities == (Entity(LID, "product", 1.0),)
    for wrong in ({"text": "提手"}, {"text": ""}, {"text": None}):
        records, (row,), _ = load(tmp_path, task(result | {"value": value | wrong}))
        assert records == []
        assert row.column == "[0].annotations[0].result[0].value.start"


def test_an_opinion_that_is_not_read_teaches_nothing(tmp_path: Path) -> None:
    """Neither the review's other opinions nor that there is none."""
    good = task(*PAIR, linked("a", "o", "正向"), id=1)
    other = region("o", TIGHT, "labels", "形容词")
    unread = task(PAIR[0], other, linked("a", "o", "正向"), id=2)
    none = task(id=3)
    brand = region("b", HANDLE, "labels", "brand"), region("c", LID, "labels", "product")
    beside = task(*PAIR, linked("a", "o", "负向"), *brand, linked("b", "c", "of"), id=4)
    half = task(PAIR[0], region("a", LID, "choices", "做工"), id=5)
    records, bad, notes = load(tmp_path, good, unread, none, beside, half)
    assert bad == []
    judged = [(Quad(LID, TIGHT, None, polarity),) for polarity in (GOOD, BAD)]
    assert [record.quads for record in records] == [judged[0], None, (), judged[1], None]
    assert records[1].entities == (Entity(TIGHT, "形容词", 1.0),)
    assert records[2].entity_types == ("brand", "product", "形容词")
    (told,) = [where for what, where in notes.places.items() if "one of them is not read" in what]
    assert told == ["2", "5"]


@pytest.mark.parametrize(
    "type", ["rectanglelabels", "polygonlabels", "keypoint", "timeserieslabels"]
)
def test_a_project_of_pictures_is_told(tmp_path: Path, type: str) -> None:
    result = {"id": "a", "from_name": "l", "type": type, "value": {"x": 1, type: ["cat"]}}
    data = {"text": "屏幕亮", "image": "x.png"}
    one = {"id": 1, "data": data, "annotations": [{"result": [result]}]}
    records, (bad,), _ = load(tmp_path, one)
    assert records == []
    assert f"a {type} is of a picture, video or sound" in bad.reason
    del data["text"]
    _, (bad,), _ = load(tmp_path, one)
    assert "the address of a picture" in bad.reason


def test_offsets_of_a_text_with_line_breaks_of_windows(tmp_path: Path) -> None:
    """Browsers count them once: the region's own words tell where it is."""
    text = "😀好\r\n屏幕亮\r\n电池差"
    for start, words, span in ((3, "屏幕", Span(4, 6)), (7, "电池", Span(9, 11))):
        value = {"start": start, "end": start + 2, "text": words, "labels": ["product"]}
        result = {"id": "a", "from_name": "l", "type": "labels", "value": value}
        one = {"id": 1, "data": {"text": text}, "annotations": [{"result": [result]}]}
        (record,), bad, _ = load(tmp_path, one)
        assert (bad, record.entities) == ([], (Entity(span, "product", 1.0),))


@pytest.mark.parametrize("kind", ["drafts", "predictions"])
def test_what_nobody_submitted_is_noted_as_such(tmp_path: Path, kind: str) -> None:
    one = {"id": 1, "data": {"text": TEXT}, "annotations": [], kind: [{"result": [*PAIR]}]}
    records, bad, notes = load(tmp_path, one, task(*PAIR, linked("a", "o", "正面"), id=2))
    assert (len(records), bad) == (1, [])
    (told,) = notes.places
    assert told.startswith("尚未标注的任务 tasks without an annotation (") and kind in told


def test_relations_of_entities_say_nothing_of_opinions(tmp_path: Path) -> None:
    ends = region("b", HANDLE, "labels", "brand"), region("c", LID, "labels", "product")
    (record,), bad, notes = load(tmp_path, task(*ends, linked("b", "c", "of")))
    assert bad == []
    assert (record.quads, len(record.entities or ())) == (None, 2)
    assert [*notes.places] == ["不是评价对象与评价词的关系 relations of other regions"]


def test_the_label_of_a_relation_is_no_second_category(tmp_path: Path) -> None:
    chosen = region("o", TIGHT, "choices", "positive", "做工")
    (record,), _, notes = load(tmp_path, task(*PAIR, chosen, linked("a", "o", "因果")))
    assert record.quads == (Quad(LID, TIGHT, "做工", GOOD),)
    assert [*notes.places] == ["关系标签未读 labels of relations not read: 因果"]


ABOUT = {
    "annotator": "a@x.org", "annotation_id": 5, "created_at": "2024-01-01T00:00:00Z",
    "updated_at": "2024-01-01T00:00:00Z", "lead_time": 3.5,
}  # fmt: skip


def test_json_min_as_the_converter_writes_it(tmp_path: Path) -> None:
    """Each field as the full JSON of the same project gives it."""
    row = {
        "text": TEXT, "product": "杯子", "id": 7,
        "tag": [{"start": 1, "end": 3, "text": "杯盖", "labels": ["part"]}],
        "stars": [{"rating": 2}], "price": [{"number": 3.5}], "topics": {"choices": ["a", "b"]},
        "tree": [{"taxonomy": [["做工", "盖子"]]}], "mood": "好", "unsaid": [
            {"taxonomy": [["negative", "price"]]}],
        "when": [{"datetime": "2024-01-01"}], "why": "盖子太紧，孩子拧不开！", "how": ["x", "y"],
    }  # fmt: skip
    (record,), bad, notes = load(tmp_path, row | ABOUT)
    assert bad == []
    assert record == Labelled(
        "7", TEXT, "export", (Quad(None, None, "price", BAD),), None,
        (Entity(LID, "part", 1.0),), ("part",),
        labels={"stars": 2, "price": 3.5, "topics": ("a", "b"), "tree": "做工/盖子", "mood": "好"},
    )  # fmt: skip
    assert [*notes.places] == [
        "JSON-MIN 中的字段取作标注项（JSON 会说明） "
        "JSON-MIN: fields taken for labels of the review (JSON tells): mood",
        "JSON-MIN 丢失了片段选项的位置，未读（JSON 中有） "
        "choices of regions, whose places JSON-MIN loses, not read (JSON has them): how",
        "不支持的标注 results of type datetime",
        "不支持的标注 results of type textarea",
    ]


def test_json_min_of_our_own_project(tmp_path: Path) -> None:
    """What the data held stays data, what nobody knows is noted."""
    row = {
        "text": TEXT, "id": 7, "product": "杯子", "guandian": {"asked": ["sentiment"]},
        "mood": "好", "sentiment": "负向", "label.stars": [{"number": 2}],
        "label.topics": {"choices": ["a", "b"]},
    }  # fmt: skip
    (record,), _, notes = load(tmp_path, row | ABOUT)
    assert (record.sentiment, record.labels) == (BAD, {"stars": 2, "topics": ("a", "b")})
    assert [*notes.places] == [
        "JSON-MIN 中可能是数据或标注的字段，未读（JSON 会说明） "
        "fields that may be data or labels, not read (JSON tells): mood"
    ]
    first = {"id": 7, "text": TEXT, "mood": "好"} | ABOUT
    (record,), _, notes = load(tmp_path, first)
    assert (record.labels, len(notes.places)) == ({}, 1)


def test_json_min_of_several_annotators_and_of_none(tmp_path: Path) -> None:
    rows = [{"text": TEXT, "id": 7, "stars": [{"rating": n}]} | ABOUT for n in (2, 3)]
    rows[1]["annotator"] = 9
    nobody = {"text": "还没标😀", "id": 8} | dict.fromkeys(ABOUT)
    path = tmp_path / "min.json"
    path.write_text(json.dumps([*rows, nobody]), "utf-8")
    notes = Notes()
    items = [*read_items(path, "label-studio", notes)]
    with pytest.raises(GuandianError, match=r"1 review has several annotators: 9 \(1\), a@x"):
        one_each(items, notes)
    (mine,) = one_each(items, notes, "9")
    assert mine.record.labels == {"stars": 3}
    assert notes.places["尚未标注的任务 tasks without an annotation"] == ["8"]


def test_roles_of_any_spelling_in_json_min_are_refused(tmp_path: Path) -> None:
    spans = [{"start": 1, "end": 3, "text": "杯盖", "labels": ["评价维度##正向"]}]
    with pytest.raises(GuandianError, match="JSON-MIN, which leaves out the relations"):
        load(tmp_path, {"text": TEXT, "id": 7, "tag": spans} | ABOUT)
