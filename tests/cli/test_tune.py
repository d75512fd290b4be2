"""Searches whose trials are quick processes: budgets, failures, pruning, kills, what is written."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import optuna
import pytest
from tests.cli.searches import QUICK, RECIPE, SPACE, tune
from tests.tiny_base import reviews, write_base

from guandian.data import write_own
from guandian.domain import Polarity
from guandian.errors import GuandianError
from guandian.recipes.recipe import load_recipe
from guandian.tracking.run_folder import open_run
from guandian.tuning import search, study, trial
from guandian.tuning.study import Study
from guandian.tuning.trial import Following


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with own files and two bases."""
    folder = tmp_path_factory.mktemp("tune")
    write_own(reviews()[:16], folder / "train.jsonl")
    assert any(letter >= "\U0001f300" for review in reviews()[:16] for letter in review.text)
    dev = [replace(row, quads=None, sentiment=Polarity.POSITIVE) for row in reviews()[50:]]
    write_own(dev, folder / "dev.jsonl")
    for name in ("a", "b"):
        write_base(folder / "models" / name)
    return folder


@pytest.fixture
def place(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The present folder with a recipe and a space; trials are quick, best at a rate of 0.002."""
    (tmp_path / "own.toml").write_text(RECIPE, encoding="utf-8")
    (tmp_path / "space.toml").write_text(SPACE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("BEST", "0.002")
    monkeypatch.setattr(trial, "_LEARNING", ("-S", "-c", QUICK))
    monkeypatch.setattr(search, "_LOOK_SECONDS", 0.01)
    monkeypatch.setattr(sys, "argv", ["guandian"])
    return tmp_path


def test_a_search_finds_writes_and_draws_and_goes_on(
    place: Path, data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WORST", "0.004")
    assert tune(monkeypatch, data, "--trials", "11", "--processes", "2") == 0
    told = capsys.readouterr()
    folder = place / "runs" / "own-tune"
    found = json.loads((folder / "found.json").read_text("utf-8"))
    assert len(found["trials"]) == 11
    first, *_ = found["trials"]
    assert first["parameters"] == {
        "base.model": "a", "method": "unset", "optimisation.learning_rate": 0.001,
    }  # fmt: skip
    assert found["recipe_itself"] == pytest.approx(0.999)
    scores = [row["score"] for row in found["trials"] if row["state"] == "complete"]
    assert found["best"]["score"] == max(scores) > 0.999
    failed = [row for row in found["trials"] if row["state"] == "failed"]
    assert failed
    assert all(row["parameters"]["optimisation.learning_rate"] > 0.004 for row in failed)
    assert failed[0]["reason"] == "the loss is not a number at step 3"
    assert f"#{failed[0]['number']} 失败 failed" in told.err
    assert found["importance"] == {}
    assert "complete trials carry none, 20 would" in told.out
    best = load_recipe(folder / "best.toml")
    assert best.optimisation.learning_rate == found["best"]["keys"]["optimisation.learning_rate"]
    assert best.optimisation.batch_texts == 8
    assert (folder / "history.png").read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in (folder / "history.svg").read_bytes()
    assert not (folder / "importance.png").exists()
    kept = [path.parent.name for path in folder.glob("trial-*/best.safetensors")]
    assert kept == [f"trial-{found['best']['number']:04d}"]
    assert f"-o runs/own-tune/{kept[0]} --resume" in told.out

    assert tune(monkeypatch, data, "--trials", "11") == 2
    assert "holds a study already" in capsys.readouterr().err
    assert tune(monkeypatch, data, "--trials", "11", "--resume") == 0
    again = json.loads((folder / "found.json").read_text("utf-8"))
    assert again["trials"] == found["trials"]
    (place / "space.toml").write_text(SPACE.replace("1e-4", "1e-5"), encoding="utf-8")
    assert tune(monkeypatch, data, "--trials", "12", "--resume", "--set", "holdout=0.1") == 2
    assert re.search(
        r"recipe.holdout: 0.0 then, 0.1 now; "
        r"space.optimisation.learning_rate.low: 0.0001 then, 1e-05 now",
        capsys.readouterr().err,
    )


@pytest.mark.slow
def test_importance_is_told_where_there_are_trials_enough(
    place: Path, data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tune(monkeypatch, data, "--trials", "26", "--processes", "3", "--no-pruning") == 0
    told, folder = capsys.readouterr().out, place / "runs" / "own-tune"
    found = json.loads((folder / "found.json").read_text("utf-8"))
    assert list(found["importance"]) == ["optimisation.learning_rate"]
    assert re.search(r"optimisation.learning_rate +\d\d", told)
    assert (folder / "importance.png").read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in (folder / "importance.svg").read_bytes()


def test_what_was_enqueued_outside_the_space_is_not_run(
    place: Path, data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tune(monkeypatch, data, "--trials", "1") == 0
    folder = place / "runs" / "own-tune"
    other = optuna.load_study(study_name="guandian", storage=f"sqlite:///{folder / 'study.db'}")
    point = {"base.model": "a", "method": "unset", "optimisation.learning_rate": 99.0}
    other.enqueue_trial(point)
    other.enqueue_trial(point | {"base.model": "thesis", "optimisation.learning_rate": 1e-3})
    assert tune(monkeypatch, data, "--trials", "4", "--resume") == 0
    found = json.loads((folder / "found.json").read_text("utf-8"))
    told = [(row["state"], row["reason"]) for row in found["trials"]]
    assert told == [
        ("complete", ""),
        (
            "failed",
            "optimisation.learning_rate = 99 was enqueued, and the space has 0.0001 to 0.01",
        ),
        ("failed", "base.model was enqueued with none of a, b"),
        ("complete", ""),
    ]
    assert not (folder / "trial-0001").exists()


def test_the_sampler_is_what_the_docs_say() -> None:
    """Of Optuna 4 and 5, whose defaults differ."""
    sampler = study._sampler(7)
    assert (sampler._multivariate, sampler._group, sampler._constant_liar) == (True, True, True)
    assert (sampler._n_startup_trials, sampler._n_ei_candidates) == (10, 24)


def test_points_that_the_recipe_does_not_take_are_told_together(
    place: Path, data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "space.toml").write_text(
        'base.model = ["a", "gone"]\n'
        'method = [{ kind = "frozen" }, { kind = "lora", rank = [2, 0] }]\n'
        'objective.adversary = [{}, { kind = "fgm" }]\noptimisation.learning_rat = [1, 2]\n'
        "optimisation.batch_texts = { low = 1.0, high = 8.0 }\n",
        encoding="utf-8",
    )
    assert tune(monkeypatch, data, "--trials", "1") == 2
    told = capsys.readouterr().err
    for words in (
        "5 points that the recipe does not take",
        "no base model 'gone'",
        "method.lora.rank takes a number above 0, found",
        r"unknown key 'optimisation.learning_rat'\n.*known there: .*learning_rate",
        "batch_texts takes a whole number",
        r"frozen layers.*\n.*kind = \"frozen\" } with objective.adversary = { kind = \"fgm\" }",
    ):
        assert re.search(words, told), told
    assert not (place / "runs").exists()
    assert tune(monkeypatch, data, "--trials", "1", "--set", "evaluation.corpora=[]") == 2
    assert tune(monkeypatch, data) == 2
    said = capsys.readouterr().err
    assert "scores on no dev set" in said
    assert "a search needs a budget" in said


def test_a_budget_of_time_stops_what_runs_and_nothing_complete_is_told(
    place: Path, data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SLOW", "9")
    assert tune(monkeypatch, data, "--minutes", "0.01") == 2
    told = capsys.readouterr().err
    assert "no trial was complete: the time was over" in told
    assert "中止 stopped early" in told


def test_a_search_whose_trials_all_fail_ends(
    place: Path, data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(trial, "_LEARNING", ("-c", "import os; os.kill(os.getpid(), 9)"))
    assert tune(monkeypatch, data, "--trials", "50") == 2
    told = capsys.readouterr().err
    assert "the first 5 trials all failed: killed by the system" in told


def test_ctrl_c_ends_the_processes_and_resume_goes_on_in_their_folder(
    place: Path, data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SLOW", "9")
    begun: list[subprocess.Popen[bytes]] = []
    fresh = trial.Trial.fresh

    def interrupted(self: trial.Trial) -> list[trial.Score]:
        begun.append(self._process)
        if len(begun) > 1:
            raise KeyboardInterrupt
        return fresh(self)

    monkeypatch.setattr(trial.Trial, "fresh", interrupted)
    assert tune(monkeypatch, data, "--trials", "2") == 130
    assert "--trials 2 --resume" in capsys.readouterr().err
    assert begun[0].poll() is not None
    monkeypatch.setattr(trial.Trial, "fresh", fresh)
    monkeypatch.setenv("SLOW", "0")
    assert tune(monkeypatch, data, "--trials", "2", "--resume") == 0
    found = json.loads((place / "runs" / "own-tune" / "found.json").read_text("utf-8"))
    told = [(row["number"], row["state"], row["folder"]) for row in found["trials"]]
    assert told == [
        (0, "interrupted", "trial-0000"),
        (1, "complete", "trial-0000"),
        (2, "complete", "trial-0002"),
    ]


def test_weak_trials_are_stopped_once_five_are_complete(place: Path) -> None:
    with Study(place / "study", {"of": 1}, 1, resume=False, pruning=True) as asked:
        for best in (0.5, 0.6, 0.7, 0.8, 0.9):
            turn = asked.next(None)
            assert turn is not None
            assert not any(turn.report(tenth / 10, best) for tenth in range(1, 11))
            asked.end(turn, "complete", best)
        weak, good = asked.next(None), asked.next(7)
        assert weak is not None
        assert good is not None
        assert asked.next(7) is None
        assert not weak.report(0.25, 0.1)
        assert weak.report(0.31, 0.69)
        assert not weak.report(0.35, 0.69)
        assert not good.report(0.9, 0.71)
        # The same study opened beside it: joined without --resume; what runs here is not taken.
        with Study(place / "study", {"of": 1}, 1, resume=False, pruning=True) as beside:
            assert [row.state for row in beside.rows()][5:] == ["running", "running"]
            other = beside.next(None)
            assert other is not None
            assert other.number == 7
        assert study._held(place / "study" / "searchers" / Path(asked._own.lock_file).name)
        asked.next(None)
        assert [row.state for row in asked.rows()][5:] == [
            "running", "running", "interrupted", "running",
        ]  # fmt: skip


def test_a_folder_or_file_of_something_else_is_refused(
    place: Path, data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    other = place / "other"
    other.mkdir()
    (other / "study.db").write_text("no data base", encoding="utf-8")
    assert tune(monkeypatch, data, "--trials", "1", "-o", "other", "--resume") == 2
    assert "study.db cannot be read as a study" in capsys.readouterr().err
    (other / "study.db").rename(other / "thesis.doc")
    assert tune(monkeypatch, data, "--trials", "1", "-o", "other") == 2
    assert "other is not a study's folder" in capsys.readouterr().err


def test_a_study_that_another_program_holds_says_so(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(study, "_WAIT_SECONDS", 0.1)
    file = place / "study" / "study.db"

    def search_while_it_is_held() -> None:
        with (
            Study(file.parent, {"of": 1}, 1, resume=False, pruning=True) as asked,
            closing(sqlite3.connect(file, isolation_level=None)) as other,
        ):
            other.execute("BEGIN EXCLUSIVE")
            asked.next(None)

    with pytest.raises(GuandianError, match=r"study\.db cannot be written: .*locked.*\n.*--resume"):
        search_while_it_is_held()
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(GuandianError, match=r"locked\n.*end what else holds it"):
            Study(file.parent, {"of": 1}, 1, resume=True, pruning=True)


def test_scores_of_stages_are_not_the_trials(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"event": "began", "name": "first"}, {"event": "stage", "name": "reading"},
        {"event": "stepped", "step": 9, "steps": 9}, {"event": "scored", "step": 9, "mean": 0.9},
        {"event": "stage", "name": "reading"}, {"event": "scored", "step": 1, "mean": 0.3},
    ]  # fmt: skip
    log = tmp_path / "log.jsonl"
    following = Following(log)
    assert following.fresh() == []
    log.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert following.fresh() == []
    with log.open("a", encoding="utf-8") as file:
        file.write('{"event": "stepped", "step": 2, "steps": 4}\n{"event": "scored", "st')
    assert following.fresh() == [(0.25, 0.3)]
    with log.open("a", encoding="utf-8") as file:
        file.write('ep": 2, "mean": 0.2}\n')
    assert following.fresh() == [(0.5, 0.3)]


def test_a_trial_that_patience_ends_before_its_steps_are_told_has_its_scores(
    tmp_path: Path,
) -> None:
    log = tmp_path / "log.jsonl"
    rows = [
        {"event": "scored", "step": 1, "mean": 0.3},
        {"event": "scored", "step": 2, "mean": 0.2},
        {"event": "ended", "step": 2, "steps": 8, "stale": 1},
    ]
    log.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    following = Following(log)
    assert following.fresh() == [(0.125, 0.3), (0.25, 0.3)]
    assert following.share == 0.25


@pytest.mark.slow
def test_a_trial_trains_in_a_process_and_train_can_go_on_from_it(
    place: Path, data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(trial, "_LEARNING", ("-m", "guandian.tuning.trial_worker"))
    assert tune(monkeypatch, data, "--trials", "1") == 0
    assert re.search(
        r"the best trial took \d steps alone, too few to learn", capsys.readouterr().out
    )
    folder = place / "runs" / "own-tune"
    run = folder / "trial-0000"
    log = [json.loads(row) for row in (run / "log.jsonl").read_text("utf-8").splitlines()]
    scores = [row["mean"] for row in log if row["event"] == "scored"]
    (row,) = json.loads((folder / "found.json").read_text("utf-8"))["trials"]
    assert row["score"] == max(scores)
    assert (run / "best.safetensors").is_file()
    assert (run / "checkpoint" / "state.json").is_file()
    assert open_run(run, load_recipe(folder / "best.toml"), "resume") is False
