"""Small inputs made after public reports: each says what is right, `scripts/cases.py` judges."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = ROOT / "scripts" / "cases.py"


def run(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), *args], capture_output=True, text=True, check=False
    )


def case(folder: Path, name: str, **files: str) -> None:
    (folder / name).mkdir()
    for kind, text in {"command": "cat a.txt", "expected": "好", "a": "好😀\n"}.items():
        (folder / name / f"{kind}.txt").write_text(files.get(kind, text), "utf-8")
    if "check" in files:
        (folder / name / "check.txt").write_text(files["check"], "utf-8")


def test_cases_are_judged(tmp_path: Path) -> None:
    case(tmp_path, "one", check="+ ^好\n- 坏\n")
    case(tmp_path, "two", check="+ ^坏\n- 好\n")
    case(tmp_path, "three", command="guandian --version; touch a.txt b.txt")
    done = run(str(tmp_path))
    assert done.returncode == 1, done.stderr
    assert "passed  one\nto be read  three\n" in done.stdout
    assert "failed  two\nlacks ^坏\nhas 好\nexpected:\n好\ngot:\n好😀\n" in done.stdout
    assert done.stdout.endswith("1 passed, 1 failed, 1 to be read\n")
    assert not (tmp_path / "three" / "b.txt").exists()
    assert run(str(tmp_path), "one").returncode == 0
    assert run(str(tmp_path), "four").returncode == 2


LABELS = (
    "conll-blank", "conll-hash", "conll-of-label-studio", "doccano-intents", "doccano-negatives",
    "json-list-doccano", "json-min-number", "json-min-own-names", "ls-hypertext",
    "ls-region-without-label", "ls-taxonomy-region", "polarity-zhengxiang",
    "csv-title-row", "mined-to-table-types",
)  # fmt: skip


@pytest.mark.slow
def test_labels_of_other_tools(shared: Path) -> None:
    if not (shared / "cases").is_dir():
        pytest.skip("needs the cases beside the data sets")
    done = run(str(shared / "cases"), *LABELS)
    assert (done.returncode, done.stdout.count("passed  ")) == (0, len(LABELS)), done.stdout


def test_mojibake_with_a_euro_sign_is_cleaned_and_mined(shared: Path) -> None:
    if not (shared / "cases").is_dir():
        pytest.skip("needs the cases beside the data sets")
    done = run(str(shared / "cases"), "mojibake-euro")
    assert done.returncode == 0, done.stdout
