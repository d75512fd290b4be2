"""People's files of examples: read in every usual form, refused by name where they are wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from guandian.assist.understanding.intents.examples import (
    read_examples,
    read_labelled,
    read_messages,
)
from guandian.errors import BadRow, GuandianError

ROWS = [("我要退货", "return"), ("怎么退钱", "refund"), ("send it back", "return")]


def write(path: Path, rows: list[tuple[str, str]], header: str = "text,intent") -> Path:
    path.write_text("\n".join([header, *(",".join(row) for row in rows)]) + "\n", "utf-8")
    return path


@pytest.mark.parametrize("header", ["text,intent", "message,label", "文本,意图", "Query,Category"])
def test_columns_go_by_their_usual_names(tmp_path: Path, header: str) -> None:
    rows = read_examples([write(tmp_path / "e.csv", ROWS, header)])
    assert [(row.text, row.intent) for row in rows.rows] == ROWS
    assert rows.rows[2].line == 4


def test_json_lines_and_folders_are_read_alike(tmp_path: Path) -> None:
    lines = [json.dumps({"text": text, "intent": intent}) for text, intent in ROWS]
    (tmp_path / "e.jsonl").write_text("\n".join(lines), "utf-8")
    folder = tmp_path / "split"
    folder.mkdir()
    (folder / "seq.in").write_text("".join(f"{text}\n" for text, _ in ROWS), "utf-8")
    (folder / "label").write_text("".join(f"{intent}\n" for _, intent in ROWS), "utf-8")
    for path in (tmp_path / "e.jsonl", folder):
        assert [(r.text, r.intent) for r in read_labelled(path)] == ROWS
        assert read_messages(path) == [text for text, _ in ROWS]
    (folder / "label").write_text("return\n", "utf-8")
    with pytest.raises(GuandianError, match=r"seq.in has 3 lines, label 1"):
        read_examples([folder])


def test_unknown_columns_are_named_and_can_be_said(tmp_path: Path) -> None:
    file = write(tmp_path / "e.csv", ROWS, "wording,kind")
    with pytest.raises(GuandianError, match=r"no column of texts .*wording, kind") as caught:
        read_examples([file])
    assert caught.value.repair == "name it: --column text=NAME"
    rows = read_examples([file], {"text": "wording", "intent": "kind"})
    assert rows.intents == ["return", "refund", "return"]
    with pytest.raises(GuandianError, match="no column 'nope'"):
        read_examples([file], {"text": "nope", "intent": "kind"})


def test_one_text_under_two_intents_is_named_with_both_places(tmp_path: Path) -> None:
    file = write(tmp_path / "e.csv", [*ROWS, ("Send  it BACK", "refund")])
    with pytest.raises(GuandianError, match=r"line 5: 'Send  it BACK'.*'refund'.*'return'.*line 4"):
        read_examples([file])


def test_doubles_count_once_and_single_examples_are_told(tmp_path: Path) -> None:
    rows = read_examples([write(tmp_path / "e.csv", [*ROWS, ROWS[0]])])
    assert len(rows.rows) == 3
    single, doubles = rows.notes
    assert "refund" in single and "return" not in single.partition(":")[2]
    assert "1" in doubles


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([("a", "x"), ("b", "x")], "names 1 intents"),
        ([("a", "x"), ("b", "")], "line 3, column intent: it is empty"),
        ([("a", "x"), ("  ", "y")], "line 3, column text: it is empty"),
        ([(f"t{k}", f"i{k}") for k in range(2001)], "more than 2,000"),
    ],
)
def test_what_cannot_be_learned_from_is_refused(
    tmp_path: Path, rows: list[tuple[str, str]], words: str
) -> None:
    with pytest.raises(GuandianError, match=words) as caught:
        read_examples([write(tmp_path / "e.csv", rows)])
    assert isinstance(caught.value, BadRow) == ("empty" in words)


def test_missing_files_say_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(GuandianError, match="nowhere"):
        read_examples([tmp_path / "nowhere.csv"])
    with pytest.raises(GuandianError, match=r"there is no .*seq.in"):
        read_examples([tmp_path])
