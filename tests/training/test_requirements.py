"""What is told before a training: against what real steps hold and compute, to the byte."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from tests.modeling import families
from tests.tiny_base import model, pieces
from tests.training.fixtures import SPEC, method_recipe, prepared, recipe
from torch.utils.flop_counter import FlopCounterMode

from guandian.modeling.encoders.pretrained import build_encoder
from guandian.modeling.model import OpinionModel
from guandian.recipes.recipe import Recipe
from guandian.training.data.batches import collate
from guandian.training.estimate import requirements
from guandian.training.estimate.requirements import (
    Meter,
    Needs,
    bytes_of,
    measure_requirements,
    numbers,
    shape_of,
    weightless,
)
from guandian.training.loop import schedule
from guandian.training.step import TrainingInputs, TrainState, train_step
from guandian.training.transitions import equip

DATA = prepared(False)
CASES: dict[str, Recipe] = {
    "full": method_recipe(
        "full",
        optimisation={"optimiser": "adafactor", "accumulate": 2, "averaging": {"kind": "ema"}},
    ),
    "lora": method_recipe("lora", optimisation={"precision": "bf16"}),
    "frozen-1": method_recipe("frozen-1", optimisation={"optimiser": "sgd"}),
    "objective": method_recipe("prompt", objective={"r_drop": 1.0, "language": 1.0}),
}


def without_weights(network: OpinionModel, settings: Recipe) -> TrainingInputs:
    with weightless(torch.device("cpu")):
        shape = OpinionModel.from_config(network.config())
        equip(shape, settings, None, pieces())
    return TrainingInputs(shape, pieces(), DATA)


def scheduled(settings: Recipe, *, whole: bool = False) -> list[list[list[int]]]:
    """The steps of the recipe, or one of its largest batch alone."""
    steps = schedule(settings, DATA)
    batches = [batch for step in steps for batch in step]
    largest = max(batches, key=lambda batch: np.prod(shape_of(DATA.examples, batch)))
    return steps if whole else [[largest]]


def told(network: OpinionModel, settings: Recipe, *, whole: bool = False) -> Needs:
    inputs = without_weights(network, settings)
    return measure_requirements(settings, inputs, scheduled(settings, whole=whole))


def seen(network: OpinionModel, wanted: Recipe, folder: Path) -> dict[str, float]:
    """What real steps on the largest batch hold and compute."""
    equip(network, wanted, None, pieces())
    ((chosen,),) = scheduled(wanted)
    batch = collate([DATA.examples[k] for k in chosen], SPEC, pieces().pad_id, chosen)
    several = [batch] * wanted.optimisation.accumulate
    with TrainState(wanted, TrainingInputs(network, pieces(), DATA), 1, folder) as learner:
        train_step(learner, several, 0)
        with Meter() as meter:
            train_step(learner, several, 0)
        learning = [p for p in network.parameters() if p.requires_grad]
        moments = [
            value
            for state in learner.optimiser.state.values()
            for value in state.values()
            if isinstance(value, torch.Tensor)
        ]
        averages = learner.average.state().values()
        constant = bytes_of((*network.parameters(), *network.buffers(), *moments, *averages))
        with FlopCounterMode(display=False) as counter:
            train_step(learner, [batch], 0)
        return {
            "weights": bytes_of((*network.parameters(), *network.buffers())),
            "gradients": bytes_of(p.grad for p in learning if p.grad is not None),
            "optimiser": bytes_of(moments),
            "most": constant + meter.peak,
            "flops": counter.get_total_flops(),
            "learned": numbers(network, learned=True),
            "all": numbers(network),
        }


@pytest.mark.parametrize(
    "name",
    [
        name if name in ("lora", "frozen-1") else pytest.param(name, marks=pytest.mark.slow)
        for name in CASES
    ],
)
def test_memory_and_operations_are_those_of_real_steps(name: str, tmp_path: Path) -> None:
    wanted = CASES[name]
    needs = told(model(SPEC, seed=3), wanted)
    found = seen(model(SPEC, seed=3), wanted, tmp_path)
    assert needs.parameters.learned == found["learned"]
    assert needs.parameters.all == found["all"]
    assert needs.memory.weights == found["weights"]
    assert needs.memory.optimiser == found["optimiser"]
    assert needs.memory.most == pytest.approx(found["most"], rel=0.005)
    assert needs.flops.sum() == pytest.approx(found["flops"], rel=0.01)
    tokens = sum(len(example.ids) for example in DATA.examples)
    assert needs.memory.on_disk == (tokens * 32 * 4 if name == "frozen-1" else 0)
    assert (needs.flops_before > 0) == (name == "frozen-1")
    # A parameter that no batch has reached has no gradient yet.
    assert 0.9 * needs.memory.gradients <= found["gradients"] <= needs.memory.gradients


@pytest.mark.slow
@pytest.mark.parametrize("name", ["deberta-v2"])
def test_families_need_without_weights_what_they_need_with_them(name: str, tmp_path: Path) -> None:
    wanted = recipe(optimisation={"batch_texts": 12})
    needs = told(families.model(name), wanted)
    found = seen(families.model(name), wanted, tmp_path)
    assert needs.memory.most == pytest.approx(found["most"], rel=0.005)
    assert needs.flops.sum() == pytest.approx(found["flops"], rel=0.005)


@pytest.mark.slow
def test_operations_of_every_batch_follow_from_a_few_that_are_counted(tmp_path: Path) -> None:
    wanted = method_recipe("full")
    network = model(SPEC, seed=3)
    needs = told(network, wanted, whole=True)
    batches = [batch for step in scheduled(wanted, whole=True) for batch in step]
    assert len({shape_of(DATA.examples, batch) for batch in batches}) > 6
    with TrainState(wanted, TrainingInputs(network, pieces(), DATA), 9, tmp_path) as learner:
        for batch, expected in zip(batches[::3], needs.flops[::3], strict=True):
            rows = collate([DATA.examples[k] for k in batch], SPEC, pieces().pad_id, batch)
            with FlopCounterMode(display=False) as counter:
                train_step(learner, [rows], 0)
            assert expected == pytest.approx(counter.get_total_flops(), rel=1e-6)


@pytest.mark.slow
def test_checkpointing_takes_less_memory_and_more_operations() -> None:
    wide = families.BERT | {"hidden_size": 64, "num_hidden_layers": 3, "vocab_size": 999}
    kept, again = (
        told(
            OpinionModel(build_encoder(wide | {"model_type": "bert"}), SPEC),
            recipe(optimisation={"gradient_checkpointing": on, "batch_texts": 12}),
        )
        for on in (False, True)
    )
    assert again.memory.activations < 0.8 * kept.memory.activations
    assert 1.15 < again.flops.sum() / kept.flops.sum() < 4 / 3


def test_a_container_gives_no_more_than_its_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(requirements, "_CONTAINER", tmp_path)
    free = requirements.free_bytes(torch.device("cpu"))
    assert free > 2**20
    limit.write_text("max\n")
    assert requirements.free_bytes(torch.device("cpu")) > 2**20
    limit.write_text(f"{2**20}\n")
    (tmp_path / "memory.current").write_text("148576\n")
    (tmp_path / "memory.stat").write_text("anon 7\ninactive_file 100000\nactive_file 5\n")
    assert requirements.free_bytes(torch.device("cpu")) == 1_000_000
