"""`-h`, likely names for typos, and the language in which the command line speaks."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from guandian.cli import main as cli
from guandian.wording import VARIABLE

HAN = re.compile("[\u4e00-\u9fff]")
HERE = {key: value for key, value in os.environ.items() if key != VARIABLE}


def run(*args: object, language: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "guandian", *map(str, args)],
        env=HERE | ({VARIABLE: language} if language else {}) | {"COLUMNS": "100"},
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip


@pytest.mark.parametrize("call", [[], ["mine"], ["data"], ["data", "check"], ["runs", "compare"]])
def test_h_is_help(call: list[str]) -> None:
    found = [CliRunner().invoke(cli.app, [*call, asked]) for asked in ("-h", "--help")]
    assert [each.exit_code for each in found] == [0, 0]
    assert found[0].output == found[1].output
    assert "-h, --help" in found[0].output


@pytest.mark.parametrize(
    ("call", "meant"),
    [
        (["mnie"], "'mine'"),
        (["tain"], "'train'"),
        (["vectorize"], "'vectorise'"),
        (["data", "chek"], "'check'"),
        (["mine", "--txet", "x"], "'--text'"),
        (["evaluate", "a", "b", "--cropus", "x"], "'--corpus'"),
    ],
)
def test_a_typo_is_told_with_what_was_meant(call: list[str], meant: str) -> None:
    done = run(*call)
    assert done.returncode == 2
    assert f"Did you mean {meant}" in done.stderr
    assert f"是不是 {meant}" in done.stderr


def test_what_is_like_nothing_suggests_nothing() -> None:
    done = run("qqqqqqq", language="en")
    assert done.stderr.splitlines()[-1] == "Error: No such command 'qqqqqqq'."


@pytest.mark.parametrize(
    ("language", "chinese", "english"),
    [("zh", True, False), ("en", False, True), (None, True, True)],
)
@pytest.mark.parametrize("before", [True, False])
def test_one_text_in_one_language(
    language: str | None, chinese: bool, english: bool, before: bool
) -> None:
    asked = ["--language", language] if language else []
    call = ["mine", "--text", "The battery dies fast."]
    done = run(*asked, *call) if before else run(*call, *asked)
    assert done.returncode == 0, done.stderr
    assert bool(HAN.search(done.stdout)) is chinese
    assert ("negative" in done.stdout) is english


def test_files_summaries_and_errors_in_one_language(tmp_path: Path) -> None:
    file = tmp_path / "reviews.csv"
    file.write_text("text,product\nThe battery dies fast.,a\nGreat screen!,b\n", "utf-8")
    for language, there in (("en", False), ("zh", True)):
        out = tmp_path / f"{language}.jsonl"
        done = run("mine", file, "-o", out, language=language)
        assert done.returncode == 0, done.stderr
        assert bool(HAN.search(done.stdout + done.stderr)) is there
        again = run("mine", file, "-o", out, language=language)
        assert again.returncode == 2
        words = "已存在" if there else "--overwrite to replace it"
        assert words in again.stderr and bool(HAN.search(again.stderr)) is there
    assert (tmp_path / "en.jsonl").read_bytes() == (tmp_path / "zh.jsonl").read_bytes()


def test_the_variable_gives_way_to_the_option_and_a_wrong_one_is_refused() -> None:
    done = run("--language", "en", "mine", "nothing.csv", language="zh")
    assert done.stderr == (
        "guandian: there is no file nothing.csv\n  check the name and the folder\n"
    )
    wrong = run("mine", "nothing.csv", language="fr")
    assert wrong.returncode == 2
    assert f"{VARIABLE}" in wrong.stderr and "'zh', 'en', 'both'" in wrong.stderr


def test_help_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "zh")
    assert "从评论中挖掘观点。" in run("-h", language="zh").stdout
    assert "Mine opinions" not in run("-h", language="zh").stdout
    assert not HAN.search(run("mine", "-h", language="en").stdout)
