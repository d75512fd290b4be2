"""What a GPU trains: what a processor does, alone and with others, in the memory that was told.

Other tests are kept from GPUs; these start processes that see them, and skip where there is none.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from tests.tiny_base import FILE, config, model, pieces, tokenizer
from tests.training import test_process_group as groups
from tests.training.test_loop import SPEC, prepared
from torch import distributed

from guandian.modeling.encoders.pretrained import build_encoder
from guandian.recipes.sections import Evaluation
from guandian.tracking.events import Event, ignore
from guandian.training import loop
from guandian.training.loop import train
from guandian.training.parallel.process_group import Group, joined
from guandian.training.step import TrainingInputs

SCRIPT = """
import sys
from pathlib import Path
from tests.training.test_gpu import work
work(Path(sys.argv[1]), sys.argv[2])
"""
ALONE = [name for name in groups.RECIPES if name != "noisy"]
GPUS = os.environ["GUANDIAN_TEST_GPUS"]
ROOT = Path(__file__).parents[2]
ANSWERS = "answers.safetensors"
IDS = torch.tensor([[0, 9, 30, 12, 40, 2], [0, 7, 7, 21, 33, 2]])
NEAR = 0.01
"""Half a logit and more is between what any two of the recipes learn."""
COUNT = "import torch; print(torch.cuda.device_count())"


def learned(
    name: str, folder: Path, group: Group, on_event: Callable[[Event], None] = ignore
) -> None:
    """Train the tiny model by a recipe, to its last step, and write what it answers then."""
    wanted = groups.asked(name)
    settings = wanted.optimisation
    if name in ALONE:  # devices drop by random numbers of their own
        settings = settings.model_copy(update={"dropout": 0.0})
    changes = {"evaluation": Evaluation(every=10_000), "optimisation": settings}
    wanted = wanted.model_copy(update=changes)
    network = model(SPEC, seed=3)
    train(wanted, TrainingInputs(network, pieces(), prepared()), folder, on_event, group)
    if group.main:
        with torch.inference_mode():
            save_file(dict(network(IDS)), folder / ANSWERS)


class OneShard(Group):
    """One process of NCCL that holds all parts of every parameter."""

    @property
    def sharded(self) -> bool:
        return True


def work(place: Path, what: str) -> None:
    """What a process with GPUs does."""
    if what == "alone":
        for name in groups.RECIPES:
            learned(name, place / f"alone-{name}", Group())
        loop.SAVE_EVERY_SECONDS, loop.REPORT_EVERY_STEPS = 0.0, 1
        with suppress(InterruptedError):
            learned("fgm", place / "alone-again", Group(), groups.interrupt)
        learned("fgm", place / "alone-again", Group())
    elif what == "one GPU":
        # NCCL wants a GPU for each process; gloo takes tensors of the same one.
        distributed.init_process_group("gloo")
        rank = distributed.get_rank()
        for name in groups.RECIPES:
            learned(name, place / f"shared-{name}", Group("data", rank, 2, "cuda:0"))
        distributed.destroy_process_group()
    elif what == "nccl":
        distributed.init_process_group("nccl", device_id=torch.device("cuda:0"))
        for name in groups.SHARDED:
            learned(name, place / f"nccl-{name}", OneShard("shards"))
        distributed.destroy_process_group()
    elif what == "layers":
        with joined("layers") as group:
            learned("full", place / "layers-full", group)
    else:
        with joined("data") as group:
            for name in groups.RECIPES:
                learned(name, place / f"data-{name}", group)
            shards = Group("shards", group.rank, group.size, str(group.device))
            for name in groups.SHARDED:
                learned(name, place / f"shards-{name}", shards)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A process that sees the GPUs."""
    outside = {name: value for name, value in os.environ.items() if name != "CUDA_VISIBLE_DEVICES"}
    given = {} if GPUS == "all" else {"CUDA_VISIBLE_DEVICES": GPUS}
    paths = ("src", ".", os.environ.get("PYTHONPATH", ""))
    return subprocess.run(
        [sys.executable, *arguments],
        env=outside | given | {"PYTHONPATH": os.pathsep.join(paths)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def gpus() -> int:
    count = int(run("-c", COUNT).stdout) if torch.version.cuda or torch.version.hip else 0
    if not count:
        pytest.skip("needs a GPU and a build of torch for it")
    return count


@pytest.fixture(scope="module")
def pair(gpus: int) -> int:
    if gpus < 2:
        pytest.skip("needs two GPUs")
    return gpus


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gpu")
    (folder / "script.py").write_text(SCRIPT, encoding="utf-8")
    return folder


def launched(place: Path, what: str, processes: int = 1) -> Path:
    if not (place / what).exists():
        launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node"]
        done = run(*launcher, str(processes), str(place / "script.py"), str(place), what)
        assert done.returncode == 0, done.stderr
        (place / what).touch()
    return place


def apart(one: Path, two: Path) -> float:
    """How far the answers of two models are from each other, in logits.

    Not their parameters: those that no loss depends on go where the noise of kernels drives them.
    """
    found, expected = load_file(one / ANSWERS), load_file(two / ANSWERS)
    assert found.keys() == expected.keys()
    return max(float((found[name] - value).abs().max()) for name, value in expected.items())


@pytest.mark.parametrize("name", ALONE)
def test_a_gpu_learns_what_a_processor_does(
    name: str, gpus: int, place: Path, tmp_path: Path
) -> None:
    learned(name, tmp_path, Group(device="cpu"))
    assert apart(launched(place, "alone") / f"alone-{name}", tmp_path) < NEAR


def test_an_interrupted_run_goes_on(gpus: int, place: Path) -> None:
    launched(place, "alone")
    assert apart(place / "alone-again", place / "alone-fgm") < NEAR


@pytest.mark.parametrize("name", groups.RECIPES)
def test_two_processes_of_one_gpu_learn_what_one_does(name: str, gpus: int, place: Path) -> None:
    launched(place, "alone")
    assert apart(launched(place, "one GPU", 2) / f"shared-{name}", place / f"alone-{name}") < NEAR


@pytest.mark.parametrize("name", groups.SHARDED)
def test_a_shard_of_nccl_learns_the_same(name: str, gpus: int, place: Path) -> None:
    launched(place, "alone")
    assert apart(launched(place, "nccl") / f"nccl-{name}", place / f"alone-{name}") < NEAR


@pytest.mark.parametrize("name", groups.RECIPES)
def test_two_gpus_learn_what_one_does(name: str, pair: int, place: Path) -> None:
    launched(place, "alone")
    launched(place, "two GPUs", 2)
    assert apart(place / f"data-{name}", place / f"alone-{name}") < NEAR
    if name in groups.SHARDED:
        assert apart(place / f"shards-{name}", place / f"alone-{name}") < NEAR


def test_layers_on_two_gpus_learn_what_those_on_one_do(pair: int, place: Path) -> None:
    launched(place, "alone")
    assert apart(launched(place, "layers") / "layers-full", place / "alone-full") < NEAR


def test_more_processes_than_gpus_are_refused(gpus: int, place: Path) -> None:
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(gpus + 1)]
    done = run(*launcher, str(place / "script.py"), str(place / "many"), "two GPUs")
    assert done.returncode
    assert f"want a GPU each, and this machine has {gpus}" in done.stderr


CASES: dict[str, list[str]] = {
    "full": [],
    "lora": ["method.kind=lora"],
    "lora-4": ["method.kind=lora", "base.bits=4"],
    "lora-4-again": [
        "method.kind=lora",
        "base.bits=4",
        "optimisation.gradient_checkpointing=true",
    ],
}


@pytest.mark.parametrize("name", CASES)
def test_memory_is_what_was_told(name: str, gpus: int, tmp_path: Path) -> None:
    if "base.bits=4" in CASES[name]:
        pytest.importorskip("bitsandbytes")
    base, recipe = tmp_path / "base", tmp_path / "recipe.toml"
    shape = {"hidden_size": 512, "num_hidden_layers": 8, "intermediate_size": 2048}
    decoder = {"model_type": "qwen3", "num_key_value_heads": 4, "head_dim": 128}
    encoder: Any = build_encoder(config() | shape | decoder)
    encoder.save_pretrained(base)
    tokenizer().save(str(base / "tokenizer.json"))
    lines = ["version = 1", 'name = "told"', f"base.model = {json.dumps(str(base))}"]
    lines += [f"data = [ {{ corpus = {json.dumps(str(FILE))} }} ]", "optimisation.epochs = 2"]
    lines += ["optimisation.batch_texts = 16", 'categories = "own"', 'release = "0.1.0"']
    recipe.write_text("\n".join(lines), encoding="utf-8")
    changes = [word for change in CASES[name] for word in ("--set", change)]
    done = run("bench/estimates.py", str(recipe), "--root", str(tmp_path), *changes)
    assert done.returncode == 0, done.stderr
    rows = [[cell.strip() for cell in line.split("|")] for line in done.stdout.splitlines()]
    (ratio,) = (float(row[5]) for row in rows if row[2:3] == ["GB"])
    assert 0.8 <= ratio <= 1.2, done.stdout
