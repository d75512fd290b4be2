"""Exports as Label Studio writes them: annotators, cancelled ones, JSON-MIN, old offsets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from guandian.domain import Entity, Labelled, Polarity, Quad, Span
from guandian.errors import BadRow, GuandianError
from guandian.labelling import Item, Notes, by_annotator, one_each, read_items

TEXT = "😀屏幕很亮，电池不行"
SCREEN, BRIGHT, BATTERY, BAD = Span(1, 3), Span(3, 5), Span(6, 8), Span(8, 10)


def region(id: str, start: int, end: int, label: str, text: str = "") -> dict[str, Any]:
    value = {"start": start, "end": end, "labels": [label]} | ({"text": text} if text else {})
    return {
        "id": id, "from_name": "label", "to_name": "text", "type": "labels", "value": value,
        "origin": "manual",
    }  # fmt: skip


def chosen(id: str, start: int, end: int, *names: str) -> dict[str, Any]:
    value = {"start": start, "end": end, "choices": [*names]}
    return {"id": id, "from_name": "how", "to_name": "text", "type": "choices", "value": value}


def relation(one: str, other: str, *labels: str, direction: str = "right") -> dict[str, Any]:
    row: dict[str, Any] = {"from_id": one, "to_id": other, "type": "relation"}
    return row | {"direction": direction} | ({"labels": [*labels]} if labels else {})


def task(id: int, *annotations: dict[str, Any], **data: str) -> dict[str, Any]:
    return {
        "id": id, "data": data or {"text": TEXT}, "annotations": [*annotations], "drafts": [],
        "predictions": [], "meta": {}, "project": 1, "file_upload": "a.json",
    }  # fmt: skip


def done(*results: dict[str, Any], by: Any = 1, **more: Any) -> dict[str, Any]:
    return {"id": 9, "completed_by": by, "result": [*results], "was_cancelled": False} | more


def load(
    tmp_path: Path, *tasks: Any, text_field: str = ""
) -> tuple[list[Item], list[BadRow], Notes]:
    path = tmp_path / "export.json"
    path.write_text("[\n" + ",\n".join(map(json.dumps, tasks)) + "\n]", "utf-8")
    bad: list[BadRow] = []
    notes = Notes()
    items = read_items(path, "label-studio", notes, on_error=bad.append, text_field=text_field)
    return list(items), bad, notes


BRIGHT_SCREEN = Quad(SCREEN, BRIGHT, "performance", Polarity.POSITIVE)


def test_opinions_of_a_project_of_ones_own(tmp_path: Path) -> None:
    """Roles by the labels' names, judgements by relation labels or choices, any direction."""
    regions = [region("a", 1, 3, "Aspect", "屏幕"), region("b", 3, 5, "评价词", "很亮")]
    by_relation = done(*regions, relation("a", "b", "performance", "正面"))
    by_choices = done(*regions, chosen("b", 3, 5, "performance", "positive"), relation("b", "a"))
    by_aspect = done(
        *regions, chosen("a", 1, 3, "positive", "performance"), relation("a", "b", direction="left")
    )
    items, bad, _ = load(
        tmp_path, *(task(n, a) for n, a in enumerate((by_relation, by_choices, by_aspect)))
    )
    assert bad == []
    assert [item.record.quads for item in items] == [(BRIGHT_SCREEN,)] * 3
    assert [item.record.id for item in items] == ["0", "1", "2"]


def test_whole_texts_entities_and_what_is_not_annotated(tmp_path: Path) -> None:
    results = [
        region("a", 1, 3, "product"),
        {
            "id": "s",
            "from_name": "sentiment",
            "type": "choices",
            "value": {"choices": ["Negative"]},
        },
        {"id": "n", "from_name": "stars", "type": "rating", "value": {"rating": 2}},
        {"id": "t", "from_name": "topics", "type": "choices", "value": {"choices": ["a", "b"]}},
        {"id": "w", "from_name": "why", "type": "textarea", "value": {"text": ["x"]}},
    ]
    single = {"id": "t", "from_name": "topics", "type": "choices", "value": {"choices": ["a"]}}
    (one, two), bad, notes = load(tmp_path, task(1, done(*results)), task(2, done(single)))
    assert bad == []
    assert one.record == Labelled(
        "1", TEXT, "export", None, Polarity.NEGATIVE, (Entity(SCREEN, "product", 1.0),),
        ("product",), labels={"stars": 2, "topics": ("a", "b")},
    )  # fmt: skip
    assert (two.record.quads, two.record.entities) == (None, ())
    assert two.record.labels == {"topics": ("a",)}
    assert [*notes.places] == ["不支持的标注 results of type textarea"]


def test_old_versions_counted_utf16_units(tmp_path: Path) -> None:
    """The region's own text tells; what it contradicts in both counts is a bad row."""
    old = done(region("a", 2, 4, "product", "屏幕"))
    wrong = done(region("a", 3, 5, "product", "屏幕"))
    (item,), bad, _ = load(tmp_path, task(1, old), task(2, wrong))
    assert item.record.entities == (Entity(SCREEN, "product", 1.0),)
    (row,) = bad
    assert (row.line, row.column) == (3, "[1].annotations[0].result[0].value.start")
    assert "'屏幕' is not at 3 to 5, '很亮' is (task 2)" in row.reason


