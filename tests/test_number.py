"""One thing is told in the singular, wherever people are told of it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from guandian.cli.main import app
from guandian.errors import GuandianError
from guandian.wording import VARIABLE, Name, counted, in_chinese, singular, spoken, told

_PLURAL = re.compile(
    r"(?<![\w.,/-])1 (?:(?:bad|labelled|more|new|other) )*"
    r"(?:texts|reviews|opinions|rows|lines|columns|cells|words|files|labels|copies|steps|runs|cores"
    r"|models|sets|candidates|rejects|members|features|names|ids|values)\b(?!/s)"
)


@pytest.mark.parametrize(
    ("words", "one"),
    [
        ("1 texts were kept", "1 text was kept"),
        ("1 texts of both stand several times", "1 text of both stands several times"),
        ("1 more bad rows", "1 more bad row"),
        ("1 copies, 1 categories; 1 processes share", "1 copy, 1 category; 1 process share"),
        ("1 reviews that have ids", "1 review that have ids"),
        ("11 texts, 0.1 points, 2,001 rows", "11 texts, 0.1 points, 2,001 rows"),
        ("left out: 1 reviews.csv, a/1 texts", "left out: 1 reviews.csv, a/1 texts"),
        ("line 1 columns", "line 1 column"),
    ],
)
def test_one_thing_is_in_the_singular(words: str, one: str) -> None:
    assert singular(words) == one


def test_every_way_of_telling_does_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "en")
    assert counted(1, "reviews") == "1 review"
    assert counted(1_000, "reviews") == "1,000 reviews"
    assert spoken("1 行", "1 rows") == "1 row" == str(Name("1 行", "1 rows"))
    words = "left out: 1 more bad rows"
    assert told(words) == ["left out: 1 more bad row"] == [str(GuandianError(words))]
    assert in_chinese(words) == in_chinese(str(GuandianError(words))) == "略过：另有 1 个坏行"


def test_commands_count_one_thing_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("one.csv").write_text("评论,评分\n屏幕很清晰,怪\n,5\n", "utf-8")
    quads = [
        {"aspect": [0, 2], "expression": [3, 5], "category": "display", "polarity": "positive"}
    ]
    row = {"id": "1", "text": "屏幕很清晰", "quads": quads, "sentiment": "positive"}
    bad = {"id": "2", "text": ""}
    Path("labelled.jsonl").write_text(json.dumps(row) + "\n" + json.dumps(bad) + "\n", "utf-8")
    Path("other.jsonl").write_text(json.dumps(row) + "\n", "utf-8")
    asked = (
        "mine one.csv -o one.jsonl",
        "report one.jsonl -o one.html",
        "evaluate guandian-small labelled.jsonl",
        "runs compare guandian-small one.jsonl --data labelled.jsonl",
        "data convert labelled.jsonl -o table.csv",
        "data agree labelled.jsonl other.jsonl",
        "tokenize one.csv",
        "vectorise one.csv -o one.npz",
        "data augment other.jsonl --kind homophones -o more.jsonl",
    )
    for language in ("en", "both"):
        monkeypatch.setenv(VARIABLE, language)
        for call in asked:
            done = CliRunner().invoke(
                app, [*call.split(), *(["--overwrite"] if "-o" in call else [])]
            )
            assert "1 " in done.output, call
            assert not _PLURAL.findall(done.output), (call, done.output)
