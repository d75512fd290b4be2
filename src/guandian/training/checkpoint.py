"""A run's state on disk, in safetensors and JSON, replaced whole or not at all."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from guandian.errors import GuandianError
from guandian.io.atomic import replacing_file, replacing_folder
from guandian.modeling.decoders.decoder import Decoder
from guandian.modeling.encoders.sharding import part_like, whole
from guandian.modeling.fine_tuning import learned, load_learned
from guandian.modeling.model import OpinionModel
from guandian.tracking.run_folder import BEST_WEIGHTS, CHECKPOINT, CHECKPOINTS, STATE, broken_batch

Learner = OpinionModel | Decoder
_SYSTEM = re.compile(r"\(os error (\d+)\)")


@dataclass(slots=True)
class State:
    """The progress of a run: optimiser steps, best dev score, evaluations since it."""

    step: int = 0
    best: float = -1.0
    stale: int = 0

    def is_over(self, steps: int, patience: int) -> bool:
        """Tell whether no step is left to take: all are done, or patience has ended the run."""
        return self.step >= steps or self.stale >= patience


def best_file(folder: Path) -> Path:
    """The file of a run's best weights."""
    return folder / BEST_WEIGHTS


class Snapshot(NamedTuple):
    """A run at one moment, whole and on the processor.

    Attributes:
        learned: what is learned, by name.
        moments: of the optimiser, `INDEX.KEY`.
        memory: what else the next step depends on.
        state: where the run stands.
    """

    learned: dict[str, Tensor]
    moments: dict[str, Tensor]
    memory: dict[str, Tensor]
    state: State


def snapshot(
    model: Learner,
    optimiser: torch.optim.Optimizer,
    state: State,
    memory: dict[str, Tensor],
) -> Snapshot:
    """Take down a run; where parameters are divided among processes, all of them must."""
    moments: dict[str, Tensor] = {}
    for index, values in optimiser.state_dict()["state"].items():
        moments |= {f"{index}.{key}": torch.as_tensor(value) for key, value in values.items()}
    return Snapshot(_tensors(learned(model)), _tensors(moments), _tensors(memory), state)


def save_checkpoint(folder: Path, snapshot: Snapshot) -> Path:
    """Write everything beside the old checkpoint in the run's folder, then take its place.

    Raises:
        OSError: the disk is full, or the like; the old checkpoint stays.
    """
    target = folder / CHECKPOINT
    folder.mkdir(parents=True, exist_ok=True)
    with replacing_folder(target, reserved=True) as fresh:
        _write(snapshot.learned, fresh / "model.safetensors")
        _write(snapshot.memory, fresh / "memory.safetensors")
        _write(snapshot.moments, fresh / "optimiser.safetensors")
        (fresh / STATE).write_text(json.dumps(asdict(snapshot.state)), encoding="utf-8")
    return target


def load_checkpoint(
    folder: Path, model: Learner, optimiser: torch.optim.Optimizer
) -> tuple[State, dict[str, Tensor]] | None:
    """Put the checkpoint in `folder` into model and optimiser.

    Returns:
        Where the run stands and its memory, as `save_checkpoint` was given
        them; None where there is none.
    """
    source = next((folder / name for name in CHECKPOINTS if (folder / name).exists()), None)
    if source is None:
        return None
    load_weights(source / "model.safetensors", model)
    held: dict[int, dict[str, Tensor]] = {}
    learning = [parameter for group in optimiser.param_groups for parameter in group["params"]]
    for name, value in load_file(source / "optimiser.safetensors").items():
        index, key = name.split(".", 1)
        of = learning[int(index)]
        held.setdefault(int(index), {})[key] = part_like(value, of) if value.dim() else value
    whole = optimiser.state_dict()
    whole["state"] = held
    optimiser.load_state_dict(whole)
    state = State(**json.loads((source / STATE).read_text(encoding="utf-8")))
    return state, load_file(source / "memory.safetensors")


def save_weights(path: Path, model: Learner, *, main: bool = True) -> None:
    """Write what a model has learned beside `path`, then rename.

    Args:
        path: the file.
        model: where its parameters are divided among processes, all of them must call this.
        main: whether this process writes.

    Raises:
        OSError: the disk is full, or the like; the file is as it was.
    """
    tensors = _tensors(learned(model))
    if not main:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing_file(path) as fresh:
        _write(tensors, fresh)


def load_weights(path: Path, model: Learner) -> None:
    """Read what a model has learned.

    Raises:
        GuandianError: when the file is damaged, or of a model of another shape.
    """
    try:
        current = model.state_dict()
        weights = load_file(path)
        load_learned(
            model, {k: part_like(v, current[k]) if k in current else v for k, v in weights.items()}
        )
    except (RuntimeError, SafetensorError) as error:
        raise GuandianError(
            f"{path} is damaged or does not fit the recipe's model: {error}",
            "begin anew with --overwrite, or train into another folder",
        ) from error


def save_batch(folder: Path, ids: Sequence[Tensor], step: int) -> Path:
    """Keep the batches of a step that broke the training, for a look."""
    folder.mkdir(parents=True, exist_ok=True)
    path = broken_batch(folder, step)
    _write({f"ids.{k}": batch.contiguous() for k, batch in enumerate(ids)}, path)
    return path


def _write(named: dict[str, Tensor], path: Path) -> None:
    """Write a file of tensors; the system's errors, which the library only quotes, are raised."""
    try:
        save_file(named, path)
    except SafetensorError as error:
        if (match := _SYSTEM.search(str(error))) is None:
            raise
        number = int(match[1])
        raise OSError(number, os.strerror(number), str(path)) from error


def _tensors(named: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: whole(value.detach()).cpu().contiguous().clone() for name, value in named.items()}
