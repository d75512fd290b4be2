"""Several bundles as one: made, mined with, refused, imitated; and scored in a matrix.

One tiny bundle is trained; the second is that one with other numbers in its heads.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load
from tests.tiny_base import config, reviews, write_base

import guandian as api
from guandian.bundle import Bundle, Ensemble, QuantizedWeights, amend_bundle, write_bundle
from guandian.bundle.bundle import TOKENIZER, WEIGHTS
from guandian.bundle.weights import offsets
from guandian.cli import main as cli
from guandian.data import write_own
from guandian.domain import Polarity, Quad, Review, Span
from guandian.engine import Engine
from guandian.errors import BundleError, GuandianError
from guandian.experiments.ensembles import by_seeds
from guandian.experiments.several_runs import NextRun
from guandian.experiments.transfer import find_domains, plan_runs, transfer_matrix
from guandian.modeling.encoders.pretrained import build_encoder
from guandian.modeling.model import OpinionModel
from guandian.pipelines import make_ensemble, open_miner, train_bundle
from guandian.pipelines.train import TrainingJob
from guandian.recipes.recipe import Recipe, load_recipe, parse_recipe
from guandian.tasks.confidence_features import Confidence, Logistic, mean_confidence
from guandian.tasks.head_spec import HeadSpec
from guandian.tracking.events import Event, Stepped, ignore
from guandian.tracking.run_folder import open_run
from guandian.training.data.dataset import gather

pytestmark = pytest.mark.slow

RECIPE = """
name = "own"
categories = "own"
holdout = 0.0
data = [{ corpus = "train.jsonl" }]
base = { model = "tiny-bert", layers = 1 }
optimisation = { epochs = 6, batch_texts = 8, learning_rate = 4e-3, head_learning_rate = 4e-3 }
"""
ROWS = [Review(row.id, row.text) for row in reviews()[50:]]


@dataclass(frozen=True)
class Made:
    """A folder with data, models and `runs/own`, which holds two seeds and their ensemble."""

    root: Path

    @property
    def seeds(self) -> list[Path]:
        return [self.root / "runs" / "own" / f"seed-{k}" / "bundle" for k in (1, 2)]

    @property
    def folder(self) -> Path:
        return self.root / "runs" / "own" / "ensemble"


def guandian(*args: str) -> int:
    """Call the command in this process; its exit code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["guandian", *args])
        with pytest.raises(SystemExit) as left:
            cli.main()
    return int(left.value.code or 0)


