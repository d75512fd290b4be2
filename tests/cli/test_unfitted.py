"""Where a confidence was never fitted, everything that shows it says so."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

import guandian
from guandian.bundle import Bundle, amend_bundle, shipped
from guandian.cli.main import app
from guandian.data import write_own
from guandian.domain import Labelled, Polarity, Quad, Span
from guandian.files import read_mined
from guandian.report.evaluation.terms import UNFITTED

WORDS = UNFITTED.en
TEXT = "屏幕很清晰😀"


def run(*words: str) -> str:
    done = CliRunner().invoke(app, [*words], catch_exceptions=False, env={"COLUMNS": "200"})
    return " ".join(done.output.split())


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`plain`, the shipped one, and `unfitted`, the same whose confidence is said not to be."""
    monkeypatch.chdir(tmp_path)
    for name in ("plain", "unfitted"):
        shutil.copytree(shipped(), name)
    told = Bundle.open("unfitted").manifest.calibration
    calibration = {**told, "opinions": {**told["opinions"], "fitted": False}}
    amend_bundle(Bundle.open("unfitted"), calibration=calibration)
    Path("in.csv").write_text(f"评论\n{TEXT}\n电池不耐用\n", "utf-8")
    quads = (Quad(Span(0, 2), Span(2, 5), "display", Polarity.POSITIVE),)
    write_own([Labelled("1", TEXT, "own", quads, Polarity.POSITIVE)], Path("own.jsonl"))


@pytest.mark.usefixtures("models")
def test_everything_that_shows_it_says_so() -> None:
    for name, times in (("plain", 0), ("unfitted", 1)):
        mined = f"{name}.jsonl"
        assert run("mine", "in.csv", "--model", name, "-o", mined).count(WORDS) == times
        assert run("mine", "--text", TEXT, "--model", name).count(WORDS) == times
        rows = [json.loads(line) for line in Path(mined).read_text("utf-8").splitlines()]
        assert [row.get("confidence_fitted", True) for row in rows] == [not times] * 2
        assert [found.fitted for _, found in read_mined(mined)] == [not times] * 2
        assert run("report", mined).count(WORDS) == times
        page = Path(f"{name}.html").read_text("utf-8")
        assert f'"unfitted":{2 * times}' in page.replace(" ", "")
        for system in (name, mined):
            call = ["evaluate", system, "own.jsonl", "--json", "out.json", "--html", "out.html"]
            assert run(*call, "--overwrite").count(WORDS) == times
            assert Path("out.html").read_text("utf-8").count(WORDS) == times
            assert json.loads(Path("out.json").read_text("utf-8"))["confidence_fitted"] != times
        reviews = guandian.open(name).mine([TEXT])
        assert reviews.summary().to_dict()["confidence_fitted"] is not bool(times)
        assert reviews.summary()._repr_html_().count(WORDS) == times
    beside = run("runs", "compare", "plain", "unfitted", "--data", "own.jsonl")
    assert beside.count(WORDS) == 1
