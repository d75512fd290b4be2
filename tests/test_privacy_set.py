"""The test set of personal data is made again in the same bytes, and its check can fail."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SET = ROOT / "data" / "guandian_privacy"
FILES = ("positives.jsonl", "negatives.jsonl")


def run(*args: str) -> subprocess.CompletedProcess[str]:
    script = str(ROOT / "scripts" / "privacy_set.py")
    return subprocess.run(
        [sys.executable, script, *args], capture_output=True, encoding="utf-8", check=False
    )


def test_the_set_is_right_and_made_again(tmp_path: Path) -> None:
    made = run("make", str(tmp_path))
    assert made.returncode == 0, made.stdout
    assert run("check").returncode == 0
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (SET / name).read_bytes(), name


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("positives.jsonl", '"start": 15,', '"start": 16,', "another shape"),
        ("positives.jsonl", '"id": "p0002"', '"id": "p0001"', "twice: p0001"),
        ("positives.jsonl", '"type": "mobile"', '"type": "id_card"', "another shape"),
        ("negatives.jsonl", "李宁的鞋底硬", "李宁13912345678", "a mobile number"),
        ("negatives.jsonl", "李宁的鞋底硬", "李宁的浙A12345", "a plate"),
        ("negatives.jsonl", "张小泉剪刀", "张小泉a.b@example.com", "an e-mail address"),
    ],
)
def test_the_check_tells(file: str, old: str, new: str, told: str, tmp_path: Path) -> None:
    for name in FILES:
        text = (SET / name).read_text("utf-8")
        (tmp_path / name).write_text(text.replace(old, new) if name == file else text, "utf-8")
    done = run("check", str(tmp_path))
    assert (done.returncode, told in done.stdout) == (1, True), done.stdout


def test_a_wrong_digit_is_told(tmp_path: Path) -> None:
    for name in FILES:
        lines = (SET / name).read_text("utf-8").splitlines(keepends=True)
        for k, line in enumerate(lines):
            if '"bank_card"' in line and "扣了两次，客服说24小时内退" in line:
                at = line.index("还款卡") + 3
                digit = str((int(line[at + 7]) + 1) % 10)
                lines[k] = line[: at + 7] + digit + line[at + 8 :]
        (tmp_path / name).write_text("".join(lines), "utf-8")
    assert "has a wrong Luhn digit" in run("check", str(tmp_path)).stdout
