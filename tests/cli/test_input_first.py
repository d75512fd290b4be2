"""What is wrong with the input is told before an output that exists."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from guandian.cli.main import app
from guandian.data import write_own
from guandian.domain import Labelled, Polarity
from guandian.errors import GuandianError

WRONG = {
    "report bad.csv": "bad.csv is not JSON Lines",
    "report bad.jsonl -o there.html": "not a mined review",
    "data agree bad.jsonl bad2.jsonl --json there.json": "no review in common",
    "data convert bad.jsonl -o there.csv": "bad.jsonl",
    "data doubts bad.jsonl -o there.csv": "holds no labelled review",
    "data augment bad.jsonl --kind delete -o there.jsonl": "unknown key 'a'",
    "evaluate guandian-small gone.jsonl --json there.json": "gone.jsonl",
    "evaluate gone labelled.jsonl --html there.html": "there is nothing at gone",
    "evaluate guandian-small --suite bad.jsonl --json there.json": "bad.jsonl",
    "runs compare guandian-small gone --data labelled.jsonl --json there.json": "at gone",
    "runs compare guandian-small guandian-small --data gone.jsonl --html there.html": "gone.jsonl",
    "runs list gone --json there.json": "no folder gone",
}
"""Calls, and what each says."""
THERE = ("there.csv", "there.json", "there.jsonl", "there.html")


@pytest.mark.parametrize("call", WRONG)
def test_the_input_is_looked_at_first(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bad.csv").write_text("a,b\n1,2\n", "utf-8")
    for name in ("bad.jsonl", "bad2.jsonl"):
        Path(name).write_text('{"a": 1}\n', "utf-8")
    for name in (*THERE, "bad.html"):
        Path(name).write_text("kept", "utf-8")
    write_own([Labelled("1", "好用😀", "own", sentiment=Polarity.POSITIVE)], Path("labelled.jsonl"))
    with pytest.raises(GuandianError, match=WRONG[call]) as refused:
        CliRunner().invoke(app, call.split(), catch_exceptions=False)
    assert "already exists" not in str(refused.value)
    assert {Path(name).read_text("utf-8") for name in THERE} == {"kept"}


@pytest.mark.parametrize(
    "call",
    [
        "data convert labelled.jsonl -o there.csv",
        "data augment labelled.jsonl --kind delete -o there.jsonl",
        "evaluate guandian-small labelled.jsonl --json there.json",
        "runs compare guandian-small guandian-small --data labelled.jsonl --json there.json",
    ],
)
def test_what_exists_is_refused_all_the_same(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in THERE:
        Path(name).write_text("kept", "utf-8")
    write_own([Labelled("1", "好用😀", "own", sentiment=Polarity.POSITIVE)], Path("labelled.jsonl"))
    with pytest.raises(GuandianError, match="already exists"):
        CliRunner().invoke(app, call.split(), catch_exceptions=False)
    assert {Path(name).read_text("utf-8") for name in THERE} == {"kept"}