def altered(bundle: Bundle) -> None:
    """Other numbers in the heads: as good as another seed, without another export."""
    content = bytearray(bundle.weights.read_bytes())
    arrays = load(bytes(content))
    for name, (first, size) in offsets(bytes(content)).items():
        if name.startswith("heads") and arrays[name].dtype == np.float32:
            np.frombuffer(content, np.float32, size // 4, first)[:] *= 1.5
    amend_bundle(bundle, files={WEIGHTS: bytes(content)})


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    root = tmp_path_factory.mktemp("root")
    write_own(reviews()[:40], root / "train.jsonl")
    (root / "own.toml").write_text(RECIPE, encoding="utf-8")
    write_base(root / "models" / "tiny-bert")
    found = Made(root)
    asked = load_recipe(root / "own.toml")
    for folder, recipe in zip(found.seeds, by_seeds(asked, (1, 2)).values(), strict=True):
        open_run(folder.parent, recipe, "new")
    train_bundle(asked, root, found.seeds[0].parent, ignore)
    altered(Bundle.open(shutil.copytree(*found.seeds)))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        assert guandian("train", "own.toml", "--seeds", "1,2", "--resume") == 0
    return found


def test_an_ensemble_averages_the_members_arrays(made: Made) -> None:
    ids = np.array([[1, 5, 9, 7, 2]] * 3)
    ensemble = open_miner(made.folder, threads=1)
    found = ensemble.reader.forward(ids)
    members = [Engine.open(Bundle.open(path), 1).run(ids) for path in made.seeds]
    for name, array in found.items():
        expected = (members[0][name] + members[1][name]) / 2
        np.testing.assert_allclose(array, expected, atol=1e-6)
        assert not np.allclose(members[0][name], members[1][name])
        assert array.dtype == np.float32
    assert {one.model for one in ensemble.mine(ROWS)} == {"own-x2@1.0.0"}
    assert ensemble.key != open_miner(made.seeds[0]).key


def test_an_ensemble_is_trained_from_python_by_the_same_words(made: Made) -> None:
    """The members are finished, so that nothing is trained again."""
    recipe, folder = made.root / "own.toml", made.root / "runs" / "own"
    runs = api.train(recipe, made.root, folder, mode="resume", seeds=(1, 2))
    assert [run.folder.name for run in runs] == ["seed-1", "seed-2"]
    assert (runs[0].recipe["seed"], runs[1].recipe["seed"]) == (1, 2)
    assert runs.model().mine(["屏幕很清晰😀"])[0].text == "屏幕很清晰😀"
    with pytest.raises(GuandianError, match="seeds= and folds= exclude each other"):
        api.train(recipe, made.root, folder, mode="resume", seeds=(1, 2), folds=2)
    with pytest.raises(GuandianError, match="trained by one process each"):
        api.train(recipe, made.root, folder, mode="resume", folds=2, workers=2)  # type: ignore[call-overload]


def test_a_finished_one_stays_and_another_seed_joins(
    made: Made, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(made.root)
    before = (made.folder / "ensemble.json").read_bytes()
    stamp = made.seeds[0].stat().st_mtime_ns
    assert guandian("train", "own.toml", "--seeds", "1,2", "--resume") == 0
    told = capsys.readouterr()
    assert "[1/2] seed-1  已完成 finished before" in told.err
    assert "own-x2@1.0.0, 2 个成员 members → runs/own/ensemble" in told.out
    assert (made.folder / "ensemble.json").read_bytes() == before
    assert made.seeds[0].stat().st_mtime_ns == stamp
    assert guandian("train", "own.toml", "--seeds", "1,2") == 2
    assert "already exists" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--seeds", "1"), "at least two seeds, not 1"),
        (("--seeds", "1,2,1"), "seed 1 is named more than once"),
        (("--folds", "99"), r"99 folds of \d+ texts: one would hold none"),
        (("--seeds", "one,two"), "--seeds takes numbers between commas, got 'one,two'"),
        (("--seeds", "1,-2"), "seed takes a number of 0 or more, found -2"),
        (("--seeds", "1,2", "--folds", "2"), "exclude each other"),
        (("--folds", "2", "--set", "fold.of=3", "--set", "fold.leave_out=1"), "a fold already"),
        (("--set", "fold.of=3", "--set", "fold.leave_out=4"), "there are 3 folds"),
    ],
)
def test_members_that_cannot_be_trained_are_refused(
    made: Made,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    args: tuple[str, ...],
    words: str,
) -> None:
    monkeypatch.chdir(made.root)
    assert guandian("train", "own.toml", "-o", "never", *args) == 2
    assert re.search(words, capsys.readouterr().err)
    assert not (made.root / "never").exists()


def test_the_command_makes_one_that_can_be_moved_with_its_members(
    made: Made,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, path in zip("ab", made.seeds, strict=True):
        shutil.copytree(path, tmp_path / "here" / name)
    write_own(reviews()[58:], tmp_path / "held.jsonl")
    call = ("ensemble", "here/a", "here/b", "-o", "here/both")
    assert guandian(*call, "--data", "held.jsonl") == 0
    assert "the confidence is the mean of the members'" in " ".join(capsys.readouterr().out.split())
    moved = (tmp_path / "here").rename(tmp_path / "there")
    ensemble = Ensemble.open(moved / "both")
    assert [member.path.resolve().name for member in ensemble.members] == ["a", "b"]
    mined, plain = (open_miner(path).mine(ROWS) for path in (moved / "both", made.folder))
    assert [one.sentiment for one in mined] == [one.sentiment for one in plain]
    again = ("ensemble", "there/a", "there/b", "-o", "there/both")
    assert guandian(*again) == 2
    assert "already exists" in capsys.readouterr().err
    assert guandian(*again, "--overwrite", "--data", "gone.jsonl") == 2
    assert "gone.jsonl" in capsys.readouterr().err
    assert guandian("ensemble", "there/both", "-o", "again") == 0  # stands for its members
    amend_bundle(Bundle.open(moved / "a"), version="2.0.0")
    with pytest.raises(BundleError, match=r"another bundle than the one.*\n.*guandian ensemble"):
        open_miner(moved / "both")


def test_what_cannot_answer_together_is_told_apart(made: Made, tmp_path: Path) -> None:
    first, second = made.seeds
    copy = Bundle.open(shutil.copytree(second, tmp_path / "copy"))
    rows = copy.manifest.labels["categories"]
    labels = {**copy.manifest.labels, "categories": [{**rows[0], "key": "smell"}, *rows[1:]]}
    amend_bundle(copy, labels=labels)
    with pytest.raises(BundleError, match=rf"other categories \(.*{rows[0]['key']}.*smell"):
        make_ensemble([first, copy.path], tmp_path / "e")
    odd = json.dumps(json.loads(copy.tokenizer.read_text("utf-8")), indent=3).encode()
    amend_bundle(copy, files={"tokenizer.json": odd}, labels=Bundle.open(second).manifest.labels)
    with pytest.raises(BundleError, match="another tokenizer"):
        make_ensemble([first, copy.path], tmp_path / "e")
    with pytest.raises(BundleError, match="are one bundle"):
        make_ensemble([first, first], tmp_path / "e")
    with pytest.raises(BundleError, match="at least two members, not 1"):
        make_ensemble([first], tmp_path / "e")
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "todo.txt").write_text("😀", encoding="utf-8")
    with pytest.raises(BundleError, match=r"else: it stays\n  choose another folder$"):
        make_ensemble([first, second], tmp_path / "notes", overwrite=True)


