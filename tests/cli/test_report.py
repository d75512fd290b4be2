from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.cli.called import called

from guandian.domain import Language, Mined, Opinion, Polarity, Review, Sentiment, Span
from guandian.evaluation import PolarityRates
from guandian.evaluation.results import FORMAT
from guandian.files import to_wire
from guandian.mining.caution.promises import HELD_BACK

TEXT = "屏幕😄很清晰"


@pytest.fixture
def mined(tmp_path: Path) -> Path:
    opinion = Opinion(
        Span(0, 2), Span(3, 6), Span(0, 6), "performance", Polarity.POSITIVE, 0.9, "屏幕清晰"
    )
    sentiment = Sentiment(Polarity.POSITIVE, 0.1, 0.1, 0.8)
    lines = [
        to_wire(
            Review(
                f"r{index}",
                f"{TEXT}，第 {index} 次买",
                product="ABC"[index % 3],
                time=f"2024-0{1 + index % 4}-05",
            ),
            Mined(f"r{index}", Language.CHINESE, sentiment, (opinion,), (), (), "m@1"),
        )
        for index in range(24)
    ]
    file = tmp_path / "mined.jsonl"
    file.write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    return file


def run(*args: object) -> subprocess.CompletedProcess[str]:
    return called("report", *args)


def started(*args: object) -> subprocess.CompletedProcess[str]:
    """The same in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "guandian", "report", *map(str, args)],
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip


def test_several_files_are_one_page(mined: Path) -> None:
    lines = mined.read_text("utf-8").splitlines()
    parts = [mined.with_name(name) for name in ("a.jsonl", "b.jsonl")]
    for part, rows in zip(parts, (lines[:14], lines[10:]), strict=True):  # four stand in both
        part.write_text("\n".join(rows), "utf-8")
    done = run(*parts, "--as-found")
    page = parts[0].with_suffix(".html").read_text("utf-8")
    assert done.stdout.splitlines()[0] == (
        f"28 条评论 reviews, 24 个观点 opinions -> {parts[0].with_suffix('.html')}"
    ), done.stderr
    assert '"a.jsonl:r13"' in page and '"b.jsonl:r14"' in page and '"b.jsonl:r13"' not in page
    again = run(parts[0], parts[0].parent / "." / "a.jsonl", "-o", mined.with_name("c.html"))
    assert "is named twice" in again.stderr
    parts[1].write_text("")
    assert "b.jsonl holds no review" in run(*parts, "--overwrite").stderr


def test_the_page_is_written_beside_the_file(mined: Path) -> None:
    done = started(mined)
    page = mined.with_suffix(".html")
    assert (done.returncode, done.stderr) == (0, "")
    told, uncorrected = done.stdout.splitlines()
    assert told == f"24 条评论 reviews, 24 个观点 opinions -> {page}"
    assert "未校正" in uncorrected and "--measured" in uncorrected
    assert json.dumps("硬件性能") in page.read_text("utf-8")
    again = run(mined)
    assert again.returncode == 2
    assert "--overwrite" in again.stderr
    english = run(mined, "--overwrite", "--language", "en")
    assert (english.returncode, "条评论" in english.stdout) == (0, False)
    assert english.stdout.startswith(f"24 reviews, 24 opinions -> {page}\n")
    assert '<html lang="en">' in page.read_text("utf-8")


def test_the_messages_speak_the_language_of_the_page_but_for_auto(mined: Path) -> None:
    chinese = run(mined, "--language", "zh", "--least-confidence", 1)
    page = mined.with_suffix(".html")
    assert chinese.stdout.splitlines()[:2] == [
        f"24 条评论, 0 个观点 -> {page}",
        "按 --least-confidence 1 筛选后没有剩下观点",
    ]
    assert '<html lang="zh">' in page.read_text("utf-8")
    assert "24 条评论 reviews" in run(mined, "--language", "both", "--overwrite").stdout
    assert "24 条评论 reviews" in run(mined, "--language", "auto", "--overwrite").stdout


def test_copies_are_told_and_count_once(mined: Path) -> None:
    lines = mined.read_text("utf-8").splitlines()
    copies = [line.replace('"r3"', f'"c{number}"') for number, line in enumerate(lines[3:4] * 76)]
    mined.write_text("\n".join([*lines, *copies]), "utf-8")
    done = run(mined)
    told, warned, _ = done.stdout.splitlines()
    assert told.startswith("100 条评论 reviews, 24 个观点 opinions")
    assert "76 reviews (76.0 %) are copies" in warned and "stands 77 times" in warned
    assert "第 3 次买" in warned


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
    mined = mined.rename(mined.with_suffix(".html"))
    before = mined.read_bytes()
    done = run(mined, "-o", mined, "--overwrite")
    assert done.returncode == 2 and "read and written" in done.stderr
    assert mined.read_bytes() == before


def test_a_file_of_another_ending_is_not_replaced_either(mined: Path) -> None:
    document = mined.with_name("p.pdf")
    document.write_bytes(b"%PDF-1.4 mine")
    failed = run(mined, "-o", document, "--overwrite")
    assert (failed.returncode, document.read_bytes()) == (2, b"%PDF-1.4 mine")
    assert "what is written there ends in .html\n  name it p.html" in failed.stderr


@pytest.mark.slow
def test_a_correction_is_asked_for_and_left_out(mined: Path, tmp_path: Path) -> None:
    refused = run(mined, "--corrected")
    assert refused.returncode == 2
    assert "what m@1 misses was never measured" in refused.stderr
    assert "--as-found" in refused.stderr
    rates = PolarityRates(90, 1, np.array([[90, 10, 90, 10]] * 3), np.eye(3) / 99)
    measured = tmp_path / "measured.json"
    told = {"format": FORMAT, "opinions": {"found_right": rates.to_json()}}
    measured.write_text(json.dumps(told), "utf-8")
    done = run(mined, "--measured", measured)
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 1)
    page = mined.with_suffix(".html").read_text("utf-8")
    assert '"corrected": true' in page and '"source": "measured.json"' in page
    assert run(mined, "--measured", measured, "--as-found", "--overwrite").returncode == 0
    page = mined.with_suffix(".html").read_text("utf-8")
    assert '"corrected": false' in page and '"fixed": [' in page  # the switch stays
    measured.write_text("{}", "utf-8")
    broken = run(mined, "--measured", measured, "--overwrite")
    assert broken.returncode == 2 and "guandian evaluate BUNDLE" in broken.stderr


@pytest.mark.parametrize("by", ["the miner", "the report"])
def test_no_net_is_corrected_of_opinions_that_were_chosen(
    mined: Path, tmp_path: Path, by: str
) -> None:
    rates = PolarityRates(90, 1, np.array([[90, 10, 90, 10]] * 3), np.eye(3) / 99)
    measured = tmp_path / "measured.json"
    told = {"format": FORMAT, "opinions": {"found_right": rates.to_json()}}
    measured.write_text(json.dumps(told), "utf-8")
    chosen = ["--least-confidence", "0.5"] if by == "the report" else []
    if by == "the miner":
        rows = [json.loads(line) for line in mined.read_text("utf-8").splitlines()]
        rows[3]["warnings"] = [HELD_BACK]
        mined.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    for refused in ("--corrected", f"--measured={measured}"):
        done = run(mined, *chosen, refused)
        assert done.returncode == 2 and "left out by their confidence" in done.stderr
    done = run(mined, *chosen)
    assert "as found: opinions were left out by their confidence" in done.stdout
    page = mined.with_suffix(".html").read_text("utf-8")
    assert '"rates": null' in page and '"chosen": true' in page


def test_a_filter_is_told_on_the_page_and_nothing_left_is_an_error(mined: Path) -> None:
    done = run(mined, "--product", "A", "--since", "2024-02-01", "--least-confidence", "0.5")
    assert (done.returncode, done.stdout.split(",")[0]) == (0, "6 条评论 reviews")
    page = mined.with_suffix(".html").read_text("utf-8")
    assert json.dumps([["confidence", "0.5"], ["products", "A"], ["since", "2024-02-01"]]) in page
    none = run(mined, "--product", "Z", "--overwrite")
    assert none.returncode == 2 and "no review of" in none.stderr


def test_reviews_without_a_day_say_so_where_days_are_asked_for(mined: Path) -> None:
    rows = [json.loads(line) for line in mined.read_text("utf-8").splitlines()]
    for row in rows:
        del row["time"]
    mined.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    done = run(mined, "--since", "2024-02-01")
    assert done.returncode == 2
    assert "has a day that --since or --until could ask for" in done.stderr
    assert "--columns time=NAME" in done.stderr
