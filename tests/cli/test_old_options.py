"""Options of before still work, with a word of warning; `--columns` reads roles."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from guandian.cli.console.old_options import OLD_OPTIONS, in_new_names, shown_value
from guandian.cli.main import COMMANDS, app, load_command
from guandian.errors import GuandianError
from guandian.files import ColumnChoice, parse_columns


def run(*words: str) -> Result:
    return CliRunner().invoke(app, [*words], catch_exceptions=False)


@pytest.mark.parametrize("command", OLD_OPTIONS)
def test_each_old_option_leads_to_one_that_the_command_has(command: str) -> None:
    loaded = load_command(command, COMMANDS[command])
    names = {name for parameter in loaded.params for name in parameter.opts}
    for old, new in OLD_OPTIONS[command].items():
        assert old not in names and new.name in names
        assert old not in run(command, "--help").output
        values = ["1"] * new.value.count("{}")
        assert in_new_names(loaded, [old, *values, "in.csv"]) == [
            new.name, new.value.replace("{}", "1"), "in.csv",
        ]  # fmt: skip


def test_old_spellings_read_the_same_and_are_told_once(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("a,b,c\n1,屏幕很清晰😀,电池\n", encoding="utf-8")
    new = run("tokenize", str(path), "--columns", "text=b,text=c")
    old = run("tokenize", str(path), "--text-column", "b", "--text-column=c")
    assert old.stdout == new.stdout and "电池" in new.stdout
    assert old.stderr.count("--text-column is now --columns text=NAME") == 1
    assert old.stderr.count("--text-column 现在是 --columns text=NAME；旧写法在下一版去掉") == 1
    assert "is now" not in new.stderr


def test_old_settings_of_vectors_read_the_same(tmp_path: Path) -> None:
    path = tmp_path / "in.txt"
    path.write_text("屏幕很清晰😀\n屏幕不亮\n", encoding="utf-8")
    call = ("vectorise", str(path), "--kind", "words", "-o")
    old = run(*call, str(tmp_path / "old.jsonl"), "--ngram-range", "1", "2", "--min-df", "2")
    new = ("--set", "ngram_range=[1, 2]", "--set", "min_df=2")
    run(*call, str(tmp_path / "new.jsonl"), *new)
    assert "--ngram-range is now --set ngram_range=[VALUE,VALUE]" in old.stderr
    texts = [(tmp_path / name).read_text("utf-8") for name in ("old.jsonl", "new.jsonl")]
    assert texts[0] == texts[1]
    assert json.loads(texts[0].splitlines()[0])["vector"] == {"屏幕": 1}


@pytest.mark.parametrize(
    "words", [("1", "2"), ("1,2",), ("1, 2",), ("1\uff0c2",), ("[1, 2]",), ("1,", "2")]
)
def test_two_numbers_are_read_as_people_write_them(words: tuple[str, ...]) -> None:
    command = load_command("vectorise", COMMANDS["vectorise"])
    wanted = ["--set", "ngram_range=[1, 2]", "in.csv"]
    assert in_new_names(command, ["--ngram-range", *words, "in.csv"]) == wanted
    first, *others = words
    assert in_new_names(command, [f"--ngram-range={first}", *others, "in.csv"]) == wanted
    with pytest.raises(GuandianError, match=r"takes 2 values, got 1, 2, 3\n.*\[VALUE,VALUE\]"):
        in_new_names(command, ["--ngram-range", "1,2,3"])
    with pytest.raises(GuandianError, match=r"takes 2 values, got in.csv\n"):
        in_new_names(command, ["--ngram-range", "in.csv"])


def test_values_and_files_that_look_like_old_options_stay() -> None:
    command = load_command("mine", COMMANDS["mine"])
    words = ["--text", "--id-column", "--quiet", "--", "--text-column", "x"]
    assert in_new_names(command, words) == words
    with pytest.raises(GuandianError, match=r"--id-column lacks its value\n.*--columns id=NAME"):
        in_new_names(command, ["in.csv", "--id-column"])
    assert shown_value(OLD_OPTIONS["mine"]["--text-column"]) == "text=NAME"


def test_columns_are_read_by_role() -> None:
    assert parse_columns(()) == ColumnChoice()
    assert parse_columns(["text=标题,text=正文", "time=日期"]) == ColumnChoice(
        text=("标题", "正文"), time="日期"
    )
    assert parse_columns(["text=好,坏=?,id=3"]) == ColumnChoice(text=("好,坏=?",), id="3")
    for wide in (
        "text=标题\uff0ctext=正文\uff0ctime\uff1d日期",
        "text = 标题, text = 正文, time= 日期",
    ):
        columns = parse_columns([wide])
        assert columns.text == ("标题", "正文")
        assert (columns.time or "").strip() == "日期"
    assert parse_columns(["text=好\uff0c坏,id= 3"]) == ColumnChoice(text=("好\uff0c坏",), id=" 3")
    for words, problem in (
        (["评论"], "takes role=column, got '评论'"),
        (["text="], "takes role=column, got 'text='"),
        (["txt=评论"], "is called 'txt'\n.*did you mean 'text'"),
        (["id=a,id=b"], "names id twice"),
    ):
        with pytest.raises(GuandianError, match=problem):
            parse_columns(words)
    with pytest.raises(GuandianError, match=r"is called 'time'\n.*known: text, id"):
        parse_columns(["time=日期"], roles=("text", "id"))