@pytest.mark.parametrize(
    ("results", "column", "reason"),
    [
        ([region("a", 1, 3, "aspect"), relation("a", "x")], "result[1]", "'x', which is not there"),
        (
            [region("a", 1, 3, "aspect"), region("b", 3, 5, "expression"), relation("a", "b")],
            "result[2]",
            "without a polarity: choose one in the tool",
        ),
        ([region("b", 3, 5, "expression")], "", "without a polarity"),
        (
            [region("b", 3, 5, "expression"), chosen("b", 3, 5, "正面", "negative")],
            "",
            "the polarities positive, negative",
        ),
        ([region("a", 9, 30, "brand")], "result[0].value.start", "9 to 30 is not inside"),
        ([region("a", True, 3, "brand")], "result[0].value.start", "needs whole numbers"),
        ([{"type": "labels", "value": 1}], "result[0].value", "needs an object"),
        (["x"], "result[0]", "needs an object"),
    ],
)
def test_a_wrong_annotation_is_left_out_whole(
    tmp_path: Path, results: list[Any], column: str, reason: str
) -> None:
    items, bad, _ = load(tmp_path, task(1, done(*results)), task(2, done()))
    assert [item.record.id for item in items] == ["2"]
    (row,) = bad
    assert row.line == 2
    assert row.column.endswith(column)
    assert reason in row.reason
    assert "(task 1)" in row.reason


def test_annotators_cancelled_and_reviewed(tmp_path: Path) -> None:
    good, bad = (
        {"from_name": "sentiment", "type": "choices", "value": {"choices": [name]}}
        for name in ("positive", "negative")
    )
    ann = {"id": 3, "email": "ann@x.org"}
    tasks = [
        task(1, done(good, by=ann), done(bad, by=4), done(bad, by=5, was_cancelled=True)),
        task(2, done(good, by=ann), done(bad, by=ann)),
        task(3),
    ]
    items, rows, notes = load(tmp_path, *tasks)
    assert rows == []
    assert {name: len(of) for name, of in by_annotator(items, notes).items()} == {
        "ann@x.org": 2,
        "4": 1,
    }
    with pytest.raises(GuandianError, match=r"1 review has several annotators: 4 \(1\), ann@"):
        one_each(items, notes)
    with pytest.raises(GuandianError, match=r"no annotation by 'Ann'\n.*4 \(1\), ann@x.org \(3\)"):
        one_each(items, notes, "Ann")
    mine = one_each(items, notes, "ann@x.org")
    assert [item.record.sentiment for item in mine] == [Polarity.POSITIVE, Polarity.NEGATIVE]
    assert notes.places["跳过的标注 cancelled annotations"] == ["1"]
    assert notes.places["尚未标注的任务 tasks without an annotation"] == ["3"]
    tasks[0]["annotations"][1]["ground_truth"] = True
    first = one_each(load(tmp_path, *tasks)[0], notes)[0]
    assert first.annotator == "4"


def test_json_min(tmp_path: Path) -> None:
    row = {
        "id": 1, "text": TEXT, "sentiment": "positive", "annotator": 2, "annotation_id": 3,
        "label": [{"start": 1, "end": 3, "text": "屏幕", "labels": ["product"]}],
        "lead_time": 2.5,
    }  # fmt: skip
    (item,), bad, _ = load(tmp_path, row)
    assert bad == []
    assert (item.annotator, item.record.sentiment) == ("2", Polarity.POSITIVE)
    assert item.record.entities == (Entity(SCREEN, "product", 1.0),)
    opinions = row | {"label": [{"start": 1, "end": 3, "labels": ["aspect"]}]}
    with pytest.raises(GuandianError, match=r"JSON-MIN, which leaves out.*\n.*Export, then JSON"):
        load(tmp_path, opinions)


def test_an_empty_id_is_none(tmp_path: Path) -> None:
    tasks = [task(1, done()), task(2, done())]
    for row, empty in zip(tasks, (None, ""), strict=True):
        row["data"]["id"] = empty
    items, bad, _ = load(tmp_path, *tasks)
    assert bad == []
    assert [item.record.id for item in items] == ["1", "2"]


def test_which_field_is_the_review(tmp_path: Path) -> None:
    (item,), _, _ = load(tmp_path, task(1, done(), review=TEXT))
    assert item.record.text == TEXT
    both = task(1, done(), review=TEXT, title="耳机😀")
    items, (bad,), _ = load(tmp_path, both)
    assert items == []
    assert (bad.line, bad.column) == (2, "[0].data")
    assert "review, title (name one with --text-field)" in bad.reason
    (item,), _, _ = load(tmp_path, both, text_field="review")
    assert item.record.text == TEXT


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[\n{}\n{}]", "line 3, column 1: .*needs , or ] behind an item"),
        ('[\n{"a": 1, "a": 2}]', "'a' stands twice"),
        ("[{}] x", "line 1, column 5: .*behind the list"),
        ("[" * 100_000, "not a JSON list"),
        ("[{},]", "line 1, column 5"),
    ],
)
def test_what_is_no_export(tmp_path: Path, content: str, told: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(content, "utf-8")
    with pytest.raises(GuandianError, match=f"(?s){told}.*choose Export, then JSON"):
        list(read_items(path, "label-studio", Notes()))


def test_what_holds_no_task(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    for content in ("{}", '[{"text": "好😀", "label": ["positive"]}]', "[3]"):
        path.write_text(content, "utf-8")
        with pytest.raises(GuandianError, match="no task of Label Studio: needs an object with"):
            list(read_items(path, "label-studio", Notes()))
    path.write_text("", "utf-8")
    assert list(read_items(path, "label-studio", Notes())) == []
