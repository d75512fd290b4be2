"""Runs under several seeds become one model by the mean of their weights."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file
from tests.pipelines.fixtures import LEARNED, UNSEEN, recipe, write_asqp
from tests.tiny_base import write_base

from guandian.domain import Review
from guandian.errors import GuandianError
from guandian.modeling.model import OpinionModel
from guandian.pipelines import open_miner
from guandian.pipelines.averaging import average_runs, recipe_of_average
from guandian.pipelines.train import TrainingJob, train
from guandian.tasks.inference import Forward
from guandian.training import validation

pytestmark = pytest.mark.slow
OPTIMISATION = {"epochs": 2, "learning_rate": 2e-3, "batch_tokens": 400}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("root")
    for name, records in (("train", LEARNED), ("dev", UNSEEN)):
        write_asqp(records, folder / "data" / "asqp_zh-FoodBeverage" / f"{name}.txt")
    write_base(folder / "models" / "tiny-bert")
    for seed in (1, 2):
        tiny = recipe(seed=seed, optimisation=OPTIMISATION)
        train(TrainingJob(tiny, folder, folder / f"seed-{seed}"))
    return folder


def job(root: Path, runs: list[Path], name: str) -> TrainingJob:
    return TrainingJob(recipe_of_average(runs, "2.0.0"), root, root / name)


def test_the_weights_are_the_mean_and_the_bundle_mines(root: Path) -> None:
    runs = [root / "seed-1", root / "seed-2"]
    run = average_runs(runs, job(root, runs, "mean"))
    first, second, mean = (
        load_file(folder / "best.safetensors") for folder in (*runs, root / "mean")
    )
    assert any(not np.array_equal(first[name], second[name]) for name in first)
    for name, value in mean.items():
        expected = (first[name].astype(np.float64) + second[name]) / 2
        assert np.array_equal(value, expected.astype(value.dtype)), name
    assert run.bundle.manifest.version == "2.0.0"
    assert "mean of those of 2 runs" in run.bundle.file("card.md").read_text("utf-8")
    (mined,) = open_miner(run.bundle.path).mine([Review("1", LEARNED[0].text)])
    assert mined.model == run.bundle.manifest.id


def test_the_confidence_is_fitted_without_dropout(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, forward_of = [], validation.forward_of

    def spied(model: OpinionModel) -> Forward:
        seen.append(model.training)
        return forward_of(model)

    monkeypatch.setattr(validation, "forward_of", spied)
    runs = [root / "seed-1", root / "seed-2"]
    average_runs(runs, job(root, runs, "fitted"))
    assert seen and not any(seen)


def test_the_order_of_the_runs_changes_nothing(root: Path) -> None:
    runs = [root / "seed-1", root / "seed-2"]
    for name, order in (("one-way", runs), ("other-way", runs[::-1])):
        average_runs(order, job(root, runs, name))
    weights = [(root / name / "best.safetensors").read_bytes() for name in ("one-way", "other-way")]
    assert weights[0] == weights[1]


def test_runs_that_do_not_belong_together_are_refused(root: Path, tmp_path: Path) -> None:
    runs = [root / "seed-1", root / "seed-2"]
    with pytest.raises(GuandianError, match="two different runs"):
        recipe_of_average([runs[0], runs[0]])
    other_texts = recipe(seed=3, optimisation=OPTIMISATION, holdout=0.1)
    other = TrainingJob(other_texts, root, tmp_path / "longer")
    with pytest.raises(GuandianError, match=r"seed-1 was trained by another recipe: holdout"):
        average_runs(runs, other)
    (tmp_path / "bare").mkdir()
    with pytest.raises(GuandianError, match="run"):
        average_runs([runs[0], tmp_path / "bare"], job(root, runs, "none"))
    assert not (root / "none").exists()


def test_a_run_and_what_went_on_from_it_belong_together(root: Path) -> None:
    first = root / "seed-1"
    later = recipe(
        seed=3,
        optimisation=OPTIMISATION,
        base={"model": str(first / "bundle")},
        weights={"polarity": 2.0},
    )
    train(TrainingJob(later, root, root / "later"))
    runs = [root / "later", first]
    average_runs(runs, job(root, runs, "both"))
    with pytest.raises(GuandianError, match=r"seed-2 was trained by another recipe: base, weights"):
        average_runs([*runs, root / "seed-2"], job(root, runs, "three"))


def test_an_average_is_not_written_onto_its_runs(root: Path) -> None:
    runs = [root / "seed-1", root / "seed-2"]
    before = (root / "seed-1" / "best.safetensors").read_bytes()
    with pytest.raises(GuandianError):
        average_runs(runs, job(root, runs, "seed-1"))
    assert (root / "seed-1" / "best.safetensors").read_bytes() == before
    shutil.copytree(root / "seed-2", root / "kept")
    with pytest.raises(GuandianError, match=r"holds a run already\n.*--overwrite") as refusal:
        average_runs(runs, job(root, runs, "kept"))
    assert "--resume" not in str(refusal.value), "an average has no such option"
