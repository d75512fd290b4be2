"""Optimisers, schedules, averages, objectives and adversaries: each does what it says."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tests.tiny_base import model, pieces
from tests.training.fixtures import SPEC, prepared, recipe

from guandian.modeling.model import OpinionModel
from guandian.recipes.recipe import Recipe
from guandian.recipes.sections import Averaging, Optimisation
from guandian.tracking.events import ignore
from guandian.training import checkpoint, loop
from guandian.training.activation_cache import States
from guandian.training.data.batches import Batch, class_weights, collate
from guandian.training.loop import train
from guandian.training.optimisers import make_optimiser, rate_share
from guandian.training.step import TrainingInputs, TrainState, train_step
from guandian.training.weight_averaging import Average

DATA = prepared(False)
STEADY = {"precision": "fp32", "dropout": 0.0, "learning_rate": 3e-3}


def batch(*chosen: int) -> Batch:
    return collate([DATA.examples[k] for k in chosen], SPEC, pieces().pad_id, chosen)


def asked(**changes: object) -> Recipe:
    optimisation = STEADY | changes.pop("optimisation", {})  # type: ignore[operator]
    return recipe(optimisation=optimisation, **changes)


def stepped(
    wanted: Recipe, folder: Path, batches: list[Batch], count: int = 1
) -> tuple[OpinionModel, list[dict[str, float]]]:
    network = model(SPEC, seed=3)
    with TrainState(wanted, TrainingInputs(network, pieces(), DATA), 40, folder) as learner:
        return network, [train_step(learner, batches, 5 + k) for k in range(count)]


def apart(one: OpinionModel, two: OpinionModel) -> float:
    """The largest difference of two models' weights."""
    pairs = zip(one.state_dict().values(), two.state_dict().values(), strict=True)
    return max(float((a - b).abs().max()) for a, b in pairs)


@pytest.mark.parametrize("optimiser", ["adamw", "sgd", "adafactor"])
def test_every_optimiser_learns(optimiser: str, tmp_path: Path) -> None:
    rate = 1e-3 if optimiser == "sgd" else 3e-3
    rates = {"optimiser": optimiser, "learning_rate": rate, "head_learning_rate": rate}
    _, losses = stepped(asked(optimisation=rates), tmp_path, [batch(*range(8))], 4)
    assert sum(losses[-1].values()) < sum(losses[0].values())


def test_rates_rise_and_fall_as_the_schedule_says() -> None:
    shares = {
        kind: [rate_share(Optimisation(schedule=kind, warmup=0.1), k, 100) for k in range(100)]
        for kind in ("linear", "cosine", "constant")
    }
    for share in shares.values():
        assert share[:10] == pytest.approx([(k + 1) / 10 for k in range(10)])
    assert shares["constant"][10:] == [1.0] * 90
    assert shares["linear"][55] == pytest.approx(0.5)
    assert shares["cosine"][55] == pytest.approx(0.5)
    assert shares["cosine"][30] > shares["linear"][30]
    assert shares["linear"][99] == pytest.approx(1 / 90)


def test_lower_layers_learn_more_slowly() -> None:
    network = model(SPEC)
    wanted = asked(method={"kind": "full", "layer_decay": 0.5})
    names = {id(p): name for name, p in network.named_parameters()}
    rates = {
        names[id(p)]: group["rate"]
        for group in make_optimiser(network, wanted).param_groups
        for p in group["params"]
    }
    assert set(rates) == set(names.values())
    highest = STEADY["learning_rate"]
    assert rates["encoder.encoder.layer.1.output.dense.weight"] == highest
    assert rates["encoder.encoder.layer.0.output.dense.weight"] == highest / 2
    assert rates["encoder.embeddings.word_embeddings.weight"] == highest / 4
    assert rates["heads.implicit.weight"] == wanted.optimisation.head_learning_rate


