from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from scipy import sparse
from typer.testing import CliRunner, Result

from guandian.cli.main import app
from guandian.errors import GuandianError
from guandian.vectors import Tfidf


def run(*args: str | Path, code: int = 0) -> Result:
    done = CliRunner().invoke(app, ["vectorise", *map(str, args)], catch_exceptions=False)
    assert done.exit_code == code, done.output
    return done


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    path = tmp_path / "reviews.csv"
    path.write_bytes("编号,评论内容\n7,屏幕很清晰\n8,电池不耐用\n8,Good screen\n".encode("gb18030"))
    return path


def test_what_was_learned_serves_other_reviews(reviews: Path, tmp_path: Path) -> None:
    out, kept, again = tmp_path / "v.npz", tmp_path / "kept.vectors", tmp_path / "again.npz"
    done = run(reviews, "-o", out, "--kind", "tfidf", "--save", kept)
    assert "3 条评论 reviews × 8 维 features" in done.stdout
    assert "1 条评论的编号重复 review has the id of an earlier one" in done.stderr
    assert json.loads((tmp_path / "v.npz.json").read_text("utf-8"))["ids"] == ["7", "8", "8"]
    texts = ["屏幕很清晰", "电池不耐用", "Good screen"]
    assert (sparse.load_npz(out) != Tfidf().fit_transform(texts)).nnz == 0
    run(reviews, "-o", again, "--load", kept, "--quiet")
    assert again.read_bytes() == out.read_bytes()
    others = tmp_path / "others.txt"
    others.write_text("屏幕😀\nникто\n", encoding="utf-8")
    done = run(others, "-o", again, "--load", kept, "--kind", "tfidf", "--overwrite")
    assert "1 条评论没有已知的词，向量全为零 reviews have no known word" in done.stderr
    assert sparse.load_npz(again).shape == (2, 8)


def test_several_files_settings_and_bad_rows(reviews: Path, tmp_path: Path) -> None:
    more = tmp_path / "more.jsonl"
    more.write_text('{"text": "续航焦虑😀"}\n{"text": 7}\n', encoding="utf-8")
    words, out = tmp_path / "words.txt", tmp_path / "v.jsonl"
    words.write_text("续航焦虑\nC/C++\n", encoding="utf-8")
    settings = ("--kind", "words", "--set", "ngram_range=[1, 2]", "--user-words", words)
    with pytest.raises(GuandianError, match="line 2, column text: not a text but 7"):
        run(reviews, more, "-o", out, *settings)
    assert not out.exists()
    done = run(reviews, more, "-o", out, *settings, "--on-error", "skip")
    assert "1 行未读 reject" in done.stderr
    assert "'C/C++': 永远匹配不到，总被切成 can never match" in done.stderr
    assert "line" in (tmp_path / "v.jsonl.rejects.jsonl").read_text("utf-8")
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert rows[-1] == {"id": f"{more}:1", "vector": {"续航焦虑": 1, "😀": 1, "续航焦虑 😀": 1}}


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((), "takes files and an output"),
        (("-o", "v.txt"), "no format of vectors goes by the ending"),
        (("-o", "v.csv"), "sparse"),
        (("-o", "v.npz", "--set", "epochs=3"), "tfidf know no --set epochs\n.*min_df"),
        (("-o", "v.npz", "--model", "x"), "tfidf know no --model\n.*--user-words, --set ana"),
        (("-o", "v.npz", "--set", "min_df=0"), "min_df takes a number of 1 or more, got 0"),
        (("-o", "v.npz", "--set", "analyzer=bytes"), "analyzer takes .*, got 'bytes'"),
        (("-o", "v.npz", "--set", "min_df"), "takes key=value, got 'min_df'"),
        (("-o", "v.npz", "--kind", "glove"), "name it with --vectors FILE"),
        (("-o", "v.npz", "--load", "x", "--set", "min_df=2"), "--set min_df would do nothing"),
        (("-o", "v.npz", "--load", "nowhere"), "there is no file nowhere"),
        (("-o", "v.npz", "--save", "v.npz"), "written twice"),
        (("-o", "v.npz", "--save", "no/v"), "mkdir -p no"),
        (("-o", "v.npz", "--columns", "text=z"), "no column 'z'"),
    ],
)
def test_wrong_calls_say_what_to_do(
    args: tuple[str, ...],
    message: str,
    reviews: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(reviews.parent)
    with pytest.raises(GuandianError, match=message):
        run(reviews, *args)
    assert [path.name for path in reviews.parent.iterdir()] == ["reviews.csv"]


def test_an_interrupt_leaves_nothing(
    reviews: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(self: Tfidf, texts: Iterator[str]) -> None:
        next(texts)
        raise KeyboardInterrupt

    monkeypatch.setattr(Tfidf, "fit_transform", interrupted)
    done = run(reviews, "-o", tmp_path / "v.npz", "--save", tmp_path / "kept.vectors", code=130)
    assert "中断 interrupted; 什么也没有保留 nothing is kept; " in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["reviews.csv"]
