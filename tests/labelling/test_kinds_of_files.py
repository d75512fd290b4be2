"""What a JSON file is of is told by its rows, and no label of a file is lost without a word."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.labelling.samples import TEXT, doccano, load

from guandian.data import read
from guandian.domain import Entity, Polarity, Quad, Span
from guandian.errors import BadRow, GuandianError
from guandian.labelling import Notes, read_items, tool_of

LID, TIGHT = Span(1, 3), Span(3, 5)
GOOD, BAD = Polarity.POSITIVE, Polarity.NEGATIVE


CHOSEN = {"from_name": "sentiment", "type": "choices", "value": {"choices": ["负向"]}}
TASK = {"id": 3, "data": {"text": TEXT}, "annotations": [{"result": [CHOSEN]}]}
ROWS: list[tuple[str, dict[str, Any]]] = [
    ("doccano", {"text": TEXT, "label": ["negative"]}),
    ("doccano", {"data": TEXT, "label": ["差评"]}),
    ("doccano", {"text": TEXT, "labels": ["负面"]}),
    ("doccano", {"text": TEXT, "cats": ["neg"]}),
    ("doccano", {"text": TEXT, "label": "消极"}),
    ("doccano", {"id": 3, "text": TEXT, "label": ["负向"], "entities": [], "relations": []}),
    ("guandian", {"text": TEXT, "sentiment": "负评"}),
    ("guandian", {"id": 3, "text": TEXT, "sentiment": "负面评价", "quads": []}),
    ("label-studio", TASK),
    ("label-studio", {"id": 3, "data": {"text": TEXT}, "completions": TASK["annotations"]}),
    ("label-studio", {"id": 9, "result": [CHOSEN], "task": {"id": 3, "data": {"text": TEXT}}}),
    ("label-studio", {"text": TEXT, "id": 3, "sentiment": "负向", "annotator": 1}),
]


@pytest.mark.parametrize(("tool", "row"), ROWS)
@pytest.mark.parametrize("form", ["list", "lines", "alone"])
def test_the_rows_tell(tmp_path: Path, tool: str, row: dict[str, Any], form: str) -> None:
    """In a list, in lines and as one object; a first row without labels does not mislead."""
    rows = [{"text": "没标😀"} if tool != "label-studio" else {"data": {"text": "没标😀"}}, row]
    content = {
        "list": json.dumps(rows, ensure_ascii=False),
        "lines": "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in rows),
        "alone": json.dumps(row, ensure_ascii=False, indent=1),
    }[form]
    path = tmp_path / "export.json"
    path.write_text(content, "utf-8")
    found, records, bad, _ = load(path)
    assert (found, bad) == (tool, [])
    assert [r.sentiment for r in records if r.text == TEXT] == [BAD]
    path = path.rename(tmp_path / "export.jsonl")
    assert load(path)[0] == tool


def test_mined_reviews_in_a_list(tmp_path: Path) -> None:
    row = {
        "id": "1", "text": TEXT, "language": "zh", "opinions": [], "entities": [], "warnings": [],
        "sentiment": {"label": "negative", "scores": dict.fromkeys(
            ("negative", "neutral", "positive"), 0.3)}, "model": "m@1",
    }  # fmt: skip
    path = tmp_path / "mined.json"
    path.write_text(json.dumps([row, {}]), "utf-8")
    tool, (record,), (bad,), _ = load(path)
    assert (tool, record.sentiment) == ("mined", BAD)
    assert "not a mined review" in bad.reason


def test_our_own_rows_in_a_list_are_learned_from_too(tmp_path: Path) -> None:
    path = tmp_path / "own.json"
    quad = {"aspect": [1, 3], "expression": [3, 5], "category": None, "polarity": "好评"}
    path.write_text(json.dumps([{"text": TEXT, "quads": [quad]}, {"text": "坏", "quads": 1}]))
    bad: list[BadRow] = []
    (record,) = read("guandian", path, on_error=bad.append)
    assert (record.id, record.quads) == ("own-1[0]", (Quad(LID, TIGHT, None, GOOD),))
    assert [each.column for each in bad] == ["quads"]


@pytest.mark.parametrize(
    "row",
    [
        {"text": TEXT, "spans": [{"start": 1, "end": 3, "label": "product"}]},
        {"text": TEXT, "polarity": "positive"},
    ],
)
def test_a_list_of_no_known_tool_is_refused(tmp_path: Path, row: dict[str, Any]) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps([row]), "utf-8")
    with pytest.raises(GuandianError, match=r"a JSON list of no tool that is known: an item has"):
        tool_of(path)


def test_a_tables_header_tells_its_tool(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    for more in ("lead_time", "label", "sentiment"):
        path.write_text(f"annotation_id,annotator,{more},text\n1,2,3,好😀\n", "utf-8")
        with pytest.raises(
            GuandianError, match="an export of Label Studio, export JSON; or rename"
        ):
            load(path)
    path.write_text("id,text,label\n1,好😀,product\n", "utf-8")
    with pytest.raises(GuandianError, match="an export of doccano, export JSONL; or rename"):
        load(path)


RELATED = {
    "id": 1, "text": TEXT,
    "entities": [
        {"id": 1, "label": "aspect", "start_offset": 1, "end_offset": 3},
        {"id": 2, "label": "opinion", "start_offset": 3, "end_offset": 5},
        {"id": 3, "label": "品牌", "start_offset": 6, "end_offset": 8},
    ],
    "relations": [{"id": 1, "from_id": 1, "to_id": 2, "type": "正向"}],
}  # fmt: skip


def test_labelled_with_nothing_is_told_from_not_annotated(tmp_path: Path) -> None:
    empty = {"id": 2, "text": "昨天才到😀", "entities": [], "relations": []}
    classes = {"id": 3, "text": "还行吧😀", "label": ["中立"]}
    (one, two, three), bad, notes = doccano(tmp_path, RELATED, empty, classes)
    assert bad == []
    assert one.quads == (Quad(LID, TIGHT, None, GOOD),)
    assert (two.quads, two.entities, two.entity_types) == ((), (), ("品牌",))
    assert (three.quads, three.entities, three.sentiment) == (None, None, Polarity.NEUTRAL)
    assert notes.places == {"标为无 reviews without any label, taken as labelled with none": ["2"]}
    (alone,), _, notes = doccano(tmp_path, empty)
    assert (alone.quads, alone.entities) == (None, None)
    assert [*notes.places] == ["未标注 reviews without any label, counted as not annotated"]


def test_spans_alone_say_that_there_are_entities_and_no_more(tmp_path: Path) -> None:
    """Aspects without any opinion in the whole file: that none is there is not said."""
    spans = ({"text": TEXT, "label": [[1, 3, "target"]]}, {"text": "好😀", "label": []})
    (one, two), _, _ = doccano(tmp_path, *spans)
    assert (one.quads, two.quads) == (None, None)
    spans[0]["label"] = [[1, 3, "产品"]]
    (one, two), _, _ = doccano(tmp_path, *spans)
    assert (two.entities, two.entity_types) == ((), ("产品",))


def test_classes_that_are_no_polarity_are_kept(tmp_path: Path) -> None:
    rows = (
        {"text": TEXT, "entities": [[1, 3, "产品"]], "cats": ["做工"]},
        {"text": "贵😀", "label": ["价格", "差评"]},
        {"text": "服务好😀", "cats": ["positive"]},
    )
    (one, two, three), bad, _ = doccano(tmp_path, *rows)
    assert bad == []
    assert one.entities == (Entity(LID, "产品", 1.0),)
    assert [each.labels for each in (one, two, three)] == [{"class": "做工"}, {"class": "价格"}, {}]
    assert [each.sentiment for each in (one, two, three)] == [None, BAD, GOOD]
    several = {"text": "又贵又慢😀", "cats": ["价格", "物流"]}
    (one, _, many, none), _, _ = doccano(tmp_path, *rows[:2], several, {"text": "嗯😀", "cats": []})
    assert one.labels == {"class": ("做工",)}
    assert many.labels == {"class": ("价格", "物流")}
    assert none.labels == {"class": ()}
    (torn,), _, notes = doccano(tmp_path, {"text": TEXT, "label": ["好评", "差评"]})
    assert torn.sentiment is None
    assert [*notes.places] == ["极性相反的类别，略去 texts with several polarities, left out"]


def test_what_doccano_says_otherwise(tmp_path: Path) -> None:
    old = {"id": 1, "text": TEXT, "annotations": [{"label": 4, "start_offset": 1, "end_offset": 3}]}
    apart = {"id": 2, "text": "杯 盖 很 紧 😀", "label": [[0, 3, "产品"]], "annotator": 7}
    (record,), (bad,), notes = doccano(tmp_path, old, apart)
    assert "by number alone" in bad.reason
    assert record.entities == (Entity(Span(0, 3), "产品", 1.0),)
    assert [*notes.places] == [
        "未读的列 columns that are not read: annotator",
        "字间有空格，如 doccano 导入 CoNLL 时那样 "
        "texts with a blank between characters, as doccano imports CoNLL",
    ]


def test_spans_without_a_label_are_noted(tmp_path: Path) -> None:
    bare = [{"id": n, "start_offset": 1, "end_offset": 3, "label": None} for n in (1, 2)]
    bare[1]["label"] = "品牌"
    (record,), bad, notes = doccano(tmp_path, {"id": 1, "text": TEXT, "entities": bare})
    assert (bad, record.entities) == ([], (Entity(LID, "品牌", 1.0),))
    assert [*notes.places] == ["没有标签的片段 spans without a label"]


def test_names_of_paddlenlp(tmp_path: Path) -> None:
    """The polarity behind ## of the aspect's label; the relation is called like the expression."""
    row = json.loads(json.dumps(RELATED))
    row["entities"][0]["label"], row["entities"][1]["label"] = "评价维度##正向", "观点词"
    row["entities"][2]["label"] = "评价维度##负向"
    row["relations"][0]["type"] = "观点词"
    (record,), bad, _ = doccano(tmp_path, row)
    assert bad == []
    assert record.quads == (Quad(LID, TIGHT, None, GOOD), Quad(Span(6, 8), None, None, BAD))
    row["entities"][0]["label"] = "评价维度"
    records, (wrong,), _ = doccano(tmp_path, row)
    assert records == []
    assert "an opinion without a polarity" in wrong.reason


