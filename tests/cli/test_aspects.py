from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from guandian.cli.main import app
from guandian.text.aspect_names import synonyms

SCORES = {"negative": 0.1, "neutral": 0.1, "positive": 0.8}


def line(number: int, word: str) -> str:
    """A mined review that praises the word."""
    end = len(word)
    opinion = {
        "aspect": {"start": 0, "end": end, "text": word},
        "expression": {"start": end, "end": end + 2, "text": "很好"},
        "evidence": {"start": 0, "end": end + 2, "text": f"{word}很好"},
        "category": "overall", "polarity": "positive", "confidence": 0.9, "tag": f"{word}好",
    }  # fmt: skip
    review = {
        "id": f"r{number}", "text": f"{word}很好😀", "language": "zh",
        "sentiment": {"label": "positive", "scores": SCORES}, "opinions": [opinion],
        "entities": [], "warnings": [], "model": "m@1", "extra": {},
    }  # fmt: skip
    return json.dumps(review, ensure_ascii=False) + "\n"


@pytest.fixture
def mined(tmp_path: Path) -> Path:
    words = ["后座的空间", "屏幕", "screen", "唯一的词", "后排的座位空间"]
    words += [words[0], words[-1]]
    file = tmp_path / "mined.jsonl"
    file.write_text("".join(line(k, word) for k, word in enumerate(words)), "utf-8")
    return file


def test_proposals_count_once_a_person_takes_their_mark_off(mined: Path) -> None:
    done = CliRunner().invoke(app, ["aspects", str(mined)])
    assert done.exit_code == 0, done.output
    list_file = mined.with_suffix(".names.txt")
    lines = list_file.read_text("utf-8").splitlines()
    assert len(lines) == 2, lines
    assert {"后座的空间", "后排的座位空间"} <= set(lines[1].removeprefix("// ").split(", "))
    before = synonyms(list_file)
    assert "后座的空间" not in before
    list_file.write_text("\n".join([lines[0], lines[1].removeprefix("// ")]), "utf-8")
    after = synonyms(list_file)
    assert after["后座的空间"] == after["后排的座位空间"]
    more = mined.with_name("more.txt")
    words = ["aspects", str(mined), "--synonyms", str(list_file), "-o", str(more)]
    words += ["--mentions", "1"]
    again = CliRunner().invoke(app, words)
    assert again.exit_code == 0, again.output
    assert len(more.read_text("utf-8").splitlines()) == 1
    assert CliRunner().invoke(app, ["aspects", str(mined)]).exit_code != 0  # it exists


def test_what_it_reads_is_not_written_over(mined: Path) -> None:
    before = mined.read_bytes()
    done = CliRunner().invoke(app, ["aspects", str(mined), "-o", str(mined), "--overwrite"])
    assert done.exit_code != 0
    assert mined.read_bytes() == before