def test_the_confidence_is_fitted_where_enough_is_held_out(made: Made, tmp_path: Path) -> None:
    texts = [replace(row, id=f"{k}-{row.id}") for k in range(3) for row in reviews()[:40]]
    fitted = make_ensemble(made.seeds, tmp_path / "fitted", texts)
    plain = Ensemble.open(made.folder)
    said, mean = (one.manifest.calibration["opinions"] for one in (fitted, plain))
    assert said["fitted"]
    assert not mean["fitted"]
    assert said["triplet"] != mean["triplet"]


def test_the_mean_of_confidences_is_the_mean_of_logits() -> None:
    one, two = (
        Confidence(Logistic((k,) * 8, k), Logistic((2 * k,) * 8, -k), k / 10) for k in (1.0, 3.0)
    )
    mean = mean_confidence([one, two])
    features = np.arange(8.0)[None] / 40
    logit = features.sum() * 2 + 2
    assert mean.quad(features)[0] == pytest.approx(1 / (1 + np.exp(-logit)))
    assert mean.threshold == pytest.approx(0.2)


class Enough(Exception):
    """Stops a run."""


def student(teacher: object) -> Recipe:
    plain = {
        "name": "student",
        "categories": "own",
        "holdout": 0.0,
        "data": [{"corpus": "train.jsonl"}],
        "base": {"model": "tiny-bert", "layers": 1},
        "distillation": {"teacher": teacher},
        "optimisation": {"epochs": 1, "learning_rate": 4e-3, "head_learning_rate": 4e-3},
    }
    return parse_recipe(plain)


def write_wide(like: Bundle, path: Path) -> Bundle:
    """A bundle of the same labels and tokens whose encoder is half as wide again."""
    torch.manual_seed(3)
    manifest = like.manifest
    spec = HeadSpec(*(tuple(manifest.model[key]) for key in ("categories", "span_types")))
    model = OpinionModel(build_encoder(config(48)), spec)
    weights = QuantizedWeights()
    for name, tensor in model.state_dict().items():
        weights.add(name, tensor.numpy())
    files = {WEIGHTS: weights.to_bytes(), TOKENIZER: like.tokenizer}
    return write_bundle(path, replace(manifest, model=model.config()), files)


def test_an_ensemble_and_a_wider_model_teach_a_small_one(made: Made, tmp_path: Path) -> None:
    """Members one by one, as a folder, and beside a model of another width."""
    wide = write_wide(Bundle.open(made.seeds[0]), tmp_path / "wide")

    def imitated(*teachers: Path) -> float:
        seen: list[float] = []

        def watch(event: Event) -> None:
            if isinstance(event, Stepped):
                seen.append(event.losses["imitation"])
                raise Enough

        asked = student([str(path) for path in teachers])
        with pytest.raises(Enough):
            train_bundle(asked, made.root, tmp_path / f"run{len(list(tmp_path.iterdir()))}", watch)
        return seen[0]

    both, folder = imitated(*made.seeds), imitated(made.folder)
    assert both == pytest.approx(folder)
    assert imitated(made.folder, wide.path) != pytest.approx(both)