def test_an_opinion_that_is_not_read_teaches_nothing(tmp_path: Path) -> None:
    """Neither the rest of the review's opinions nor that there is none; its entities stay."""
    row = json.loads(json.dumps(RELATED)) | {"id": 2, "text": TEXT + "！"}
    row["entities"][1]["label"] = "形容词"
    (one, two), bad, notes = doccano(tmp_path, RELATED, row)
    assert bad == []
    assert (one.quads, two.quads) == ((Quad(LID, TIGHT, None, GOOD),), None)
    assert two.entities is not None and len(two.entities) == 2
    assert "2" in notes.places["不是评价对象与评价词的关系 relations of other spans"]
    lone = json.loads(json.dumps(RELATED)) | {"id": 2, "text": TEXT + "！", "relations": []}
    (one, two), _, notes = doccano(tmp_path, RELATED, lone)
    assert two.quads is None
    (told,) = [places for what, places in notes.places.items() if "one of them is not read" in what]
    assert told == ["2"]
    row["relations"] = [{"from_id": 1, "to_id": 2, "type": "形容"}]
    row["entities"][1]["label"] = "opinion"
    records, (wrong,), _ = doccano(tmp_path, RELATED, row)
    assert [record.id for record in records] == ["1"]
    assert "'形容' says none; known: positive" in wrong.reason


