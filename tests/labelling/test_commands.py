"""`guandian data convert` and `agree` as a newcomer would call them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.tiny_base import FILE
from typer.testing import CliRunner

from guandian.cli.main import app
from guandian.data import read
from guandian.domain import Span
from guandian.errors import GuandianError
from guandian.labelling import Notes, read_items


def run(*args: str) -> str:
    done = CliRunner().invoke(app, ["data", *args])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


def test_there_and_back(tmp_path: Path) -> None:
    before = list(read("guandian", FILE, dataset="own"))
    for tool, name in (("label-studio", "a.json"), ("doccano", "a.jsonl"), ("csv", "a.csv")):
        out, back = tmp_path / name, tmp_path / f"{tool}.jsonl"
        told = run("convert", str(FILE), "-o", str(out), "--to", tool)
        assert f"60 条评论 reviews, guandian → {tool}" in told
        assert f"60 条评论 reviews, {tool} → guandian" in run("convert", str(out), "-o", str(back))
        after = list(read("guandian", back, dataset="own"))
        assert [record.id for record in after] == [record.id for record in before]
        for one, other in zip(before, after, strict=True):
            assert {*(one.quads or ())} == {*(other.quads or ())}
    assert (tmp_path / "a.xml").is_file()
    with pytest.raises(GuandianError, match=r"b\.xml is where the labelling configuration goes"):
        run("convert", str(FILE), "-o", str(tmp_path / "b.xml"), "--to", "label-studio")


def test_mined_reviews_can_be_looked_at(tmp_path: Path) -> None:
    row = {
        "id": "1", "text": "😀屏幕很亮", "language": "zh", "product": "手机",
        "sentiment": {"label": "positive", "scores": dict.fromkeys(
            ("negative", "neutral", "positive"), 0.3)},
        "opinions": [{
            "aspect": {"start": 1, "end": 3, "text": "屏幕"},
            "expression": {"start": 3, "end": 5, "text": "很亮"},
            "evidence": {"start": 1, "end": 5, "text": "屏幕很亮"}, "category": "performance",
            "polarity": "positive", "confidence": 0.9, "tag": "屏幕很亮",
        }],
        "entities": [], "warnings": [], "model": "m@1", "extra": {"city": "杭州"},
    }  # fmt: skip
    mined, tasks = tmp_path / "mined.jsonl", tmp_path / "tasks.json"
    mined.write_text(json.dumps(row) + "\n{}\n", "utf-8")
    told = run("convert", str(mined), "-o", str(tasks), "--to", "label-studio")
    assert "line 2: not a mined review" in told
    assert "lose columns of their own: 1 (1)" in told
    (task,) = json.loads(tasks.read_text("utf-8"))
    assert task["predictions"][0]["score"] == 0.9
    with pytest.raises(GuandianError, match="holds no labelled review"):
        run("convert", str(tasks), "-o", str(tmp_path / "none.jsonl"))
    told = run("convert", str(mined), "-o", str(tmp_path / "silver.jsonl"))
    assert "reviews that lose their confidence: 1 (1)" in told
    # That the model found no entity is kept, whatever the way.
    for tool in ("csv", "doccano", "label-studio"):
        between, back = tmp_path / f"between-{tool}", tmp_path / f"back-{tool}.jsonl"
        run("convert", str(mined), "-o", str(between), "--to", tool)
        if tool == "label-studio":  # there a person has to say so
            (task,) = json.loads(between.read_text("utf-8"))
            between.write_text(json.dumps([{**task, "annotations": [{"result": []}]}]), "utf-8")
        run("convert", str(between), "-o", str(back), "--from", tool)
        row = json.loads(back.read_text("utf-8"))
        assert (row["entities"], row["entity_types"]) == ([], ["product", "brand", "model"])


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("--to", "excel"), r"no label tool 'excel'\n.*label-studio"),
        (("--to", "conll"), r"conll is only read\n.*csv"),
        (("--from", "doccan"), r"no label tool 'doccan'"),
        (("--to", "bio"), r"bio can hold nothing of"),
        (("--annotator", "ann"), r"no annotation by 'ann'"),
    ],
)
def test_what_cannot_be_done_is_refused(tmp_path: Path, args: tuple[str, ...], told: str) -> None:
    with pytest.raises(GuandianError, match=told):
        run("convert", str(FILE), "-o", str(tmp_path / "out"), *args)
    assert not list(tmp_path.iterdir())


def test_files_that_say_nothing_of_themselves(tmp_path: Path) -> None:
    text = tmp_path / "a.txt"
    with pytest.raises(GuandianError, match="no file"):
        run("convert", str(text), "-o", str(tmp_path / "out"))
    text.write_text("😀", "utf-8")
    with pytest.raises(GuandianError, match=r"cannot be told from its name\n.*--from"):
        run("convert", str(text), "-o", str(tmp_path / "out"))
    table = tmp_path / "a.csv"
    table.write_text("text,polarty\n好😀,正面\n", "utf-8")
    with pytest.raises(GuandianError, match="'polarty', which says nothing here"):
        run("convert", str(table), "-o", str(tmp_path / "out"))
    table.write_text("text,expression,polarity\n好好😀,好,正面\n坏,坏,负面\n", "utf-8")
    told = run("convert", str(table), "-o", str(tmp_path / "out"))
    assert "line 2, column expression: '好' stands 2 times in the text" in told


@pytest.mark.parametrize(
    ("name", "encoding", "delimiter"),
    [("a.csv", "gb18030", ","), ("a.csv", "utf-16", ";"), ("a.tsv", "utf-8-sig", "\t")],
)
def test_tables_as_spreadsheets_write_them(
    tmp_path: Path, name: str, encoding: str, delimiter: str
) -> None:
    """Also one with a review longer than the 131,072 characters that `csv` takes by default."""
    long = "太贵了，" * 35_000
    rows = (("text", "expression", "polarity"), ("太贵了😀", "太贵", "负面"), (long, "", ""))
    table = "".join(delimiter.join(row) + "\r\n" for row in rows)
    (tmp_path / name).write_bytes(table.encode(encoding))
    run("convert", str(tmp_path / name), "-o", str(tmp_path / "out.jsonl"))
    one, two = read("guandian", tmp_path / "out.jsonl")
    assert [quad.expression for quad in one.quads or ()] == [Span(0, 2)]
    assert two.text == long


def test_rows_of_a_table_that_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    head = "text,expression,expression_start,expression_end,polarity\n"
    path.write_bytes(f"{head}太贵了😀,太贵,,2.0,负面\n".encode() + b"\xff,,,,\n")
    with pytest.raises(GuandianError, match="repair the rows above, or say --from"):
        run("convert", str(path), "-o", str(tmp_path / "out"))
    bad: list[GuandianError] = []
    assert list(read_items(path, "csv", Notes(), on_error=bad.append)) == []
    assert [str(each).rpartition(".csv, ")[2] for each in bad] == [
        "line 2, column expression_start: needs whole numbers, got '' and '2.0'",
        "line 3, column text: bytes that are not of the file's encoding",
    ]


def test_rows_of_a_table_are_left_out_with_their_review_and_repeats_are_told(
    tmp_path: Path,
) -> None:
    path, bad, notes = tmp_path / "a.csv", list[GuandianError](), Notes()
    path.write_text(
        "id,text,expression,polarity,sentiment\n1,好😀,好,正面,\n1,坏😀,坏,负面,\n"
        "2,快,快,正面,\n2,快,快,正面,\n,一般,,,中性\n,一般,,,中性\n",
        "utf-8",
    )
    two, text = read_items(path, "csv", notes, on_error=bad.append)
    assert [str(each).rpartition(".csv, ")[2] for each in bad] == [
        "line 3, column text: differs from an earlier row of the review '1'",
        "line 2: left out with line 3, of the same review",
    ]
    assert [len(two.record.quads or ()), text.record.quads] == [1, None]
    assert "say nothing new of their review: 2 (5, 7)" in notes.lines()[0]


def _doccano(id: int, text: str) -> object:
    return {"id": id, "text": text, "label": ["positive" if "好" in text else "negative"]}


def _task(id: int, text: str) -> object:
    (result,) = ({"from_name": "sentiment", "type": "choices", "value": {"choices": [choice]}}
                 for choice in ("positive" if "好" in text else "negative",))  # fmt: skip
    return {"id": id, "data": {"id": id, "text": text}, "annotations": [{"result": [result]}]}


def _least(id: int, text: str) -> object:
    return {"text": text, "id": id, "sentiment": _doccano(id, text)["label"][0],  # type: ignore[index]
            "annotator": 1, "annotation_id": 1}  # fmt: skip


def _mined(id: int, text: str) -> object:
    good = "positive" if "好" in text else "negative"
    scores = dict.fromkeys(("negative", "neutral", "positive"), 0.3)
    return {
        "id": str(id), "text": text, "language": "zh", "opinions": [], "entities": [],
        "warnings": [], "sentiment": {"label": good, "scores": scores}, "model": "m@1",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("tool", "row"),
    [
        ("doccano", _doccano),
        ("label-studio", _task),
        ("label-studio", _least),
        ("mined", _mined),
    ],
)
@pytest.mark.parametrize("form", ["lines", "list"])
def test_reviews_of_one_id_are_told_apart_by_their_texts(
    tmp_path: Path, tool: str, row: Callable[[int, str], object], form: str
) -> None:
    texts = ("好😀", "坏", "坏", "好，快", "坏透了")
    rows = [row(7, text) for text in texts] + [row(8, "好")]
    path, out, figures = tmp_path / "a.json", tmp_path / "out.jsonl", tmp_path / "agree.json"
    content = "\n".join(map(json.dumps, rows)) if form == "lines" else json.dumps(rows)
    path.write_text(content, "utf-8")
    told = run("convert", str(path), "-o", str(out), "--from", tool)
    back = list(read("guandian", out))
    if row is _task:  # a task is a review, whatever its text
        assert "numbered apart: 4 (7-2, 7-3, 7-4, 7-5)" in told
        assert [record.text for record in back] == [*texts, "好"]
    else:
        assert "numbered apart: 3 (7-2, 7-3, 7-4)" in told
        again = "model to the same review" if tool == "mined" else "by the same annotator"
        assert f"{again}: 1 (7-2)" in told
        assert [record.id for record in back] == ["7", "7-2", "7-3", "7-4", "8"]
    assert all((record.sentiment == "positive") is ("好" in record.text) for record in back)
    by_text = {record.text: record for record in back}
    pair = tmp_path / "b.jsonl"
    pair.write_text(out.read_text("utf-8").replace("坏透了", "坏死了"), "utf-8")
    run("agree", str(out), str(pair), "--json", str(figures))
    (counts,) = json.loads(figures.read_text("utf-8"))
    assert counts["reviews"] == len(back) - 1 == len(by_text) + (row is _task) - 1


def test_annotators_of_reviews_of_one_id(tmp_path: Path) -> None:
    path, figures = tmp_path / "a.json", tmp_path / "agree.json"
    tasks = [
        {
            "id": 1,
            "data": {"text": text},
            "annotations": [
                {
                    "completed_by": who,
                    "result": [{"from_name": "sentiment", "type": "choices",
                                "value": {"choices": ["positive"]}}],
                }
                for who in ("ann", "bob", "bob")
            ],
        }
        for text in ("好😀", "很好", "真好")
    ]  # fmt: skip
    path.write_text(json.dumps(tasks), "utf-8")
    told = run("agree", str(path), "--json", str(figures))
    assert "reviews of both 3" in told
    assert "earlier annotations by the same annotator: 3 (1, 1-2, 1-3)" in told
    assert json.loads(figures.read_text("utf-8"))[0]["alone"] == [0, 0]


def test_doccano_counts_utf16_units(tmp_path: Path) -> None:
    rows = (
        {"id": 1, "text": "😀屏幕很亮", "label": [[2, 4, "product"]], "Comments": []},
        {"id": 2, "text": "😀好", "label": ["positive"]},
        {"id": 3, "text": "😀好", "label": [[1, 2, "product"]]},
        {"id": 4, "text": "😀好", "label": ["positive", "performance"]},
    )
    path = tmp_path / "ann.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    told = run("convert", str(path), "-o", str(tmp_path / "out.jsonl"))
    found = "perhaps --offsets code-points is right: units 1-2 cut a character in two"
    assert f"line 3, column label[0]: {found}" in told
    one, two, four = read("guandian", tmp_path / "out.jsonl")
    assert [entity.span.of(one.text) for entity in one.entities or ()] == ["屏幕"]
    assert two.sentiment == "positive"
    assert (four.sentiment, four.labels) == ("positive", {"class": "performance"})


def test_annotators_are_compared(tmp_path: Path) -> None:
    lines = FILE.read_text("utf-8").splitlines(keepends=True)
    one, other = tmp_path / "ann.jsonl", tmp_path / "bob.jsonl"
    one.write_text("".join(lines[:20]), "utf-8")
    changed = json.loads(lines[5])
    changed["quads"] = [quad | {"polarity": "neutral"} for quad in changed["quads"]]
    other.write_text("".join(lines[2:5]) + json.dumps(changed) + "\n", "utf-8")
    figures = tmp_path / "agree.json"
    told = run("agree", str(one), str(other), "--json", str(figures))
    assert (
        "共同评论 reviews of both 4; 仅一人 of one alone 16, 0; 不同 labelled differently 1\n"
        in told
    )
    assert "极性不同 another polarity: ann (" in told
    (pair,) = json.loads(figures.read_text("utf-8"))
    assert pair["annotators"] == ["ann", "bob"]
    assert pair["spans"]["pair"]["f1"] == 1
    assert pair["spans"]["quad"]["f1"] < 1
    assert pair["alone"] == [16, 0]
    with pytest.raises(GuandianError, match="one annotator"):
        run("agree", str(one))
    third = tmp_path / "cid.jsonl"
    third.write_text(lines[19], "utf-8")
    _, apart = run("agree", str(one), str(other), str(third)).split("bob – cid\n")
    assert (
        apart.strip()
        == "共同评论 reviews of both 0; 仅一人 of one alone 4, 1; 不同 labelled differently 0"
    )
    other.write_text('{"text": "别的😀"}', "utf-8")
    with pytest.raises(GuandianError, match="no review in common: neither an id nor a text"):
        run("agree", str(one), str(other))


def test_annotators_whose_tools_number_otherwise_are_paired_by_text(tmp_path: Path) -> None:
    rows = [json.loads(line) for line in FILE.read_text("utf-8").splitlines()[:6]]
    one, other, figures = tmp_path / "ann.jsonl", tmp_path / "bob.jsonl", tmp_path / "agree.json"

    def written(path: Path, rows: list[dict[str, object]]) -> None:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")

    renamed = [row | {"id": f"doc-{place}"} for place, row in enumerate(rows[1:], start=1)]
    written(one, rows)
    written(other, [rows[0], *renamed[::-1]])
    told = run("agree", str(one), str(other), "--json", str(figures))
    assert "reviews of both 6 (5 编号不同，按文本配对 under other ids, paired by text);" in told
    (pair,) = json.loads(figures.read_text("utf-8"))
    assert (pair["reviews"], pair["by_text"], pair["alone"]) == (6, 5, [0, 0])
    assert pair["spans"]["quad"]["f1"] == 1
    twice = [renamed[0] | {"id": "a"}, renamed[0] | {"id": "b"}]
    written(other, twice)
    with pytest.raises(GuandianError, match="ids differ, and 1 text"):
        run("agree", str(one), str(other))
    written(other, [rows[0] | {"text": "别的😀", "quads": []}])
    with pytest.raises(GuandianError, match="1 id of both has other texts"):
        run("agree", str(one), str(other))


def test_annotators_of_an_export_with_several_texts(tmp_path: Path) -> None:
    chosen = {"from_name": "sentiment", "type": "choices", "value": {"choices": ["positive"]}}
    annotations = [{"completed_by": who, "result": [chosen]} for who in (1, 2)]
    task = {"id": 1, "data": {"review": "好😀", "title": "耳机"}, "annotations": annotations}
    path = tmp_path / "export.json"
    path.write_text(json.dumps([task]), "utf-8")
    assert "reviews of both 1" in run("agree", str(path), "--text-field", "review")
    with pytest.raises(GuandianError, match="has no annotator"):
        run("agree", str(path))
