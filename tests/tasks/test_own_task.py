"""A task of one's own: one module, here this one, and two rows, from a recipe to its score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from tests.tiny_base import reviews, write_base
from torch import Tensor, nn

from guandian.data import write_own
from guandian.domain import Label, LabelHead, Labelled, LabelValue, Review
from guandian.errors import BundleError, GuandianError, RecipeError
from guandian.evaluation import evaluate
from guandian.evaluation.logits import sigmoid
from guandian.evaluation.metrics.review_labels import LabelResult, score_numbers
from guandian.experiments.predictors import open_system
from guandian.files.output.json_record import from_wire, to_wire
from guandian.modeling.heads.head_losses import Shape
from guandian.modeling.heads.label_heads import HEADS, TaskHead
from guandian.pipelines import open_miner, train_bundle
from guandian.recipes.recipe import parse_recipe
from guandian.tasks.task import Floats
from guandian.tasks.task_table import TASKS
from guandian.tracking.events import Event, Scored

MOST = 50.0


@dataclass(frozen=True)
class Helpfulness:
    """How many buyers found a review helpful, up to `MOST`: a number on a scale of logarithms."""

    head: LabelHead

    @property
    def name(self) -> str:
        return self.head.name

    def outputs(self) -> Mapping[str, int]:
        return {self.head.output: 1}

    def accept(self, value: LabelValue) -> LabelValue:
        if not isinstance(value, int | float) or not 0 <= value <= MOST:
            raise ValueError(f"needs 0 to {MOST:g} votes, got {value!r}")
        return float(value)

    def targets(self, example: Labelled) -> tuple[float, ...] | None:
        votes = example.labels.get(self.name)
        return None if votes is None else (float(np.log1p(votes) / np.log1p(MOST)),)

    def decode(self, arrays: Mapping[str, Floats]) -> Label:
        (logit,) = arrays[self.head.output]
        share = float(sigmoid(logit))
        return Label(round(float(np.expm1(share * np.log1p(MOST))), 6))

    def probabilities(self, arrays: Mapping[str, Floats]) -> None:
        return None

    def score(
        self,
        gold: Sequence[LabelValue],
        predicted: Sequence[LabelValue],
        *,
        resamples: int = 1000,
        seed: int = 0,
    ) -> LabelResult:
        scale = (0.0, MOST)
        return score_numbers(gold, predicted, scale=scale, resamples=resamples, seed=seed)


def loss(logits: Tensor, gold: Tensor, _: Shape, __: str) -> Tensor:
    return nn.functional.binary_cross_entropy_with_logits(logits, gold)


def distance(logits: Tensor, teacher_logits: Tensor) -> Tensor:
    return nn.functional.mse_loss(logits, teacher_logits)


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The two rows of the tables."""
    monkeypatch.setitem(TASKS, "helpfulness", Helpfulness)
    monkeypatch.setitem(HEADS, "helpfulness", TaskHead(nn.Linear, loss, distance))


def labelled(count: int = 24) -> list[Labelled]:
    """Texts of which every other one was helpful."""
    return [
        Labelled(
            str(place),
            ("很详细😀" if place % 2 else "呵呵😡") * 3 + review.text[:6],
            "own",
            labels={"helpfulness": 40 if place % 2 else 1},
        )
        for place, review in enumerate(reviews()[:count])
    ]


def asked(**changes: object) -> dict[str, object]:
    return {
        "name": "tiny", "base": {"model": "tiny"}, "data": [{"corpus": "train.jsonl"}],
        "heads": [{"name": "helpfulness", "kind": "helpfulness", "weight": 2.0}], "holdout": 0,
        "objective": {"r_drop": 0.1},
        "optimisation": {
            "epochs": 8, "batch_texts": 6, "learning_rate": 3e-3, "head_learning_rate": 1e-2,
            "precision": "fp32",
        },
        "evaluation": {"corpora": ["dev.jsonl"], "every": 9},
    } | changes  # fmt: skip


@pytest.fixture
def own(tmp_path: Path) -> Path:
    write_own(labelled(), tmp_path / "train.jsonl")
    dev = [replace(row, text=row.text + "。好") for row in labelled(12)]
    write_own(dev, tmp_path / "dev.jsonl")
    write_base(tmp_path / "models" / "tiny")
    return tmp_path


@pytest.mark.slow
@pytest.mark.usefixtures("rows")
def test_a_module_and_two_rows_train_export_mine_and_evaluate(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[Event] = []
    bundle = train_bundle(parse_recipe(asked()), own, own / "run", events.append)
    scored = [event for event in events if isinstance(event, Scored)][-1].scores
    assert scored["dev.jsonl/label.helpfulness"] > 0.8
    assert bundle.manifest.tasks == ("helpfulness",)

    review = Review("1", "很详细😀很详细😀很详细😀屏幕")
    (mined,) = open_miner(bundle.path, threads=1).mine([review])
    votes = mined.answers["label.helpfulness"]
    assert isinstance(votes, Label)
    assert isinstance(votes.value, float)
    assert votes.value > 15
    wire = to_wire(review, mined)
    assert wire["labels"]["helpfulness"] == {"value": votes.value}
    assert from_wire(wire)[1] == mined

    system = open_system(bundle.path)
    dev = [replace(row, text=row.text + "。好") for row in labelled(12)]
    result = evaluate(system.predictor, dev, system.options("dev", "span", 0)).to_json()
    figures = result["labels"]["helpfulness"]  # type: ignore[index]
    assert figures["reviews"] == 12
    assert figures["distances"]["mae"] < 10
    assert figures["distances"]["spearman"] > 0.7

    monkeypatch.delitem(TASKS, "helpfulness")
    with pytest.raises(BundleError, match="no task 'helpfulness'; known: single, multi"):
        open_miner(bundle.path)


@pytest.mark.usefixtures("rows")
def test_values_that_the_task_does_not_accept_are_named_with_their_place(own: Path) -> None:
    write_own([replace(labelled(1)[0], labels={"helpfulness": 51})], own / "train.jsonl")
    with pytest.raises(GuandianError, match=r"review 0, labels\.helpfulness: needs 0 to 50 votes"):
        train_bundle(parse_recipe(asked()), own, own / "run", lambda _: None)


def test_without_its_row_a_task_is_refused() -> None:
    with pytest.raises(RecipeError, match=r"heads\.0\.kind cannot be 'helpfulness'\n.*regression"):
        parse_recipe(asked())
