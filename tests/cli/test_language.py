"""`-h`, likely names for typos, and the language in which the command line speaks."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from rich.cells import cell_len
from tests.cli.called import called
from typer.testing import CliRunner

from guandian.cli import main as cli
from guandian.cli.console.help import wrapped
from guandian.wording import VARIABLE
from guandian.wording.help import help_catalogue

from .spoken import HAN, english_in

HERE = {key: value for key, value in os.environ.items() if key != VARIABLE}
Call = Callable[..., tuple[object, str]]


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """The command line in this process: its exit code, and all that it told."""

    def call(words: str, language: str | None = None) -> tuple[object, str]:
        monkeypatch.setenv(VARIABLE, language or "")
        monkeypatch.setattr(sys, "argv", ["guandian", *words.split()])
        with pytest.raises(SystemExit) as left:
            cli.main()
        told = capsys.readouterr()
        return left.value.code, told.out + told.err

    return call


def started(*args: object, language: str | None = None) -> subprocess.CompletedProcess[str]:
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
        ("mnie", "'mine'"),
        ("tain", "'train'"),
        ("vectorize", "'vectorise'"),
        ("data chek", "'data check'"),
        ("doubts", "'data doubts'"),
        ("compare", "'models compare', 'runs compare'"),
        ("data serv", "'serve', 'models served'"),
        ("mine --txet x", "'--text'"),
        ("evaluate a b --cropus x", "'--corpus'"),
    ],
)
def test_a_typo_is_told_with_what_was_meant(call: str, meant: str, here: Call) -> None:
    code, told = here(call)
    assert code == 2
    assert f"Did you mean {meant}" in told
    assert f"是不是 {meant}" in told


def test_what_is_like_nothing_suggests_nothing(here: Call) -> None:
    _, told = here("qqqqqqq", "en")
    assert told.splitlines()[-1] == "Error: No such command 'qqqqqqq'."


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
    done = called(*asked, *call) if before else called(*call, *asked)
    assert done.returncode == 0, done.stderr
    assert bool(HAN.search(done.stdout)) is chinese
    assert ("negative" in done.stdout) is english


@pytest.mark.slow
def test_files_summaries_and_errors_in_one_language(tmp_path: Path) -> None:
    file = tmp_path / "reviews.csv"
    file.write_text("text,product\nThe battery dies fast.,a\nGreat screen!,b\n", "utf-8")
    for language, there in (("en", False), ("zh", True)):
        out = tmp_path / f"{language}.jsonl"
        done = called("mine", file, "-o", out, language=language)
        assert done.returncode == 0, done.stderr
        assert bool(HAN.search(done.stdout + done.stderr)) is there
        again = called("mine", file, "-o", out, language=language)
        assert again.returncode == 2
        words = "已存在" if there else "--overwrite to replace it"
        assert words in again.stderr and bool(HAN.search(again.stderr)) is there
    assert (tmp_path / "en.jsonl").read_bytes() == (tmp_path / "zh.jsonl").read_bytes()


def test_the_variable_gives_way_to_the_option_and_a_wrong_one_is_refused() -> None:
    done = started("--language", "en", "mine", "nothing.csv", language="zh")
    assert done.stderr == (
        "guandian: there is no file nothing.csv\n  check the name and the folder\n"
    )
    wrong = called("mine", "nothing.csv", language="fr")
    assert wrong.returncode == 2
    assert f"{VARIABLE}" in wrong.stderr and "'zh', 'en', 'both'" in wrong.stderr


CALLS = [
    (),
    *((name,) for name in cli.COMMANDS),
    *(
        (name, inner)
        for name, row in cli.COMMANDS.items()
        for inner in getattr(cli.load_command(name, row), "commands", ())
    ),
]


@pytest.mark.parametrize("call", CALLS, ids=" ".join)
@pytest.mark.parametrize("columns", [40, 80])
def test_help_speaks_the_language_that_is_wanted(call: tuple[str, ...], columns: int) -> None:
    told = {}
    for language in ("zh", "en", "both"):
        env = {VARIABLE: language, "COLUMNS": str(columns)}
        done = CliRunner().invoke(cli.app, [*call, "-h"], prog_name="guandian", env=env)
        assert done.exit_code == 0, done.output
        assert max(map(cell_len, done.output.splitlines())) <= columns
        told[language] = done.output
        # What stands in angles is a choice: never the name of a type of Python.
        folded = "".join(done.output.split())
        assert all("|" in each for each in re.findall(r"<[^<>]+>", folded)), done.output
        assert not re.search("x[<>]", folded), "a range in words"
    assert not HAN.search(told["en"])
    assert english_in(told["zh"]) == []
    for language in ("zh", "en"):
        flat, both = ("".join(told[each].split()) for each in (language, "both"))
        usage = "用法：" if language == "zh" else "Usage:"
        assert usage in flat and usage in both
        assert ("必填" in flat) is ("必填" in both) or language == "en"


@pytest.mark.parametrize(
    ("call", "chinese", "english"),
    [
        ("mine", "-o, --out 文件 ", "-o, --out FILE "),
        ("mine", "--limit 整数 ", "--limit NUMBER "),
        ("train", "-o, --out 文件夹 ", "-o, --out FOLDER "),
        ("evaluate", "--part 文字... ", "--part TEXT... "),
        ("evaluate", "--other-seed 文件夹... ", "--other-seed FOLDER... "),
        ("report", "--since 日期 ", "--since DATE "),
        ("report", "--least-confidence 数字 ", "--least-confidence NUMBER "),
        ("mine", "[至少 1]", "[at least 1]"),
        ("report", "[默认：0.0；0 到 1]", "[default: 0.0; 0 to 1]"),
        ("vectorise", "--set 键=值", "--set KEY=VALUE"),
    ],
)
def test_the_values_of_options_have_names_that_people_know(
    call: str, chinese: str, english: str
) -> None:
    for language, words in (("zh", chinese), ("en", english)):
        env = {VARIABLE: language, "COLUMNS": "80"}
        said = CliRunner().invoke(cli.app, [call, "-h"], env=env).output
        assert words in re.sub(r"\s{9,}", " ", said)


def test_every_help_has_its_chinese_and_no_other_is_kept() -> None:
    said = {"commands": set[str](), "options": set[str]()}
    groups = [typer.main.get_command(cli.app)]
    groups += [cli.load_command(name, row) for name, row in cli.COMMANDS.items()]
    for each in groups:
        for command in (each, *getattr(each, "commands", {}).values()):
            context = typer.Context(command)
            said["commands"].add(command.help)
            said["options"] |= {
                one.help for one in command.get_params(context) if one.help and not one.hidden
            }
    for group, words in said.items():
        assert words == set(help_catalogue()[group]), "in wording/help.zh.json"


@pytest.mark.parametrize(
    ("words", "width", "lines"),
    [
        ("默认：stop，或者[跳过]。", 10, ["默认：", "stop，或者", "[跳过]。"]),
        ("a longerthanaline b", 8, ["a", "longerth", "analine", "b"]),
        ("<csv|tsv|json>", 9, ["<csv|tsv|", "json>"]),
        ("", 9, []),
    ],
)
def test_lines_break_between_chinese_and_not_before_its_marks(
    words: str, width: int, lines: list[str]
) -> None:
    assert wrapped(words, width) == lines


@pytest.mark.parametrize("language", ["zh", "en", None])
@pytest.mark.parametrize(
    ("call", "chinese", "english"),
    [
        ("train", "缺少参数 '配方'。", "Missing argument 'RECIPE'."),
        ("mine a.csv --limit x", "要整数，得到 'x'", "takes a whole number, got 'x'"),
        (
            "mine a.csv --limit 0",
            "要不小于 1 的数，得到 '0'",
            "takes a number of 1 or more, got '0'",
        ),
        ("mine a.csv --format exel", "之中。是不是 'excel'？", ". Did you mean 'excel'?"),
        ("mine a.csv --format", "选项 '--format' 需要一个值。", "'--format' requires an argument."),
        ("vectorise --ngram-range 1", "--ngram-range 取 2 个值，却给了 1", "takes 2 values, got 1"),
        ("mine --quiet=3", "选项 '--quiet' 不带值。", "'--quiet' does not take a value."),
        ("runs show a b", "多余的参数（b）", "unexpected extra argument(s) (b)"),
        ("data", "训练前检查标注数据。", "Look at labelled sets before learning from them."),
        ("data chek", "没有命令 'chek'。是不是 'data check'？", "Did you mean 'data check'?"),
        ("train --no-such", "没有选项：--no-such", "No such option: --no-such"),
    ],
)
def test_what_is_wrong_with_a_command_line_is_told_in_the_language_that_is_wanted(
    call: str, chinese: str, english: str, language: str | None, here: Call
) -> None:
    code, told = here(call, language)
    assert code == 2
    assert (chinese in told) is (language != "en")
    assert (english in told) is (language != "zh")
    assert bool(HAN.search(told)) is (language != "en")
    assert language != "zh" or english_in(told) == []


@pytest.mark.parametrize(
    "words", ["train --foo --language zh", "mine -h --language=zh", "--language zh train"]
)
def test_the_language_is_heard_behind_what_is_wrong(words: str, here: Call) -> None:
    _, told = here(words)
    assert "用法：" in told and "Usage" not in told
    assert english_in(told) == []


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ("mine --language zh", "zh"),
        ("--language=en report --language zh", "en"),
        ("report --language zh", "zh"),
        ("report --language auto", None),
        ("mine --language fr", None),
        ("tokenize --language", None),
        ("mine -- --language zh", None),
    ],
)
def test_the_language_that_a_command_line_asks_for(words: str, asked: str | None) -> None:
    assert cli.asked_for(words.split()) == asked
