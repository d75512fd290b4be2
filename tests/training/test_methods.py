"""One contract for every fine-tuning method."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file
from tests.tiny_base import config, model, pieces
from tests.training.fixtures import (
    METHODS,
    SPEC,
    STEPS,
    answers,
    method_recipe,
    prepared,
)

from guandian.errors import GuandianError
from guandian.modeling.encoders.pretrained import configuration
from guandian.modeling.fine_tuning import beside, fold, learned, merge, require, unmerge
from guandian.modeling.model import OpinionModel
from guandian.recipes.methods import Full, parse_method
from guandian.recipes.recipe import Recipe
from guandian.training import checkpoint
from guandian.training.data.batches import collate
from guandian.training.step import TrainingInputs, TrainState, train_step

MERGING = ("lora", "lora-attention", "dora", "adalora", "ia3")
OTHER_PROCESS = """
import sys
from pathlib import Path
from safetensors.numpy import save_file
from tests.tiny_base import model
from tests.training.fixtures import METHODS, STEPS, answers, method_recipe
from tests.training.fixtures import SPEC
from guandian.errors import GuandianError
from guandian.modeling.fine_tuning import adapt
from guandian.training import checkpoint
for name in METHODS:
    network = model(SPEC, seed=3)
    adapt(network, method_recipe(name).method, STEPS)
    checkpoint.load_weights(Path(sys.argv[1]) / f"{name}.safetensors", network)
    save_file(answers(network), Path(sys.argv[1]) / f"{name}.answers")
"""


def steps(network: OpinionModel, wanted: Recipe, folder: Path, count: int) -> list[float]:
    """Losses of so many steps on one batch."""
    data = prepared(False)
    chosen = list(range(8))
    batch = collate([data.examples[k] for k in chosen], SPEC, pieces().pad_id, chosen)
    with TrainState(wanted, TrainingInputs(network, pieces(), data), STEPS, folder) as learner:
        # Past the warm-up, so that the rates are those of the recipe.
        return [sum(train_step(learner, [batch], 4 + k).values()) for k in range(count)]


@dataclass(frozen=True)
class Learned:
    """A model after three steps: their losses, and its answers here and in another process."""

    losses: list[float]
    here: dict[str, np.ndarray]
    there: dict[str, np.ndarray]


@pytest.fixture(scope="module")
def learned_by(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Learned]:
    folder = tmp_path_factory.mktemp("methods")
    losses, here = {}, {}
    for name in METHODS:
        network = model(SPEC, seed=3)
        losses[name] = steps(network, method_recipe(name), folder, 3)
        here[name] = answers(network)
        checkpoint.save_weights(folder / f"{name}.safetensors", network)
    subprocess.run(
        [sys.executable, "-c", OTHER_PROCESS, str(folder)],
        cwd=Path(__file__).resolve().parents[2], check=True,
    )  # fmt: skip
    return {
        name: Learned(losses[name], here[name], load_file(folder / f"{name}.answers"))
        for name in METHODS
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", METHODS)
def test_two_steps_improve_and_a_new_process_answers_alike(
    name: str, learned_by: dict[str, Learned]
) -> None:
    found = learned_by[name]
    assert found.losses[2] < found.losses[0]
    for output, there in found.there.items():
        np.testing.assert_allclose(there, found.here[output], atol=1e-5)


@pytest.mark.parametrize("name", [n for n, method in METHODS.items() if method["kind"] != "full"])
def test_only_what_the_method_adds_and_the_heads_are_learned(name: str, tmp_path: Path) -> None:
    network, fresh = model(SPEC, seed=3), model(SPEC, seed=3)
    before = {key: value.clone() for key, value in network.encoder.state_dict().items()}
    steps(network, method_recipe(name), tmp_path, 2)
    kept = learned(network)
    assert {key for key in kept if key.startswith("heads.")} == {
        key for key in fresh.state_dict() if key.startswith("heads.")
    }
    size = sum(value.numel() for key, value in kept.items() if not key.startswith("heads."))
    assert (size == 0) == (name == "frozen")
    assert size < 0.6 * sum(value.numel() for value in before.values())


@pytest.mark.parametrize("name", MERGING)
def test_merged_and_unmerged_answers_are_the_same(name: str, tmp_path: Path) -> None:
    network = model(SPEC, seed=3)
    steps(network, method_recipe(name), tmp_path, 2)
    apart = answers(network)
    merge(network)
    merged = answers(network)
    unmerge(network)
    for output, value in answers(network).items():
        np.testing.assert_allclose(merged[output], apart[output], atol=2e-4)
        np.testing.assert_allclose(value, apart[output], atol=2e-4)


def test_adapters_answer_by_turns_on_one_encoder(tmp_path: Path) -> None:
    base = model(SPEC, seed=3)
    before = answers(base)
    networks = {name: beside(base) for name in ("lora", "prefix", "adapter", "ia3")}
    alone = {}
    for name, network in networks.items():
        steps(network, method_recipe(name), tmp_path / name, 2)
        alone[name] = answers(network)
    fold(networks["ia3"])
    for name in (*networks, *reversed(networks)):
        for output, value in answers(networks[name]).items():
            np.testing.assert_allclose(value, alone[name][output], atol=1e-4)
    for output, value in answers(base).items():
        np.testing.assert_array_equal(value, before[output])
    base_storage = {p.data_ptr() for p in base.encoder.parameters()}
    shared = [p for p in networks["lora"].encoder.parameters() if p.data_ptr() in base_storage]
    assert len(shared) == len(base_storage)


@pytest.mark.parametrize("kind", ["deberta-v2", "modernbert"])
def test_a_prefix_is_refused_where_nothing_takes_it(kind: str) -> None:
    settings = config(16) | {"model_type": kind}
    with pytest.raises(GuandianError, match=r"keys and values.*\n.*adapter"):
        require(configuration(settings), parse_method({"kind": "prefix"}))


def test_more_frozen_layers_than_there_are_and_a_second_addition_are_refused() -> None:
    settings = configuration(config())
    with pytest.raises(GuandianError, match=r"asks for 3 frozen layers.*has 2\n.*at most 2"):
        require(settings, parse_method({"kind": "frozen", "layers": 3}))
    prompt, lora = (parse_method({"kind": kind}) for kind in ("prompt", "lora"))
    with pytest.raises(GuandianError, match=r"'prompt' added.*'lora' cannot follow"):
        require(settings, lora, prompt)
    require(settings, Full(), prompt)
