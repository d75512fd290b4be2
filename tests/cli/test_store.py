"""`guandian store`: what is loaded comes back, and what is deleted does not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory

import pytest
from tests.store.mined_pairs import generated

from guandian.cli import main as cli
from guandian.errors import GuandianError
from guandian.files import open_writer, read_mined
from guandian.store import Store


def call(*words: str | Path) -> None:
    cli.load_command("store", cli.COMMANDS["store"]).main(
        [str(word) for word in words], standalone_mode=False
    )


@pytest.fixture
def loaded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    with open_writer(tmp_path / "mined.jsonl") as writer:
        for pair in generated(60):
            writer.write(*pair)
    call("load", tmp_path / "mined.jsonl", "--data", tmp_path / "shop")
    capsys.readouterr()
    return tmp_path


def test_what_is_loaded_is_exported(loaded: Path) -> None:
    call("export", "--data", loaded / "shop", "-o", loaded / "again.jsonl")
    assert (loaded / "again.jsonl").read_bytes() == (loaded / "mined.jsonl").read_bytes()
    call("load", loaded / "again.jsonl", "--data", loaded / "shop", "--ids", "b-")
    call("export", "--data", loaded / "shop", "-o", loaded / "both.csv", "--product", "Kite 14")
    assert "b-g1-" in (loaded / "both.csv").read_text()
    with pytest.raises(GuandianError, match="would be read and written"):
        call("export", "--data", loaded / "shop", "-o", loaded / "shop" / "store.json")


def test_reviews_that_share_an_id_are_told(
    loaded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = (loaded / "mined.jsonl").read_text("utf-8").splitlines()[:3]
    rows = [json.dumps(json.loads(row) | {"id": "7"}) for row in rows]
    (loaded / "one.jsonl").write_text("\n".join(rows), "utf-8")
    call("load", loaded / "one.jsonl", "--data", loaded / "shop")
    told = capsys.readouterr()
    assert "1 条新评论 review," in told.out
    assert "one.jsonl: 2 reviews have the id of an earlier one, and the store keeps the" in told.err


def test_numbers_quotes_and_periods_are_told(
    loaded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for by, words in (
        ("category", "物流"),
        ("aspect", "客服"),
        ("product", "O'Brien; drop table"),
        ("time", "2025-"),
        ("quotes", "(g1-"),
    ):
        call("query", "--data", loaded / "shop", "--by", by)
        shown = capsys.readouterr().out
        assert "60" in shown.splitlines()[0]
        assert words in shown, by
    answers = set()
    for name in ("Screen", "显示屏"):
        call("query", "--data", loaded / "shop", "--aspect", name, "--by", "aspect")
        answers.add(capsys.readouterr().out)
    assert len(answers) == 1, "an aspect is asked for by any of its names"
    with pytest.raises(GuandianError, match="was never measured"):
        call("query", "--data", loaded / "shop", "--corrected")


def test_a_deleted_review_is_gone(loaded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call("delete", "g1-5", "g1-6", "--data", loaded / "shop")
    assert "2" in capsys.readouterr().out
    with pytest.raises(GuandianError, match="holds no review g1-5"):
        call("delete", "g1-5", "--data", loaded / "shop")
    with pytest.raises(GuandianError, match="holds no review g1-5, nobody\n"):
        call("delete", "g1-5", "g1-7", "nobody", "--data", loaded / "shop")
    assert "1 条评论 review 已删除" in capsys.readouterr().out
    call("export", "--data", loaded / "shop", "-o", loaded / "left.jsonl")
    names = {review.id for review, _ in read_mined(loaded / "left.jsonl")}
    assert len(names) == 57
    assert "g1-5" not in names


def test_the_status_tells_what_is_missing(loaded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    part = next((loaded / "shop" / "opinions" / "main").glob("texts-*"))
    part.unlink()
    call("status", "--data", loaded / "shop")
    assert part.name in capsys.readouterr().out
    call("query", "--data", loaded / "shop")
    assert part.name in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix" or os.getuid() != 0, reason="gives root's rights up")
def test_a_folder_that_may_only_be_read_has_a_status_and_answers(loaded: Path) -> None:
    program = (
        "import os, sys; from guandian.cli.main import app\n"
        "for uid in (0, 65534):\n"  # the first loads what only root may read perhaps
        "    print('as', uid); os.setuid(uid)\n"
        "    for command in ('status', 'query'):\n"
        "        app(['store', command, '--data', sys.argv[1]], standalone_mode=False)\n"
    )
    with TemporaryDirectory() as room:
        Path(room).chmod(0o755)
        folder = copytree(loaded / "shop", Path(room) / "shop")
        with Store.open(folder, write=True):  # so another process holds it
            done = subprocess.run(
                [sys.executable, "-c", program, folder],
                env=os.environ | {"GUANDIAN_LANGUAGE": "en"}, capture_output=True, text=True,
                check=False,
            )  # fmt: skip
    assert done.returncode == 0, done.stderr
    as_root, as_nobody = done.stdout.split("as 65534\n")
    assert as_root == f"as 0\n{as_nobody}"
    assert "a process writes it" in as_nobody and "60 reviews" in as_nobody
