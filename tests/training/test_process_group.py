from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tests.tiny_base import config, model
from tests.training.fixtures import SPEC, recipe
from tests.training.process_group_work import (
    RECIPES,
    SHARDED,
    SMALL,
    learned,
)
from torch import nn

from guandian.errors import ElsewhereError, GuandianError, RecipeError
from guandian.modeling.encoders.pretrained import build_encoder
from guandian.modeling.encoders.sharding import device_map, part_like, spread, whole
from guandian.modeling.model import OpinionModel
from guandian.training.parallel.process_group import Group, joined

SCRIPT = """
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tests.training.process_group_work import together
together(Path(sys.argv[1]), sys.argv[2])
"""


def launch(place: Path, what: str) -> subprocess.CompletedProcess[str]:
    """Two processes of torchrun, with gloo."""
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    paths = ("src", ".", os.environ.get("PYTHONPATH", ""))
    (place / "script.py").write_text(SCRIPT, encoding="utf-8")
    return subprocess.run(
        [*launcher, "--nproc-per-node", "2", str(place / "script.py"), str(place), what],
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("group")
    done = launch(place, "every recipe")
    assert done.returncode == 0, done.stderr
    return place


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, torch.Tensor]]:
    """The weights that one process learns by a recipe, which it learns once."""

    @cache
    def weights(name: str) -> dict[str, torch.Tensor]:
        folder = tmp_path_factory.mktemp("alone")
        learned(name, folder)
        return load_file(folder / "checkpoint" / "model.safetensors")

    return weights


@pytest.mark.slow
@pytest.mark.parametrize(
    ("run", "name"),
    [(f"data-{name}", name) for name in RECIPES]
    + [(f"shards-{name}", name) for name in SHARDED]
    + [("shards-again", "fgm")],
)
def test_two_processes_learn_what_one_does(
    run: str, name: str, both: Path, alone: Callable[[str], dict[str, torch.Tensor]]
) -> None:
    one = alone(name)
    two = load_file(both / run / "checkpoint" / "model.safetensors")
    begun = model(SPEC, seed=3).state_dict()
    assert one.keys() == two.keys()
    assert any((one[name] - begun[name]).abs().max() > 3e-3 for name in one if name in begun)
    for name, value in one.items():
        assert torch.allclose(value, two[name], rtol=1e-4, atol=1e-5), name
    assert not list((both / run).glob("frozen-states*"))


@pytest.mark.slow
def test_the_main_process_fails_for_all_and_those_that_differ_are_refused(both: Path) -> None:
    told = [json.loads((both / f"told-{rank}.json").read_text()) for rank in (0, 1)]
    assert [one["first"] for one in told] == ["GuandianError", "ElsewhereError"]
    assert {one["same"] for one in told} == {"the processes of this training have different texts"}
    rows = [[{"spans": 0.1 * rank, "名": float("inf")}] * (rank + 1) for rank in (0, 1)]
    assert {one["gathered"] for one in told} == {repr(rows)}
    assert issubclass(ElsewhereError, GuandianError)


@pytest.mark.slow
def test_a_killed_process_ends_the_run_and_the_run_goes_on(tmp_path: Path) -> None:
    cut = launch(tmp_path, "kill 1")
    assert cut.returncode != 0
    assert "SIGKILL" in cut.stderr
    file = tmp_path / "run" / "checkpoint" / "state.json"
    assert 0 < json.loads(file.read_text())["step"] <= 3
    learned("noisy", tmp_path / "run")  # alone: two that go on are among every recipe
    learned("noisy", tmp_path / "whole")
    one, two = (
        load_file(tmp_path / name / "checkpoint" / "model.safetensors") for name in ("whole", "run")
    )
    for name, value in one.items():
        assert torch.allclose(value, two[name], rtol=1e-4, atol=1e-5), name


def test_a_lost_process_is_told_with_the_way_on() -> None:
    with pytest.raises(GuandianError, match="lost another one") as told, Group(size=2).together():
        raise RuntimeError("[gloo/transport/tcp/pair.cc:547] Connection closed by peer\nmore")
    assert "--resume" in told.value.repair
    with pytest.raises(RuntimeError, match="shapes"), Group(size=2).together():
        raise RuntimeError("shapes cannot be multiplied")


