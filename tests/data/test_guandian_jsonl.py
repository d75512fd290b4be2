from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guandian.data import read, write_own
from guandian.domain import Entity, Labelled, Polarity, Quad, Span
from guandian.errors import BadRow

ROW = {
    "id": "7",
    "text": "😀这款耳机音质不错",
    "quads": [
        {"aspect": [5, 7], "expression": [7, 9], "category": "performance", "polarity": "positive"}
    ],
    "sentiment": "positive",
    "entities": [{"span": [3, 5], "type": "product"}],
    "group": "耳机",
    "labels": {"rating": 4, "topics": ["音质"], "kind": "好评", "unknown": None},
}


def load(tmp_path: Path, *rows: object) -> tuple[list[Labelled], list[BadRow]]:
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    (tmp_path / "train.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    bad: list[BadRow] = []
    return list(read("guandian", tmp_path, dataset="own", on_error=bad.append)), bad


def test_a_row_with_everything(tmp_path: Path) -> None:
    records, bad = load(tmp_path, ROW | {"language": "zh", "note": "checked twice"})
    assert bad == []
    quad = Quad(Span(5, 7), Span(7, 9), "performance", Polarity.POSITIVE)
    assert records == [
        Labelled(
            "7", "😀这款耳机音质不错", "own", (quad,), Polarity.POSITIVE,
            (Entity(Span(3, 5), "product", 1.0),), ("product",), "耳机",
            {"rating": 4, "topics": ("音质",), "kind": "好评"},
        )
    ]  # fmt: skip


def test_absent_is_not_annotated_and_an_empty_list_is_none(tmp_path: Path) -> None:
    records, _ = load(tmp_path, {"text": "还没用"}, {"text": "好", "quads": [], "entities": []})
    assert [record.id for record in records] == ["train-1", "train-2"]
    assert [(record.quads, record.entities) for record in records] == [(None, None), ((), ())]


def changed(**changes: object) -> dict[str, object]:
    return {"id": "bad", "text": "音质不错"} | changes


def test_null_is_left_out(tmp_path: Path) -> None:
    null = dict.fromkeys(
        ("id", "quads", "sentiment", "entities", "entity_types", "group", "original")
    )
    records, bad = load(tmp_path, null | {"text": "好😀"}, null | {"text": "坏"})
    assert bad == []
    assert records == [Labelled("train-1", "好😀", "own"), Labelled("train-2", "坏", "own")]


def test_exact_repeats_are_one_opinion(tmp_path: Path) -> None:
    ((record,), _) = load(tmp_path, ROW | {"quads": [*ROW["quads"], *ROW["quads"]]})  # type: ignore[misc]
    assert record.quads is not None and len(record.quads) == 1


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("{", "", "not JSON"),
        ("[" * 100_000, "", "not JSON"),
        ([], "", "needs an object"),
        ('{"text": "好😀", "text": "坏"}', "text", "stands twice in one object"),
        (changed(text=" "), "text", "not empty"),
        ('{"text": "\\ud83d"}', "text", "not empty"),
        (changed(quad=[]), "", "unknown key 'quad'; did you mean 'quads'? known: id, text, quads"),
        (changed(quads={}), "quads", "needs a list"),
        (changed(quads=[{"polarity": "great"}]), "quads.polarity", "unknown polarity 'great'"),
        (changed(quads=[{"polarity": "positive", "opinion": None}]), "quads", "unknown key"),
        (changed(quads=[{"aspect": [0, 9], "polarity": "positive"}]), "quads.aspect", "[0, 9]"),
        (changed(quads=[{"aspect": [0, True], "polarity": "positive"}]), "quads.aspect", "start"),
        (changed(quads=[{"aspect": "音质", "polarity": "positive"}]), "quads.aspect", "start"),
        (changed(quads=[{"category": 3, "polarity": "positive"}]), "quads.category", "a name"),
        (changed(entities=[{"type": "brand"}]), "entities.span", "needs a span"),
        (changed(original=7), "original", "needs a text"),
        (changed(sentiment="5 stars"), "sentiment", "unknown polarity"),
        (changed(labels=[4]), "labels", "needs an object of names"),
        (changed(labels={"rating": True}), "labels.rating", "a name, a number or a list"),
        ('{"text": "好😀", "labels": {"rating": NaN}}', "labels.rating", "a name, a number"),
        (changed(labels={"topics": ["a", 1]}), "labels.topics", "a list of names, got"),
        (changed(id="7"), "id", "a second review"),
    ],
)
def test_bad_rows(tmp_path: Path, row: object, column: str, reason: str) -> None:
    records, bad = load(tmp_path, ROW, row, {"text": "后面的照读"})
    assert [record.id for record in records] == ["7", "train-3"]
    assert [(error.line, error.column) for error in bad] == [(2, column)]
    assert reason in bad[0].reason


TEXTS = st.text(st.sampled_from("好坏 a😀，\n\u3000\u200b𠮷"), max_size=12).map("好".__add__)
POLARITIES = st.sampled_from(Polarity)


@st.composite
def records(draw: st.DrawFn) -> Labelled:
    text = draw(TEXTS)
    starts = st.integers(0, len(text) - 1)
    span = starts.flatmap(lambda a: st.integers(a + 1, len(text)).map(lambda b: Span(a, b)))
    quad = st.builds(
        Quad, st.none() | span, st.none() | span, st.sampled_from([None, "price"]), POLARITIES
    )
    entity = st.builds(Entity, span, st.sampled_from(["brand", "model"]), st.just(1.0))
    return Labelled(
        id=str(draw(st.integers(0, 10**6))),
        text=text,
        dataset="own",
        quads=draw(st.none() | st.lists(quad, max_size=3, unique=True).map(tuple)),
        sentiment=draw(st.none() | POLARITIES),
        entities=draw(st.none() | st.lists(entity, max_size=3).map(tuple)),
        entity_types=("brand", "model"),
        group=draw(st.sampled_from(["", "手机"])),
        labels=draw(st.sampled_from([{}, {"rating": 4.5, "topics": ("价格",), "kind": "好😀"}])),
        original=draw(st.sampled_from(["", "原来的😀"])),
    )


@settings(max_examples=25, deadline=None)
@given(st.lists(records(), max_size=4, unique_by=lambda record: record.id))
def test_round_trip(tmp_path_factory: pytest.TempPathFactory, written: list[Labelled]) -> None:
    path = tmp_path_factory.mktemp("own") / "train.jsonl"
    assert write_own(written, path) == len(written)
    assert list(read("guandian", path, dataset="own")) == written
