"""A run's state on disk, in safetensors and JSON, replaced whole or not at all."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from guandian.errors import GuandianError
from guandian.modeling.adaptation import learned, load_learned
from guandian.modeling.model import OpinionModel


@dataclass(slots=True)
class State:
    """Where a run stands: optimiser steps done, best dev score, evaluations since it."""

    step: int = 0
    best: float = -1.0
    stale: int = 0


def best_file(folder: Path) -> Path:
    """Where the best weights of a run lie."""
    return folder / "best.safetensors"


def save(
    folder: Path,
    model: OpinionModel,
    optimiser: torch.optim.Optimizer,
    state: State,
    memory: dict[str, Tensor],
) -> Path:
    """Write everything beside the old checkpoint, then take its place.

    Args:
        folder: of the run.
        model: of which only what is learned is written.
        optimiser: with its moments.
        state: where the run stands.
        memory: what else the next step depends on.
    """
    target, fresh, old = folder / "checkpoint", folder / "checkpoint.new", folder / "checkpoint.old"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    save_file(_tensors(learned(model)), fresh / "model.safetensors")
    save_file(_tensors(memory), fresh / "memory.safetensors")
    moments: dict[str, Tensor] = {}
    for index, values in optimiser.state_dict()["state"].items():
        moments |= {f"{index}.{key}": torch.as_tensor(value) for key, value in values.items()}
    save_file(_tensors(moments), fresh / "optimiser.safetensors")
    (fresh / "state.json").write_text(json.dumps(asdict(state)), encoding="utf-8")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    fresh.rename(target)
    shutil.rmtree(old, ignore_errors=True)
    return target


def load(
    folder: Path, model: OpinionModel, optimiser: torch.optim.Optimizer
) -> tuple[State, dict[str, Tensor]] | None:
    """Put the checkpoint in `folder` into model and optimiser.

    Returns:
        Where the run stands and its memory, as `save` was given them; None where there is none.
    """
    source = folder / "checkpoint"
    if not source.exists():
        source = folder / "checkpoint.old"
    if not source.exists():
        return None
    load_weights(source / "model.safetensors", model)
    held: dict[int, dict[str, Tensor]] = {}
    for name, value in load_file(source / "optimiser.safetensors").items():
        index, key = name.split(".", 1)
        held.setdefault(int(index), {})[key] = value
    whole = optimiser.state_dict()
    whole["state"] = held
    optimiser.load_state_dict(whole)
    state = State(**json.loads((source / "state.json").read_text(encoding="utf-8")))
    return state, load_file(source / "memory.safetensors")


def save_weights(path: Path, model: OpinionModel) -> None:
    """Write what a model has learned beside `path`, then rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    save_file(_tensors(learned(model)), fresh)
    fresh.replace(path)


def load_weights(path: Path, model: OpinionModel) -> None:
    """Read what a model has learned.

    Raises:
        GuandianError: when the file is damaged, or of a model of another shape.
    """
    try:
        load_learned(model, load_file(path))
    except (RuntimeError, SafetensorError) as error:
        raise GuandianError(
            f"{path} is damaged or does not fit the recipe's model: {error}",
            "begin anew with --overwrite, or train into another folder",
        ) from error


def save_batch(folder: Path, ids: Sequence[Tensor], step: int) -> Path:
    """Keep the batches of a step that broke the training, for a look."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"broken-batch-{step}.safetensors"
    save_file({f"ids.{k}": one.contiguous() for k, one in enumerate(ids)}, path)
    return path


def _tensors(named: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.detach().cpu().contiguous().clone() for name, value in named.items()}
