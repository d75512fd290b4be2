"""What a GPU trains: what a processor does, alone and with others, in the memory that was told.

Other tests are kept from GPUs; these start processes that see them, and skip where there is none.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from tests.tiny_base import FILE, config, tokenizer
from tests.training import process_group_work as groups
from tests.training.gpu_work import ALONE, ANSWERS, learned

from guandian.modeling.encoders.pretrained import build_encoder
from guandian.training.parallel.process_group import Group

pytestmark = pytest.mark.slow

SCRIPT = """
import sys
from pathlib import Path
from tests.training.gpu_work import work
work(Path(sys.argv[1]), sys.argv[2])
"""
GPUS = os.environ["GUANDIAN_TEST_GPUS"]
ROOT = Path(__file__).parents[2]
NEAR = 0.01
"""Half a logit and more is between what any two of the recipes learn."""
COUNT = "import torch; print(torch.cuda.device_count())"


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