def test_two_batches_accumulated_are_their_mean(tmp_path: Path) -> None:
    plain = {"optimiser": "sgd", "clip": 1e9, "weight_decay": 0.0}
    wanted = asked(optimisation=plain)
    twice, _ = stepped(wanted, tmp_path, [batch(*range(4))] * 2)
    once, _ = stepped(wanted, tmp_path, [batch(*range(4))])
    other, losses = stepped(wanted, tmp_path, [batch(*range(4)), batch(*range(4, 8))])
    assert apart(twice, once) < 1e-6
    assert apart(other, once) > 1e-4
    assert losses[0]["spans"] > 0
    several = recipe(optimisation={"accumulate": 3, "batch_texts": 4, "epochs": 1})
    steps = loop.schedule(several, DATA)
    assert [len(step) for step in steps[:-1]] == [3] * (len(steps) - 1)


def test_activations_computed_twice_give_the_same_step(tmp_path: Path) -> None:
    kept, _ = stepped(asked(), tmp_path, [batch(*range(8))])
    again, _ = stepped(
        asked(optimisation={"gradient_checkpointing": True}), tmp_path, [batch(*range(8))]
    )
    assert apart(kept, again) < 1e-5


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_half_precision_learns(precision: str, tmp_path: Path) -> None:
    wanted = asked(optimisation={"precision": precision, "learning_rate": 1e-3})
    network, losses = stepped(wanted, tmp_path, [batch(*range(8))], 4)
    assert sum(losses[-1].values()) < sum(losses[0].values())
    assert all(p.dtype == torch.float32 for p in network.parameters())


def test_a_running_average_and_the_mean_of_the_last_scorings() -> None:
    layer = torch.nn.Linear(1, 1, bias=False)
    for kind, expected in (("ema", None), ("last", 2.5)):
        average = Average(layer, Averaging(kind=kind, decay=0.9, last=2))
        for step, value in enumerate((0.0, 1.0, 2.0, 3.0)):
            with torch.no_grad():
                layer.weight.fill_(value)
            average.step(step + 1)
            average.scoring()
        with average.applied():
            seen = layer.weight.item()
        assert layer.weight.item() == 3.0
        assert seen == pytest.approx(expected) if expected else 1.5 < seen < 3.0


@pytest.mark.parametrize(
    ("method", "averaging"), [("adalora", "none"), ("full", "ema"), ("full", "last")]
)
def test_a_run_goes_on_to_the_same_bytes(
    method: str, averaging: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "SAVE_EVERY_SECONDS", 0.0)
    wanted = asked(
        method={"kind": method}, optimisation={"averaging": {"kind": averaging}, "batch_texts": 4}
    )
    halfway = len(loop.schedule(wanted, prepared())) * 2 // 3

    class Enough(Exception):
        pass

    def stop(event: object) -> None:
        if getattr(event, "step", 0) == halfway and hasattr(event, "path"):
            raise Enough

    train(
        wanted,
        TrainingInputs(model(SPEC, seed=3), pieces(), prepared()),
        tmp_path / "whole",
        ignore,
    )
    with pytest.raises(Enough):
        train(
            wanted,
            TrainingInputs(model(SPEC, seed=3), pieces(), prepared()),
            tmp_path / "cut",
            stop,
        )
    train(
        wanted, TrainingInputs(model(SPEC, seed=3), pieces(), prepared()), tmp_path / "cut", ignore
    )
    for name in ("best", "checkpoint/model", "checkpoint/memory"):
        one, two = (
            (tmp_path / run / f"{name}.safetensors").read_bytes() for run in ("whole", "cut")
        )
        assert one == two, name


def test_adalora_ends_with_the_ranks_that_were_asked_for(tmp_path: Path) -> None:
    wanted = asked(method={"kind": "adalora", "first_rank": 6, "rank": 3})
    network = model(SPEC, seed=3)
    with TrainState(wanted, TrainingInputs(network, pieces(), DATA), 40, tmp_path) as learner:
        for step in range(40):
            train_step(learner, [batch(*range(8))], step)
    values = [p for name, p in network.named_parameters() if "lora_E" in name]
    kept = sum(int((value != 0).sum()) for value in values)
    assert 0 < kept <= 3 * len(values)
    assert len({int((value != 0).sum()) for value in values}) > 1  # they went where they matter


