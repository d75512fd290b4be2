"""Ray on this machine: trials that Ray Tune places, processes that Ray Train starts."""

from __future__ import annotations

import json
import os
import pickle
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file
from tests.cli.searches import QUICK, RECIPE, SPACE, tune
from tests.tiny_base import reviews, write_base

import guandian
from guandian.cli import main as cli
from guandian.data import write_own
from guandian.errors import GuandianError
from guandian.tuning import search, trial

# Looked for and not imported: that takes seconds of everyone who only collects.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not find_spec("ray"), reason="the extra scale is not installed"),
]


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    """One for all tests: it takes seconds to start."""
    from guandian.cluster.ray_cluster import connected

    os.environ["RAY_worker_niceness"] = "0"  # noqa: SIM112
    with connected(output=True):
        yield


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_own(reviews()[:16], tmp_path / "train.jsonl")
    write_own(reviews()[50:], tmp_path / "dev.jsonl")
    for name in ("a", "b"):
        write_base(tmp_path / "models" / name)
    (tmp_path / "own.toml").write_text(RECIPE, encoding="utf-8")
    (tmp_path / "space.toml").write_text(SPACE, encoding="utf-8")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_an_address_without_a_cluster_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    import ray

    from guandian.cluster.ray_cluster import connected

    monkeypatch.setenv("RAY_ADDRESS", "nowhere")
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    told = r"no Ray cluster answers at nowhere: .*\n  start one with `ray start --head`"
    with pytest.raises(GuandianError, match=told), connected():
        pass


@pytest.mark.usefixtures("cluster")
def test_ray_tune_runs_the_study_and_it_goes_on_without_ray(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A path from here, which Ray's processes must find although they are elsewhere.
    (place / "space.toml").write_text(SPACE.replace('"a"', '"models/a"'), encoding="utf-8")
    (place / "own.toml").write_text(RECIPE.replace('"a"', '"models/a"'), encoding="utf-8")
    assert tune(monkeypatch, place, "--trials", "2", "--processes", "2", "--ray") == 0
    folder = place / "runs" / "own-tune"
    first = json.loads((folder / "found.json").read_text("utf-8"))
    assert [row["state"] for row in first["trials"]] == ["complete", "complete"]
    assert first["trials"][0]["parameters"]["optimisation.learning_rate"] == 0.001
    assert all((folder / row["folder"] / "log.jsonl").is_file() for row in first["trials"])
    assert (folder / "best.toml").is_file()
    assert not (folder / "ray").exists()
    monkeypatch.setattr(trial, "_LEARNING", ("-S", "-c", QUICK))
    monkeypatch.setattr(search, "_LOOK_SECONDS", 0.01)
    monkeypatch.setenv("BEST", "0.002")
    assert tune(monkeypatch, place, "--trials", "4", "--resume") == 0
    then = json.loads((folder / "found.json").read_text("utf-8"))
    assert len(then["trials"]) == 4
    assert then["trials"][:2] == first["trials"]


@pytest.mark.usefixtures("cluster")
def test_a_trial_of_ray_that_no_score_ends_is_ended_by_the_time(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    long = ("--set", "optimisation.epochs=9999", "--set", "evaluation.every=99999")
    assert tune(monkeypatch, place, "--minutes", "0.1", "--ray", *long) == 2
    assert "no trial was complete: the time was over" in capsys.readouterr().err


@pytest.mark.filterwarnings("ignore::DeprecationWarning:ray")  # of its own settings
@pytest.mark.usefixtures("cluster")
def test_processes_that_ray_starts_learn_what_one_does(
    place: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    steady = ["--set", "optimisation.accumulate=2", "--set", "optimisation.precision=fp32"]
    steady += ["--set", "base.model=models/a"]  # from here, and Ray's processes are elsewhere
    assert train(monkeypatch, "-o", "one", *steady) == 0
    assert train(monkeypatch, "-o", "two", *steady, "--workers", "2") == 0
    one, two = (load_file(place / run / "best.safetensors") for run in ("one", "two"))
    assert all(abs(one[name] - two[name]).max() < 1e-5 for name in one)
    assert (place / "two" / "bundle" / "manifest.json").is_file()
    assert not (place / "two.ray").exists()
    assert train(monkeypatch, "-o", "two", *steady, "--workers", "2") == 2
    assert "holds a run already" in capfd.readouterr().err
    assert train(monkeypatch, "-o", "two", *steady, "--workers", "2", "--resume") == 0
    assert "finished before" in capfd.readouterr().out
    from guandian.training.parallel import ray_training

    steps = {
        "optimisation.accumulate": 2,
        "optimisation.precision": "fp32",
        "base.model": "models/a",
    }
    # From Python another function takes part. It does so here, by all that Ray would be given: the
    # command shows that Ray starts processes, which takes a busy machine a minute and more.
    counts: list[int] = []

    def joined(
        work: Callable[[dict[str, Any]], None], config: dict[str, Any], _: Path, count: int
    ) -> None:
        counts.append(count)
        sent, given = pickle.loads(pickle.dumps((work, config)))
        sent(given)

    with monkeypatch.context() as patch:
        patch.setattr(ray_training, "train_on_ray", joined)
        run = guandian.train("own.toml", folder="three", changes=steps, workers=2)
    assert run.state == "finished" and counts == [2]
    three = load_file(place / "three" / "best.safetensors")
    assert all(abs(two[name] - three[name]).max() < 1e-5 for name in two)
    assert train(monkeypatch, "-o", "four", *steady, "--workers", "3") == 2
    assert "--set optimisation.accumulate=3" in capfd.readouterr().err
    assert train(monkeypatch, "-o", "four", "--workers", "2", "--parallel", "layers") == 2
    assert "--parallel layers is for one process" in capfd.readouterr().err
    assert not (place / "four").exists()
    many = ["--set", "optimisation.accumulate=9999", "--workers", "9999"]
    assert train(monkeypatch, "-o", "four", *many) == 2
    assert "say --workers" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("gpus", "parts", "each"), [(1, 2, 0.5), (2, 2, 1.0), (3, 2, 1.0), (4, 2, 2.0)]
)
def test_a_process_has_whole_gpus_or_a_part_of_one(gpus: int, parts: int, each: float) -> None:
    from guandian.cluster.ray_cluster import share_of

    assert share_of({"CPU": 4.0, "GPU": float(gpus)}, parts) == {"CPU": 2.0, "GPU": each}
    assert share_of({"CPU": 1.0}, parts) == {"CPU": 1.0}


def train(monkeypatch: pytest.MonkeyPatch, *args: str) -> int:
    monkeypatch.setattr(sys, "argv", ["guandian", "train", "own.toml", *args])
    with pytest.raises(SystemExit) as left:
        cli.main()
    return int(left.value.code or 0)