@pytest.mark.parametrize(
    ("kind", "changes", "said"),
    [
        ("data", {"optimisation": {"accumulate": 1}}, "accumulate=2 .*batch_texts=2"),
        (
            "data",
            {"optimisation": {"accumulate": 1, "batch_texts": None, "batch_tokens": 900}},
            "accumulate=2 .*batch_tokens=450",
        ),
        ("shards", {"method": {"kind": "frozen"}}, "method.kind = frozen"),
        ("shards", {"objective": {"r_drop": 0.3}}, "r_drop"),
        ("shards", {"optimisation": {"precision": "fp16"}}, "fp16"),
        ("layers", {"objective": {"language": 1.0}}, "language does not go with --parallel layers"),
        ("shards", {"optimisation": {"averaging": {"kind": "ema"}}}, "averaging = ema"),
    ],
)
def test_what_processes_cannot_divide_is_refused(
    kind: str, changes: dict[str, object], said: str
) -> None:
    optimisation = {"batch_texts": 4, "accumulate": 2} | changes.pop("optimisation", {})  # type: ignore[operator]
    group = Group(kind, size=1 if kind == "layers" else 2)  # type: ignore[arg-type]
    group.refuse_unfit(recipe(optimisation=SMALL))
    with pytest.raises(RecipeError, match=said):
        group.refuse_unfit(recipe(optimisation=optimisation, **changes))


def test_every_batch_is_some_processes_and_counts_once() -> None:
    for count in range(1, 8):
        shares = [dict(Group("data", rank, 3).portion(count)) for rank in range(3)]
        assert sorted(place for one in shares for place in one) == list(range(count))
        assert sum(sum(one.values()) for one in shares) == pytest.approx(1)
        divided = [Group("shards", rank, 3).portion(count) for rank in range(3)]
        assert len({len(one) for one in divided}) == 1
        assert sum(share for one in divided for _, share in one) / 3 == pytest.approx(1)


@pytest.mark.parametrize(("kind", "size"), [("shards", "1"), ("layers", "2"), ("layers", "1")])
def test_a_launch_of_another_kind_is_refused(
    kind: str, size: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_SIZE", size)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(GuandianError, match=f"--parallel {kind}"), joined(kind):  # type: ignore[arg-type]
        pass


def test_more_processes_than_gpus_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "3")
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "3")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(GuandianError, match=r"3 processes here .* has 2"), joined("data"):
        pass


def test_layers_fill_the_devices_in_order_and_stay_whole() -> None:
    settings = config() | {"num_hidden_layers": 6}
    network = OpinionModel(build_encoder(settings), SPEC)
    layers = _layers(network)
    embedded, layer, heads = (
        sum(value.nbytes for value in (*part.parameters(), *part.buffers()))
        for part in (network.get_submodule("encoder.embeddings"), layers[0][1], network.heads)
    )
    # The disk stands for the second of two GPUs, which this machine may not have; for its sake the
    # room of the largest module stays free.
    found = device_map(network, {"cpu": embedded + 3 * layer + heads + 64, "disk": 2**24})
    placed = [next(found[key] for key in found if name.startswith(key)) for name, _ in layers]
    assert placed == sorted(placed, key=str)
    assert {*placed} == {"cpu", "disk"}
    assert found["heads"] == "disk"


def _layers(network: OpinionModel) -> list[tuple[str, nn.Module]]:
    return [
        (name, part)
        for name, part in network.named_modules()
        if name.startswith("encoder.encoder.layer.") and name.count(".") == 3
    ]


def test_a_model_with_spread_layers_learns_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # One processor is all the devices there are here; what carries states along is the real part.
    monkeypatch.setattr("guandian.training.step.device_map", _on_the_processor)
    learned("full", tmp_path / "spread", Group("layers", device="cpu"))
    learned("full", tmp_path / "plain")
    one, two = (load_file(tmp_path / name / "best.safetensors") for name in ("plain", "spread"))
    assert one.keys() == two.keys()
    assert all(torch.equal(one[name], two[name]) for name in one)


def _on_the_processor(network: OpinionModel) -> dict[str, str]:
    assert not any(hasattr(part, "_hf_hook") for part in network.modules())
    layers = [name for name, _ in _layers(network)]
    return {"encoder.embeddings": "cpu", **dict.fromkeys(layers, "cpu"), "heads": "cpu"}


def test_hooks_of_spread_layers_carry_states_and_are_taken_out() -> None:
    network = model(SPEC)
    spread(network, _on_the_processor(network))  # type: ignore[arg-type]
    assert any(hasattr(part, "_hf_hook") for part in network.modules())
    value = torch.ones(3)
    assert whole(value) is value
    assert part_like(value, torch.zeros(3)) is value