def test_states_of_frozen_layers_are_what_the_layers_compute(tmp_path: Path) -> None:
    computed = {}
    for kept in (True, False):
        network = model(SPEC, seed=3)
        wanted = asked(method={"kind": "frozen", "layers": 1})
        with TrainState(wanted, TrainingInputs(network, pieces(), DATA), 40, tmp_path) as learner:
            assert (tmp_path / "frozen-states.bin").exists()
            if not kept:
                learner.loss._states = None
            computed[kept] = [train_step(learner, [batch(*range(8))], 5 + k) for k in range(3)]
        assert not (tmp_path / "frozen-states.bin").exists()
    for one, two in zip(computed[True], computed[False], strict=True):
        assert one == pytest.approx(two, abs=1e-4)


def test_frozen_states_need_room_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: (1, 1, 1000))
    wanted = asked(method={"kind": "frozen"})
    with pytest.raises(Exception, match=r"states of the frozen layers.*\n.*-o"):
        States(model(SPEC), wanted.method, DATA.examples, tmp_path / "states")  # type: ignore[arg-type]


def test_classes_that_are_rare_count_for_more() -> None:
    weights = class_weights(DATA.examples, SPEC)
    seen = torch.zeros(3)
    for example in DATA.examples:
        for reading in example.readings or ():
            seen[reading.polarity] += 1
    polarity = weights["polarity"]
    assert polarity.argmax() == torch.where(seen > 0, seen, torch.inf).argmin()
    assert float((polarity * seen).sum() / seen.sum()) == pytest.approx(1.0)
    assert weights["category"].shape == (len(SPEC.categories),)


@pytest.mark.parametrize(
    "objective",
    [
        {"label_smoothing": 0.2},
        {"focal": 2.0},
        {"class_weights": True},
        {"r_drop": 1.0},
        {"contrastive": 0.5},
        {"adversary": {"kind": "fgm"}},
        {"adversary": {"kind": "pgd", "steps": 2}},
    ],
    ids=lambda one: next(iter(one)) + str(one.get("adversary", {}).get("kind", "")),  # type: ignore[attr-defined]
)
def test_every_objective_changes_the_step_and_learns(
    objective: dict[str, object], tmp_path: Path
) -> None:
    dropout = {"dropout": 0.1} if "r_drop" in objective else {}
    plain, _ = stepped(asked(optimisation=dropout), tmp_path, [batch(*range(8))])
    wanted = asked(objective=objective, optimisation=dropout)
    network, _ = stepped(wanted, tmp_path, [batch(*range(8))])
    assert apart(plain, network) > 1e-5
    _, losses = stepped(wanted, tmp_path, [batch(*range(8))], 5)
    assert sum(losses[-1].values()) < sum(losses[0].values())
    assert ("r_drop" in losses[0]) == ("r_drop" in objective)
    assert ("contrastive" in losses[0]) == ("contrastive" in objective)


def test_an_adversary_finds_a_greater_loss(tmp_path: Path) -> None:
    """The gradients of the second pass are those of harder embeddings."""
    seen: list[float] = []
    network = model(SPEC, seed=3)
    wanted = asked(objective={"adversary": {"kind": "fgm", "size": 3.0}})
    with TrainState(wanted, TrainingInputs(network, pieces(), DATA), 40, tmp_path) as learner:
        plain = learner.loss.compute

        def watched(one: Batch) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
            parts, total = plain(one)
            seen.append(total.item())
            return parts, total

        learner.loss.compute = watched  # type: ignore[method-assign]
        train_step(learner, [batch(*range(8))], 5)
    assert len(seen) == 2
    assert seen[1] > seen[0]
    assert not network.encoder.get_input_embeddings()._forward_hooks  # type: ignore[operator]


def test_a_checkpoint_of_an_adapter_holds_no_base(tmp_path: Path) -> None:
    wanted = asked(method={"kind": "lora", "rank": 2}, optimisation={"epochs": 1})
    train(wanted, TrainingInputs(model(SPEC, seed=3), pieces(), DATA), tmp_path, ignore)
    full = tmp_path / "full"
    train(
        asked(optimisation={"epochs": 1}),
        TrainingInputs(model(SPEC, seed=3), pieces(), DATA),
        full,
        ignore,
    )
    sizes = [checkpoint.best_file(folder).stat().st_size for folder in (tmp_path, full)]
    assert sizes[0] < 0.7 * sizes[1]
