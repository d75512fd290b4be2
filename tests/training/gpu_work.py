"""What a process with GPUs does."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import torch
from safetensors.torch import save_file
from tests.tiny_base import model, pieces
from tests.training import process_group_work as groups
from tests.training.fixtures import SPEC, prepared
from torch import distributed

from guandian.recipes.sections import EvaluationSettings
from guandian.tracking.events import Event, ignore
from guandian.training import loop
from guandian.training.loop import train
from guandian.training.parallel.process_group import Group, joined
from guandian.training.step import TrainingInputs

ALONE = [name for name in groups.RECIPES if name != "noisy"]
ANSWERS = "answers.safetensors"
IDS = torch.tensor([[0, 9, 30, 12, 40, 2], [0, 7, 7, 21, 33, 2]])


def learned(
    name: str, folder: Path, group: Group, on_event: Callable[[Event], None] = ignore
) -> None:
    """Train the tiny model by a recipe, to its last step, and write what it answers then."""
    wanted = groups.group_recipe(name)
    settings = wanted.optimisation
    if name in ALONE:  # devices drop by random numbers of their own
        settings = settings.model_copy(update={"dropout": 0.0})
    changes = {"evaluation": EvaluationSettings(every=10_000), "optimisation": settings}
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
