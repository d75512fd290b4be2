from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers
from typer.testing import CliRunner, Result

from guandian.cli.main import app
from guandian.errors import GuandianError


def run(*args: str, input: str | None = None) -> Result:
    return CliRunner().invoke(app, ["tokenize", *args], input=input, catch_exceptions=False)


def test_words_of_one_text() -> None:
    assert run("--text", "<b>屏幕</b>很清晰😀").output == "屏幕 很 清晰 😀\n"


def test_places_are_those_of_the_raw_text() -> None:
    raw = "<b>屏幕</b>很&nbsp;清晰😀"
    (words,) = [json.loads(line) for line in run("--text", raw, "--json").output.splitlines()]
    said = [raw[word["start"] : word["end"]] for word in words["words"]]
    assert said == ["屏幕", "很", "清晰", "😀"]


def test_a_file_with_user_words(tmp_path: Path) -> None:
    reviews = tmp_path / "reviews.csv"
    reviews.write_text("编号,评论内容\n7,没有续航焦虑了😀\n8,Good screen\n", encoding="utf-8")
    words = tmp_path / "words.txt"
    words.write_text("续航焦虑\n", encoding="utf-8")
    done = run(str(reviews), "--user-words", str(words))
    assert done.output == "没有 续航焦虑 了 😀\nGood screen\n"
    words.write_text("续航焦虑\nGood screen\n", encoding="utf-8")
    done = run(str(reviews), "--user-words", str(words))
    assert done.stdout == "没有 续航焦虑 了 😀\nGood screen\n"
    assert done.stderr.startswith(f"注意 note: {words}: 'Good screen': 读作词")


def test_rows_that_cannot_be_read_are_skipped_aloud(tmp_path: Path) -> None:
    reviews = tmp_path / "reviews.csv"
    reviews.write_text('text\n屏幕好😀\n"坏"x\n电池差\n', encoding="utf-8")
    done = run(str(reviews), "--on-error", "skip")
    assert (done.stdout, done.stderr) == ("屏幕 好 😀\n电池 差\n", "1 行未读 reject\n")
    with pytest.raises(GuandianError, match="line 3: broken quote"):
        run(str(reviews))


def test_lines_from_standard_input() -> None:
    assert run("-", input="屏幕好😀\n电池差\n").output == "屏幕 好 😀\n电池 差\n"


def test_model_tokens(tmp_path: Path) -> None:
    names = ["<s>", "<pad>", "</s>", "<unk>", "▁scr", "een"]
    model = models.Unigram([(name, -1.0) for name in names], unk_id=3, byte_fallback=False)
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    assert run("--text", "screen屏幕😀", "--pieces", str(tmp_path)).output == "scr een 屏 幕 😀\n"


def test_json_stays_json_where_the_terminal_has_no_emoji() -> None:
    code = "from guandian.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "tokenize", "--text", "好😀", "--json"],
        env=os.environ | {"PYTHONIOENCODING": "gbk"}, capture_output=True, check=True,
    )  # fmt: skip
    assert [word["text"] for word in json.loads(done.stdout)["words"]] == ["好", "😀"]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ([], "a file or a text"),
        (["x.txt", "--text", "😀"], "--text is one review, and a file is named too"),
        (["--text", "😀", "--columns", "text=a"], "--columns would do nothing"),
        (["missing.txt"], "there is no file missing.txt"),
        (["--text", "😀", "--pieces", "nowhere"], "no tokenizer at nowhere"),
        (["--text", "😀", "--pieces", "a", "--user-words", "b"], "give --pieces or --user-words"),
    ],
)
def test_wrong_calls_say_what_to_do(args: list[str], message: str) -> None:
    with pytest.raises(GuandianError, match=message):
        run(*args)
