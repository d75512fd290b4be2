"""The trainings that tests share: a tiny recipe, its texts, its methods."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from tests.tiny_base import pieces, reviews

from guandian.data.taxonomy import categories
from guandian.modeling.model import OpinionModel
from guandian.recipes.recipe import Recipe, parse_recipe
from guandian.tasks.head_spec import HeadSpec
from guandian.tasks.targets import Annotated, annotate
from guandian.training.data.dataset import Prepared
from guandian.training.step import TrainingInputs

REVIEWS = reviews()[:12]
SPEC = HeadSpec(categories(REVIEWS))


def recipe(**changes: object) -> Recipe:
    optimisation = {"epochs": 4, "batch_texts": 4, "learning_rate": 1e-3, "precision": "fp32"}
    optimisation |= changes.pop("optimisation", {})  # type: ignore[arg-type]
    plain = {
        "name": "tiny",
        "base": {"model": "tiny"},
        "data": [{"corpus": "own.jsonl"}],
        "optimisation": optimisation,
        "evaluation": {"every": 4, "most": 3},
    }
    return parse_recipe(plain | changes)


def prepared(dev: bool = True) -> Prepared:
    examples = [item for review in REVIEWS for item in annotate(review, pieces(), SPEC)]
    times = np.arange(len(examples)) % 2 + 1
    return Prepared(examples, times, {"own": list(REVIEWS)} if dev else {})


def started(network: OpinionModel, examples: Sequence[Annotated]) -> TrainingInputs:
    times = np.ones(len(examples), dtype=np.int64)
    return TrainingInputs(network, pieces(), Prepared(examples, times, {}))


METHODS = {
    "full": {"kind": "full"},
    "layer-decay": {"kind": "full", "layer_decay": 0.8},
    "frozen": {"kind": "frozen"},
    "frozen-1": {"kind": "frozen", "layers": 1},
    "lora": {"kind": "lora", "rank": 4},
    "lora-attention": {"kind": "lora", "rank": 4, "where": "attention", "dropout": 0.1},
    "dora": {"kind": "dora", "rank": 4},
    "adalora": {"kind": "adalora", "first_rank": 6, "rank": 3},
    "ia3": {"kind": "ia3"},
    "prefix": {"kind": "prefix", "tokens": 4},
    "prefix-network": {"kind": "prefix", "tokens": 4, "width": 8},
    "prompt": {"kind": "prompt", "tokens": 4},
    "adapter": {"kind": "adapter", "size": 8},
}
STEPS = 40
IDS = np.array([[0, 9, 30, 12, 40, 2], [0, 7, 7, 21, 33, 2]])


def method_recipe(name: str, **changes: object) -> Recipe:
    optimisation = {"epochs": 4, "batch_texts": 4, "learning_rate": 1e-2, "precision": "fp32"}
    optimisation |= changes.pop("optimisation", {})  # type: ignore[arg-type]
    return recipe(method=METHODS[name], optimisation=optimisation, **changes)


def answers(network: OpinionModel) -> dict[str, np.ndarray]:
    with torch.inference_mode():
        return {name: value.numpy() for name, value in network.eval()(torch.tensor(IDS)).items()}
