"""What a training will take, as it is told before it begins."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil
import torch

from guandian.recipes.recipe import Recipe
from guandian.training.data.dataset import Prepared
from guandian.training.estimate.requirements import Needs
from guandian.training.estimate.throughput import Pace, Spent
from guandian.training.parallel.process_group import device_here
from guandian.training.step import computing_type

_CONTAINER = Path("/sys/fs/cgroup")
_NAMES = {torch.float32: "fp32", torch.bfloat16: "bf16", torch.float16: "fp16"}
_SPARE = 0.9
"""Of the free memory, what may be counted on."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """One training of a recipe.

    Attributes:
        name: of the stage or the recipe.
        method, precision, device: by which, in what and on what it learns.
        windows: texts, or parts of long ones, that are learned from.
        tokens: of an epoch, repeats counted, without padding.
        steps: of the optimiser, at most: patience may end it sooner.
        needs: parameters, memory and operations.
        pace: the measured rate, and what follows from it.
        bits: of the base's matrices, None where they are whole.
        free: bytes that are free on the device.
    """

    name: str
    method: str
    precision: str
    device: str
    windows: int
    tokens: int
    steps: int
    needs: Needs
    pace: Pace
    free: int
    bits: int | None

    @property
    def flops(self) -> float:
        """Operations of the whole training."""
        return float(self.needs.flops.sum()) + self.needs.flops_before

    @property
    def learning(self) -> Spent:
        """Of the steps, and of frozen states before them."""
        return self.pace.before + self.pace.steps

    def to_json(self) -> dict[str, Any]:
        """Every figure by its name."""
        return {
            "name": self.name,
            "method": self.method,
            "precision": self.precision,
            "bits": self.bits,
            "device": self.device,
            "windows": self.windows,
            "tokens_an_epoch": self.tokens,
            "steps": self.steps,
            "parameters": asdict(self.needs.parameters),
            "bytes": asdict(self.needs.memory),
            "free_bytes": self.free,
            "largest_batch": list(self.needs.largest),
            "flops": self.flops,
            "flops_a_step": float(self.needs.flops.sum()) / self.steps,
            "minutes": asdict(self.learning * (1 / 60)),
            "scoring_minutes": asdict(self.pace.scoring * (1 / 60)),
            "pace": asdict(self.pace),
        }


def estimate(
    recipe: Recipe, name: str, prepared: Prepared, steps: int, needs: Needs, pace: Pace
) -> Estimate:
    """The parts put together; arguments as in `Estimate`."""
    device = device_here()
    return Estimate(
        name=name,
        method=recipe.method.kind,
        precision=_NAMES[computing_type(recipe)],
        device=torch.cuda.get_device_name() if device.type == "cuda" else "cpu",
        windows=len(prepared.examples),
        tokens=prepared.tokens,
        steps=steps,
        needs=needs,
        pace=pace,
        free=free_bytes(device),
        bits=recipe.base.bits,
    )


def has_room(needs: Needs, held: int = 0) -> bool:
    """Whether a training fits the free memory, of which it holds so many bytes already.

    A GPU's weights are read into the memory of the machine first.
    """
    device = device_here()
    host = torch.device("cpu")
    loads = needs.memory.weights < _SPARE * (free_bytes(host) + held)
    return loads and needs.memory.most < _SPARE * (free_bytes(device) + held)


def free_bytes(device: torch.device) -> int:
    """Memory that is free on the device."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info()[0])
    free = int(psutil.virtual_memory().available)
    most = _CONTAINER / "memory.max"
    limit = most.read_text("ascii").strip() if most.is_file() else "max"
    if limit == "max":
        return free
    held = int((_CONTAINER / "memory.current").read_text("ascii"))
    stat = (_CONTAINER / "memory.stat").read_text("ascii")
    files = re.search(r"^inactive_file (\d+)$", stat, re.MULTILINE)  # which it would give up
    return min(free, int(limit) - held + int(files[1] if files else 0))