def test_an_ensemble_is_no_base(made: Made, tmp_path: Path) -> None:
    asked = student("x").model_copy(update={"distillation": None})
    base = asked.base.model_copy(update={"model": str(made.folder), "layers": None})
    with pytest.raises(GuandianError, match=r"is an ensemble.*\n.*distillation\.teacher"):
        train_bundle(asked.model_copy(update={"base": base}), made.root, tmp_path / "r", ignore)


def test_folds_part_the_texts_and_equal_ones_stay_together(tmp_path: Path) -> None:
    """The common holdout is in no fold, so that it can judge all members together."""
    quad = Quad(Span(1, 3), Span(3, 5), "price", Polarity.POSITIVE)
    rows = [
        replace(reviews()[0], id=str(k), text=f"😀画质清楚{k // 2}", quads=(quad,))
        for k in range(80)
    ]
    write_own(rows, tmp_path / "train.jsonl")
    plain = student("x").model_copy(update={"holdout": 0.1})
    common = {row.text for row in gather(plain, tmp_path).holdout}
    assert len(common) == 4
    left: list[set[str]] = []
    for place in (1, 2, 3):
        values = plain.model_dump(mode="json") | {"fold": {"of": 3, "leave_out": place}}
        found = gather(parse_recipe(values), tmp_path)
        held, learned = (
            {r.text for r in rows} for rows in (found.holdout, [r for r, _ in found.train])
        )
        assert common < held
        assert not held & learned
        assert len(held | learned) == 40
        left.append(held - common)
    assert sorted(map(len, left)) == [12, 12, 12]
    assert len(set.union(*left)) == 36


def test_the_matrix_scores_finished_rows_and_draws_them(
    made: Made,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The two bundles stand for the two rows, so that nothing is trained again."""
    monkeypatch.chdir(tmp_path)
    names = ("手机😀", "books")
    for name, some in (("train", reviews()[:40]), ("dev", reviews()[52:])):
        rows = [replace(row, group=names[k % 2]) for k, row in enumerate(some)]
        write_own(rows, tmp_path / f"{name}.jsonl")
    text = f'{RECIPE}\nevaluation = {{ corpora = ["dev.jsonl"] }}'
    (tmp_path / "own.toml").write_text(text, encoding="utf-8")
    asked = load_recipe(tmp_path / "own.toml")
    domains = find_domains(asked, tmp_path, groups=True)
    for row, bundle in zip(plan_runs(asked, domains, "leave-one-out"), made.seeds, strict=True):
        open_run(tmp_path / "out" / row.folder, row.recipe, "new")
        shutil.copytree(bundle, tmp_path / "out" / row.folder / "bundle")
    call = ("transfer", "own.toml", "--groups", "-o", "out")
    assert guandian(*call) == 2
    assert "holds a run already" in capsys.readouterr().err
    assert guandian(*call, "--resume") == 0
    told = capsys.readouterr()
    assert "[2/2]" in told.err and "finished before" in told.err
    assert "未见领域 unseen domains: 四元组 quad" in told.out
    found = json.loads((tmp_path / "out" / "leave-one-out.json").read_text("utf-8"))
    assert {name: row[name]["unseen"] for name, row in found["rows"].items()} == {
        "books": True, "手机😀": True,
    }  # fmt: skip
    cell = found["rows"]["books"]["手机😀"]
    assert cell["low"] <= cell["value"] <= cell["high"]
    assert (cell["unseen"], cell["reviews"], cell["measure"]) == (False, 4, "quad")
    assert (tmp_path / "out" / "leave-one-out.png").read_bytes().startswith(b"\x89PNG")
    drawn = (tmp_path / "out" / "leave-one-out.svg").read_bytes()
    assert guandian(*call, "--resume") == 0
    assert (tmp_path / "out" / "leave-one-out.svg").read_bytes() == drawn
    job = TrainingJob(asked, tmp_path, tmp_path / "out", "resume")
    runs: list[NextRun] = []
    matrix = transfer_matrix(job, domains, watch=lambda run: (runs.append(run), nullcontext())[1])
    assert matrix.to_json() == found
    assert [(run.number, run.finished) for run in runs] == [(1, True), (2, True)]
    assert guandian(*call, "--domains", "shoes", "--resume") == 2
    assert "no domain 'shoes'" in capsys.readouterr().err
