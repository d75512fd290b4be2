"""`guandian continual`: the table, the figures, the page; what it refuses before it learns."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.called import called
from tests.experiments.continual.fixtures import GROUPS, recipe, write_domains

RECIPE = """
name = "tiny"
base.model = "base"
data = [{corpus = "train.jsonl"}]
categories = "own"
holdout = 0
optimisation = {epochs = 1, batch_texts = 15, precision = "fp32"}
evaluation = {corpora = ["dev.jsonl"], most = 4}
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_domains(tmp_path_factory.mktemp("continual"))
    (folder / "tiny.toml").write_text(RECIPE.replace('"base"', f'"{folder / "base"}"'), "utf-8")
    return folder


def run(root: Path, *words: str, language: str | None = None):  # type: ignore[no-untyped-def]
    line = ("continual", root / "tiny.toml", "--root", root, "--groups")
    return called(*line, *words, language=language)


def test_methods_are_compared_and_what_is_forgotten_told(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "all"
    words = ("-o", str(out), "--methods", "sequential,joint", "--seeds", "1,2")
    done = run(root, *words, language="en")
    assert done.returncode == 0, done.stderr
    assert "forgotten, points" in done.stdout
    assert "all domains at once: the upper bound" in done.stdout
    figures = json.loads((out / "continual.json").read_text("utf-8"))
    assert figures["format"] == "guandian-continual/1"
    assert figures["domains"] == list(GROUPS)
    assert [row["method"] for row in figures["methods"]] == ["sequential", "joint"]
    assert all(set(run["rows"]) == {"0", "1"} for run in figures["methods"][0]["runs"])
    page = (out / "continual.html").read_text("utf-8")
    assert "<b>books" not in page  # a group's name is anybody's text
    assert "&lt;b&gt;books" in page
    assert page.count("<svg") == 1
    assert "<script" not in page
    assert (out / "continual.png").read_bytes().startswith(b"\x89PNG")
    # Again: refused; then gone on with, nothing learned and the same told.
    again = run(root, *words)
    assert again.returncode == 2
    assert "continual.json already exists" in again.stderr
    resumed = run(root, *words, "--resume", language="en")
    assert resumed.stdout == done.stdout
    assert "finished before" not in resumed.stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--methods", "replays"), "no method 'replays'"),
        (("--methods", ","), "no method is named"),
        (("--with", "replay.shares=1"), "unknown key 'replay.shares'"),
        (("--with", "replay.share=2"), "replay.share"),
        (("--with", "adapters.method.kind=full"), "adapters.method.kind"),
        (("--domains", "手机,phones"), "no domain 'phones'"),
        (("--domains", "手机"), "a sequence needs two domains"),
        (("--set", "method.kind=lora"), "the method adapters adds low-rank updates by itself"),
        (("--seeds", "one"), "--seeds takes numbers"),
    ],
)
def test_what_is_refused_before_anything_is_learned(
    root: Path, tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    done = run(root, "-o", str(tmp_path / "out"), *words)
    assert done.returncode == 2
    assert told in done.stderr
    assert not (tmp_path / "out").exists()


def test_the_base_that_is_read_is_not_removed(root: Path, tmp_path: Path) -> None:
    inside = write_domains(tmp_path / "sequential-1" / "domain-1")
    (inside / "tiny.toml").write_text(RECIPE.replace('"base"', f'"{inside / "base"}"'), "utf-8")
    words = ("--methods", "sequential", "--seeds", "1", "--overwrite")
    done = run(inside, "-o", str(tmp_path), *words)
    assert done.returncode == 2
    assert (inside / "train.jsonl").is_file()
    assert (inside / "base" / "model.safetensors").is_file()
    assert recipe(inside).name == "tiny"
