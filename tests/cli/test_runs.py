from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from tests.cli.trained_runs import DEV, trained
from tests.tiny_base import reviews
from typer.testing import CliRunner

from guandian.bundle.manifest import Manifest
from guandian.cli.main import app
from guandian.cli.runners.training_run import trackers_of
from guandian.data import write_own
from guandian.domain import Polarity, Quad, Span
from guandian.errors import GuandianError
from guandian.tracking.run_folder import Log, drop_weights


def run(*args: str | Path) -> str:
    done = CliRunner().invoke(
        app, ["runs", *map(str, args)], env={"COLUMNS": "120"}, catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_own(DEV, tmp_path / "dev.jsonl")
    write_own(DEV[:9], tmp_path / "other.jsonl")
    write_own(reviews()[20:30], tmp_path / "train.jsonl")
    monkeypatch.chdir(tmp_path)
    for name, seed in (("one", 1), ("two", 2)):
        trained(tmp_path / "runs" / name, seed=seed)
    return tmp_path / "runs"


ODD = {
    "recipe.json": [b"[1", b"null", b'{"stages": [1]}', b'{"optimisation": []}', b"\xff"],
    "environment.json": [b"[]"],
    "data.json": [b"{"],
    "log.jsonl": [
        b'{"event": "stepped", "time": "2026-11-27", "step": 9, "steps": 9, "losses": {}}',
        b'{"event": "scored", "time": "2026-11-27", "step": 9, "scores": {}, "mean": null}',
        b'{"event": "ready", "time": "2026-11-27", "data": [{"use": "scored"}]}',
        b'{"event": "started", "time": "yesterday"}',
        b"",
    ],
}


def test_a_run_with_an_odd_file_is_broken_and_hides_no_other(runs: Path) -> None:
    """Files that are JSON, but not as a run writes them, too."""
    for name, contents in ODD.items():
        whole = (runs / "two" / name).read_bytes()
        for content in contents:
            (runs / "two" / name).write_bytes(content)
            shown = run("list")
            assert "完成 finished" in shown
            assert f"runs/two: 缺少或无法读取 missing or unreadable: {name} (" in shown, content
            assert "残缺 broken" in run("show", "runs/two")
        (runs / "two" / name).write_bytes(whole)
    assert "残缺 broken" not in run("list")


def test_every_run_is_listed_and_a_broken_one_says_what_it_lacks(runs: Path) -> None:
    trained(runs / "half", done=False)
    lost = trained(runs / "deep" / "er" / "lost", dev=str(runs.parent / "dev.jsonl"))
    (lost / "recipe.json").unlink()
    (lost / "bundle" / "card.md").unlink(missing_ok=True)
    (lost / "curves.png").unlink()
    shutil.rmtree(lost / "checkpoint")
    torn = trained(runs / "torn")
    (torn / "recipe.json").write_text("{", encoding="utf-8")
    (runs / "none").mkdir()
    shown = run("list", "--json", "runs.json")
    for words in ("完成 finished", "中断 interrupted", "残缺 broken", "lora", "51.0", "52.0"):
        assert words in shown
    rows = json.loads(Path("runs.json").read_text("utf-8"))["runs"]
    found = {Path(row["folder"]).name: row for row in rows}
    assert {name: row["state"] for name, row in found.items()} == {
        "half": "interrupted",
        "lost": "broken",
        "one": "finished",
        "torn": "broken",
        "two": "finished",
    }
    assert {"recipe.json", "curves.png", "checkpoint/"} <= {*found["lost"]["missing"]}
    assert found["torn"]["missing"][0].startswith("recipe.json (")
    assert (found["two"]["seed"], found["two"]["best"]) == (2, 0.52)
    assert "recipe.json" in shown.split("runs/deep/er/lost:")[1]


def test_trials_of_a_search_keep_no_weights_and_are_not_broken(runs: Path) -> None:
    trial = trained(runs / "own-tune" / "trial-0000", done=False)
    (trial.parent / "study.db").touch()
    drop_weights(trial)
    assert "搜索试验 trial" in run("list", trial.parent)
    (trial / "environment.json").unlink()
    assert "残缺 broken" in run("list", trial.parent)


def test_a_run_that_failed_says_why(runs: Path) -> None:
    folder = trained(runs / "bad", done=False)
    with pytest.raises(GuandianError), Log(folder):
        raise GuandianError("no room for it", "make batches smaller")
    for shown in (run("list", "--json", "runs.json"), run("show", folder)):
        assert "失败 failed" in shown
        assert "bad: 失败 failed: no room for it make batches smaller" in shown
    rows = json.loads(Path("runs.json").read_text("utf-8"))["runs"]
    found = {Path(row["folder"]).name: (row["state"], row["failure"]) for row in rows}
    assert found["bad"] == ("failed", "no room for it\n  make batches smaller")
    assert found["one"] == ("finished", "")


def test_one_run_is_shown_whole(runs: Path) -> None:
    shown = run("show", runs / "one")
    for words in ("lora", "guandian-small", "dev.jsonl dev", "scored", "spans 1", "torch", "3/3"):
        assert words in shown
    (runs / "one" / "log.jsonl").unlink()
    assert "log.jsonl" in run("show", runs / "one")


def test_runs_are_compared_on_what_they_were_scored_on(runs: Path) -> None:
    page, figures = Path("page.html"), Path("figures.json")
    shown = run("compare", "runs/one", "runs/two", "--html", page, "--json", figures)
    assert "not shown (+0.0" in shown and "dev.jsonl · 12 条评论" in shown
    assert "误报 spurious · AB" in shown and "误报 spurious · A\n" not in shown
    (found,) = json.loads(figures.read_text("utf-8"))["sets"]
    assert found["against_first"][0]["quad"]["difference"]["value"] == 0.0
    assert found["systems"][0]["system"] == "runs/one"
    assert "并排比较" in page.read_text("utf-8")
    before = run("compare", "runs/one", "--before", "--most", "0")
    assert "guandian-small 微调前 before" in before and "预测 predicted:" not in before
    own = run("compare", "guandian-small", "runs/two", "--data", "other.jsonl")
    assert "other.jsonl · 9 条评论" in own


def test_categories_of_ones_own_beside_the_shipped_bundle(runs: Path) -> None:
    """Whichever comes first: the labels are in the categories of the run."""
    place = runs / "two" / "bundle" / "manifest.json"
    manifest = Manifest.from_json(place.read_text("utf-8"), "")
    renamed = {"categories": [{"key": "mine", "zh": "我", "en": "mine"}] + [
        {**row, "key": f"my-{row['key']}"} for row in manifest.labels["categories"][1:]
    ]}  # fmt: skip
    place.write_text(replace(manifest, labels={**manifest.labels, **renamed}).to_json(), "utf-8")
    quads = (Quad(None, Span(0, 2), "mine", Polarity.POSITIVE),)
    write_own([replace(row, quads=quads) for row in DEV], Path("mine.jsonl"))
    for systems in (("guandian-small", "runs/two"), ("runs/two", "guandian-small")):
        shown = run("compare", *systems, "--data", "mine.jsonl")
        assert "guandian-small: 类别与标注不同" in shown
        assert "\n mine" in shown


CANNOT = {
    "compare runs/one runs/other": r"different data.*\n.*runs/one on dev\.jsonl \(12 texts",
    "compare runs/one": "nothing to compare it with",
    "compare guandian-small guandian-small": "bundles alone",
    "compare runs/one runs/gone": "there is nothing at runs/gone",
    "compare runs/one runs/half": r"half has no bundle yet: its training (stands at|has kept)",
    "compare runs/one runs/two --part dev": "--part is of --data",
    "compare runs/one runs/two --html there.html": "already exists",
    "list gone": "no folder gone",
    "list runs/empty": "no run in runs/empty",
    "show runs": "is not a run's folder",
    "show gone": "no folder gone",
    "show one": "did you mean 'runs/one'",
    "list one": "did you mean 'runs/one'",
    "compare one": r"there is nothing at one\n.*did you mean 'runs/one'",
    "compare one --before": "there is nothing at one",
}


def test_what_cannot_be_compared_says_why(runs: Path) -> None:
    trained(runs / "other", dev="other.jsonl")
    trained(runs / "half", done=False)
    (runs / "empty").mkdir()
    (runs.parent / "there.html").write_text("kept")
    for asked, words in CANNOT.items():
        with pytest.raises(GuandianError, match=words):
            run(*asked.split())


def test_data_that_changed_since_is_refused(runs: Path) -> None:
    write_own(DEV[:5], runs.parent / "dev.jsonl")
    with pytest.raises(GuandianError, match=r"12 texts, .* then, .*5 texts, .* now"):
        run("compare", "runs/one", "runs/two")


def test_trackers_are_asked_for_by_name() -> None:
    assert trackers_of(None) == ()
    with pytest.raises(GuandianError, match=r"'mlflow'.*\n.*tensorboard, wandb"):
        trackers_of("mlflow")
    with pytest.raises(GuandianError, match="names nothing"):
        trackers_of(" ,")
