"""Tiny bases compared, a process each: scores, costs, picks, and what is missing or failed."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from tests.tiny_base import reviews, write_base

from guandian.cli import main as cli
from guandian.cli import models
from guandian.data import write_own
from guandian.domain import Polarity
from guandian.experiments.compare_models import CandidateModels, compare_models
from guandian.experiments.model_ranking import Entry, ModelRanking, SeedRun
from guandian.tracking import subprocesses as processes
from guandian.tracking.run_folder import open_run
from guandian.tracking.subprocesses import Cost, finished

SMALL = Path(str(files("guandian").joinpath("assets", "bundles", "guandian-small")))

RECIPE = """
name = "own"
categories = "own"
holdout = 0.0
data = [{ corpus = "train.jsonl" }]
base = { model = "elsewhere", layers = 1 }
optimisation = { epochs = 1, batch_texts = 8 }
evaluation = { corpora = ["dev.jsonl"], most = 2 }
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a recipe, own files and bases."""
    folder = tmp_path_factory.mktemp("models")
    write_own(reviews()[:16], folder / "train.jsonl")
    dev = [replace(r, quads=None, sentiment=Polarity.POSITIVE) for r in reviews()[50:]]
    assert any(letter >= "\U0001f300" for review in reviews() for letter in review.text)
    write_own(dev, folder / "dev.jsonl")
    (folder / "own.toml").write_text(RECIPE, encoding="utf-8")
    for name in ("a", "org/b", "broken"):
        write_base(folder / "models" / name, "electra" if name == "a" else "bert")
    return folder


def compare(monkeypatch: pytest.MonkeyPatch, place: Path, *args: str) -> int:
    monkeypatch.chdir(place)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(sys, "argv", ["guandian", "models", "compare", "own.toml", *args])
    with pytest.raises(SystemExit) as left:
        cli.main()
    return int(left.value.code or 0)


@pytest.mark.slow
def test_models_are_compared_and_one_that_fails_is_left_out(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = processes._run

    def breaking(command: Sequence[str], folder: Path) -> int:
        if folder.name != "broken-1":
            return run(command, folder)
        processes.log_of(folder).write_text("guandian: the weights are broken\n  mend", "utf-8")
        return 2

    monkeypatch.setattr(processes, "_run", breaking)
    # A second training would take as long and show no more than one that is there already.
    asked = CandidateModels(
        place / "own.toml", place, place / "runs" / "own-models", ("org/b",), (1,)
    )
    open_run(asked.place("org/b", 1), asked.read("org/b", 1), "new")
    shutil.copytree(SMALL, asked.place("org/b", 1) / "bundle")
    names = ("--models", "a,org/b,broken", "--seeds", "1", "--resume")
    assert compare(monkeypatch, place, *names, "--json", "found.json", "--by", "cost") == 1
    told = capsys.readouterr()
    assert "[2/3] org/b, seed 1: 早已完成，无需重做 finished before" in told.err
    assert "[1/3] a, seed 1: 训练 training → runs/own-models/a-1.txt" in told.err
    assert "broken, seed 1: 失败 failed: the training in runs/own-models/broken-1" in told.err
    assert "ended with 2: the weights are broken" in told.err
    found = json.loads((place / "found.json").read_text("utf-8"))
    assert [row["model"] for row in found["models"]] == ["a", "org/b"]
    assert found["measures"] == {"dev.jsonl": "sentiment"}
    assert list(found["failed"]) == ["broken, seed 1"]
    for row in found["models"]:
        assert row["reviews_per_second"] > 0
        assert 0 < row["parameters"]["encoder"] < row["parameters"]["whole"]
        (run,) = row["runs"]
        assert 0 <= run["score"] <= 1
        assert finished(Path(run["bundle"]).parent)
    (run,) = found["models"][0]["runs"]
    assert 0 < run["processor_minutes"] < 10
    assert run["minutes"] > 0
    assert 0.1 < run["gigabytes"] < 10
    assert f"选用 pick: {found['pick']} → " in told.out

    def never(*args: object) -> int:
        raise AssertionError("a finished run was run again")

    monkeypatch.setattr(processes, "_run", never)
    assert compare(monkeypatch, place, "--models", "a,org/b", "--seeds", "1", "--resume") == 0
    again = capsys.readouterr()
    assert "org/b, seed 1: 早已完成，无需重做 finished before" in again.err
    # From Python by the same words.
    candidates = replace(asked, models=("a", "org/b"))
    comparison = compare_models(candidates, lambda _: None, resume=True)
    assert comparison.pick("cost").model == found["pick"]
    assert compare(monkeypatch, place, "--models", "a", "--seeds", "1") == 2
    assert "--resume to go on" in capsys.readouterr().err
    changed = ("--models", "a", "--seeds", "1", "--resume", "--set", "optimisation.epochs=2")
    assert compare(monkeypatch, place, *changed) == 2
    assert "begun by another recipe; optimisation.epochs: 1.0 then, 2.0 now" in (
        capsys.readouterr().err
    )


def counted(*scores: int) -> Any:
    """So many right of ten opinions of each review."""
    return np.array([[score, 10, 10] for score in scores])


def entry(model: str, *runs: SeedRun, speed: float = 100.0) -> Entry:
    return Entry(model, runs, 1, 2, speed)


def test_what_the_gate_refused_is_never_picked_in_silence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = SeedRun(1, tmp_path / "a-1" / "bundle", Cost(), counted(8, 8))
    best = SeedRun(1, tmp_path / "b-1" / "bundle.unchecked", Cost(), counted(9, 9))
    second = SeedRun(2, tmp_path / "a-2" / "bundle.unchecked", Cost(), counted(9, 9))
    found = ModelRanking("r", {"d": "quad"}, [entry("a", good, second), entry("b", best, best)], {})
    assert found.best.model == "b"
    for by in ("quality", "cost"):
        assert found.pick(by).model == "a"  # type: ignore[arg-type]
        assert found.pick(by).pick is good  # type: ignore[arg-type]
    told = found.to_json("quality")
    assert (told["pick"], told["pick_refused"]) == ("a", False)
    assert [[run["refused"] for run in row["runs"]] for row in told["models"]] == [  # type: ignore[attr-defined]
        [False, True], [True, True],
    ]  # fmt: skip
    asked = CandidateModels(
        Path("own.toml"), Path(), tmp_path, ("a", "b"), (1, 2), ("seed=7", "k=1")
    )
    console = Console(width=300, highlight=False)
    models._show(found, "quality", console)
    models._tell_refused(found, asked, console)
    said = capsys.readouterr().out
    assert "1/2 未通过核对 refused" in said
    assert f"选用 pick: a → {tmp_path}/a-1/bundle\n" in said
    assert (
        f"b, seed 1; 不取整导出 export it without rounding: guandian train own.toml --root . "
        f"-o {tmp_path}/b-1 --resume --precision float32 --set k=1 --set 'base.model=\"b\"' "
        "--set seed=1\n"
    ) in said
    alone = ModelRanking("r", {"d": "quad"}, [entry("b", best)], {})
    assert alone.pick("cost").refused
    models._show(alone, "cost", console)
    assert "bundle.unchecked （未通过核对，请先重新导出） (REFUSED" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (
            ("--models", "a,gone,org/lost"),
            r"2 of 3 models cannot be compared:\n.*'gone'.*\n.*hf download gone --local-dir "
            r"models/gone.*\n.*'org/lost'.*\n.*--local-dir models/org/lost",
        ),
        (("--models", "a,org/b", "--set", "base.layers=9"), r"9 layers of a, which has 2"),
        (
            ("--models", "a", "--set", "method.kind=frozen", "--set", "method.layers=9"),
            "1 of 1 model cannot be compared:\n.*9 frozen layers",
        ),
        (("--models", "a", "--set", "evaluation.corpora=[]"), "scores on no dev set"),
        (("--models", ","), "names no model"),
        (("--models", "a", "--seeds", "one"), "--seeds takes numbers between commas, got 'one'"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_trained(
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    args: tuple[str, ...],
    words: str,
) -> None:
    assert compare(monkeypatch, place, *args, "-o", "untouched") == 2
    assert re.search(words, said := capsys.readouterr().err), said
    assert not (place / "untouched").exists()


@pytest.mark.slow
def test_an_interrupt_ends_the_process_and_tells_how_to_go_on(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wait, children = os.wait4, list[int]()

    def interrupted(child: int, options: int) -> Any:
        children.append(child)
        if len(children) == 1:
            raise KeyboardInterrupt
        return wait(child, options)

    monkeypatch.setattr(os, "wait4", interrupted)
    args = ("--models", "a", "--seeds", "2", "-o", "stopped")
    assert compare(monkeypatch, place, *args) == 130
    again = "guandian models compare own.toml --models a --seeds 2 -o stopped"
    assert (
        f"中断 interrupted; 什么也没有保留 nothing is kept; 重新开始 begin again with: {again}\n"
        in capsys.readouterr().err
    )
    with pytest.raises(ProcessLookupError):
        os.kill(children[0], 0)
    assert not (place / "stopped").exists()