@pytest.mark.parametrize(
    ("text", "offsets", "hint"),
    [("很好吗", [0, 9], False), ("很好吗", [2, 2], False), ("😀好", [0, 9], False),
     ("😀好", [0, 1], True)],
)  # fmt: skip
def test_other_offsets_are_proposed_only_where_they_fit(
    tmp_path: Path, text: str, offsets: list[int], hint: bool
) -> None:
    path, bad = tmp_path / "a.jsonl", list[BadRow]()
    path.write_text(json.dumps({"text": text, "label": [[*offsets, "x"]]}), "utf-8")
    assert list(read_items(path, "doccano", Notes(), on_error=bad.append)) == []
    assert ("--offsets code-points" in bad[0].reason) is hint


def test_labels_of_spans_with_a_polarity(tmp_path: Path) -> None:
    """Of a part of an opinion it judges; else the type is noted."""
    spans = [[1, 3, "ASP-正面"], [3, 5, "NEG"]]
    told = [
        "带极性却不是观点部分的标签，按实体类型读取 "
        "labels with a polarity and no part of an opinion, read as entity types: NEG"
    ]
    (record,), bad, notes = doccano(tmp_path, {"text": TEXT, "label": spans})
    assert (bad, [*notes.places]) == ([], told)
    assert (record.quads, record.entities) == (
        (Quad(LID, None, None, GOOD),),
        (Entity(TIGHT, "NEG", 1.0),),
    )
    results = [
        {"id": label, "type": "labels", "value": {"start": start, "end": end, "labels": [label]}}
        for start, end, label in spans
    ]
    task = {"id": 1, "data": {"text": TEXT}, "annotations": [{"result": results}]}
    (tmp_path / "a.json").write_text(json.dumps([task]), "utf-8")
    _, (again,), bad, notes = load(tmp_path / "a.json")
    assert (again.quads, again.entities) == (record.quads, record.entities)
    assert (bad, [*notes.places]) == ([], told)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"image": "x.jpg"}, "the address of a picture, recording, video or page: 'x.jpg'"),
        ({"text": "https://a.b/评论?id=1.HTML"}, "the address of a picture"),
        ({"image": "/data/upload/1/ab", "audio": "s3://a/b"}, "the address of a picture"),
        ({"image": "my photo.JPG", "choice": "好"}, "texts stand in: choice"),
        ({"dialogue": [{"author": "a", "text": "好"}]}, "dialogue is a list, .* a dialogue"),
        ({"n": 1}, "nor of anything else"),
    ],
)
def test_what_stands_in_the_place_of_a_review(
    tmp_path: Path, data: dict[str, Any], reason: str
) -> None:
    task = {"id": 1, "data": data, "annotations": [{"result": []}]}
    (tmp_path / "a.json").write_text(json.dumps([task]), "utf-8")
    _, records, (bad,), _ = load(tmp_path / "a.json")
    assert records == [] and re.search(reason, bad.reason)
    row = data | {"id": 1, "annotator": 1}
    (tmp_path / "a.json").write_text(json.dumps([row]), "utf-8")
    _, records, (bad,), _ = load(tmp_path / "a.json")
    assert records == [] and re.search(reason, bad.reason)


def test_a_review_may_name_an_address(tmp_path: Path) -> None:
    rows = [
        {"text": text, "label": ["好评"]}
        for text in ("见https://a.b/c，很好", "图 a.jpg 很好", "http://a.b/c很好")
    ]
    records, bad, _ = doccano(tmp_path, *rows)
    assert (bad, [record.text for record in records]) == ([], [row["text"] for row in rows])
    _, (bad_row,), _ = doccano(tmp_path, {"text": "x.jpg", "label": ["好评"]})
    assert bad_row.column == "text"


def test_several_polarities_of_json_min(tmp_path: Path) -> None:
    rows = [
        {"text": TEXT, "id": n, "sentiment": {"choices": choices}, "annotator": 1}
        for n, choices in enumerate((["负面", "中性"], ["正面", "好评"]))
    ]
    (tmp_path / "a.json").write_text(json.dumps(rows), "utf-8")
    _, (torn, good), bad, notes = load(tmp_path / "a.json")
    assert (bad, torn.sentiment, good.sentiment) == ([], None, GOOD)
    assert notes.places["极性相反的类别，略去 texts with several polarities, left out"] == ["0"]
