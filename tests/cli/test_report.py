from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from guandian.domain import Language, Mined, Opinion, Polarity, Review, Sentiment, Span
from guandian.files import to_wire

TEXT = "屏幕😄很清晰"


@pytest.fixture
def mined(tmp_path: Path) -> Path:
    opinion = Opinion(
        Span(0, 2), Span(3, 6), Span(0, 6), "performance", Polarity.POSITIVE, 0.9, "屏幕清晰"
    )
    sentiment = Sentiment(Polarity.POSITIVE, 0.1, 0.1, 0.8)
    lines = [
        to_wire(
            Review(f"r{index}", TEXT, product="ABC"[index % 3], time=f"2024-0{1 + index % 4}-05"),
            Mined(f"r{index}", Language.CHINESE, sentiment, (opinion,), (), (), "m@1"),
        )
        for index in range(24)
    ]
    file = tmp_path / "mined.jsonl"
    file.write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    return file


def run(*args: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "guandian", "report", *map(str, args)],
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip


def test_the_page_is_written_beside_the_file(mined: Path) -> None:
    done = run(mined)
    page = mined.with_suffix(".html")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"24 reviews, 24 opinions -> {page}\n"
    assert json.dumps("硬件性能") in page.read_text("utf-8")
    again = run(mined)
    assert again.returncode == 2
    assert "--overwrite" in again.stderr
    assert run(mined, "--overwrite", "--language", "en").returncode == 0
    assert '<html lang="en">' in page.read_text("utf-8")


def test_a_broken_line_is_named_and_no_page_is_left(mined: Path, tmp_path: Path) -> None:
    mined.write_text(mined.read_text("utf-8").replace('"start": 0', '"start": 1', 1), "utf-8")
    done = run(mined, "-o", tmp_path / "page.html")
    assert done.returncode == 2
    assert "line 1" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mined.jsonl"]


def test_no_such_file(tmp_path: Path) -> None:
    done = run(tmp_path / "none.jsonl")
    assert done.returncode == 2
    assert "none.jsonl" in done.stderr


def test_the_page_never_replaces_what_it_is_drawn_from(mined: Path) -> None:
    before = mined.read_bytes()
    done = run(mined, "-o", mined, "--overwrite")
    assert done.returncode == 2 and "read and written" in done.stderr
    assert mined.read_bytes() == before
