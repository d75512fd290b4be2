"""The processes of one training: what each computes, and how they agree."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from math import ceil
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, distributed, nn

from guandian.errors import ElsewhereError, GuandianError, RecipeError
from guandian.recipes.recipe import Recipe
from guandian.recipes.sections import Optimisation, Parallel

_PATIENCE = timedelta(hours=2)
"""The time that processes wait for one that scores or labels."""
_BUCKET = 2**25
_GONE = ("gloo", "nccl", "connection", "broken pipe", "process group")
T = TypeVar("T")


def device_here() -> torch.device:
    """The device that a training computes on."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


class Group:
    """One process among those that train together; alone, nothing here does anything.

    Processes follow the same recipe to the same steps. They share the batches of a step, add their
    gradients, and so reach what one process would, but for the order in which floats are added. The
    main one alone scores, writes and tells. They must see the same folders.

    Args:
        kind: what is divided.
        rank: of this process, from 0.
        size: how many there are.
        device: to compute on.
    """

    def __init__(
        self, kind: Parallel = "data", rank: int = 0, size: int = 1, device: str | None = None
    ) -> None:
        self.kind, self.rank, self.size = kind, rank, size
        self.device = torch.device(device) if device else device_here()

    @property
    def main(self) -> bool:
        """Tell whether this is the process that scores, writes and tells."""
        return self.rank == 0

    @property
    def sharded(self) -> bool:
        """Tell whether each process holds a part of every parameter."""
        return self.kind == "shards" and self.size > 1

    def refuse_unfit(self, recipe: Recipe) -> None:
        """Refuse a recipe that these processes cannot divide, before anything is read.

        Raises:
            RecipeError: with the settings to change.
        """
        for training in (*map(recipe.at, recipe.stages), recipe):
            settings = training.optimisation
            if self.size > settings.accumulate:
                raise RecipeError(
                    f"{self.size} processes share the batches of a step, which are "
                    f"{settings.accumulate}",
                    f"the same step in smaller batches: {_divided(settings, self.size)}",
                )
            if self.kind != "data" and (feature := _undividable(training)):
                raise RecipeError(
                    f"{feature} does not go with --parallel {self.kind}",
                    "leave that option out, or choose method.kind full, lora or adapter",
                )

    def portion(self, count: int) -> list[tuple[int, float]]:
        """This process's share of a step's batches, and what each counts for.

        Sharded processes compute in step, so that one without a batch repeats one that counts 0.
        """
        mine = [(k, 1 / count) for k in range(self.rank, count, self.size)]
        if self.sharded:
            mine = [(k, self.size * share) for k, share in mine]  # FSDP takes the mean
            mine += [(0, 0.0)] * (ceil(count / self.size) - len(mine))
        return mine

    def add_gradients(self, model: nn.Module) -> None:
        """Add all processes' gradients; a parameter that no batch reached has none afterwards."""
        if self.size == 1:
            return
        named = {
            name: parameter
            for name, parameter in model.named_parameters()
            if parameter.requires_grad
        }
        learning = [*named.values()]
        reached = torch.tensor([self._has_gradient(*item) for item in named.items()])
        reached = reached.to(self.device, torch.int32)
        with self.together():
            distributed.all_reduce(reached, distributed.ReduceOp.MAX)
        reached_parameters = [
            parameter for parameter, flag in zip(learning, reached.tolist(), strict=True) if flag
        ]
        for parameter, flag in zip(learning, reached.tolist(), strict=True):
            if not flag:
                parameter.grad = None
        if self.sharded:
            return
        for bucket in _buckets(reached_parameters):
            parts = [
                torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
                for parameter in bucket
            ]
            flat = torch.cat([part.flatten() for part in parts])
            with self.together():
                distributed.all_reduce(flat)
            pieces = flat.split([parameter.numel() for parameter in bucket])  # type: ignore[no-untyped-call]
            for parameter, piece in zip(bucket, pieces, strict=True):
                parameter.grad = piece.view_as(parameter)

    def gather(self, value: T) -> list[T]:
        """Collect every process's value in their order: plain values, which travel as JSON."""
        if self.size == 1:
            return [value]
        mine = np.frombuffer(json.dumps(value).encode(), dtype=np.uint8)
        sizes = [torch.zeros(1, dtype=torch.int64, device=self.device) for _ in range(self.size)]
        with self.together():
            distributed.all_gather(sizes, torch.tensor([len(mine)], device=self.device))
            longest = max(int(size) for size in sizes)
            padded = torch.zeros(longest, dtype=torch.uint8)
            padded[: len(mine)] = torch.from_numpy(mine.copy())
            buffers = [torch.zeros_like(padded, device=self.device) for _ in sizes]
            distributed.all_gather(buffers, padded.to(self.device))
        pairs = zip(buffers, sizes, strict=True)
        return [json.loads(buffer[: int(size)].cpu().numpy().tobytes()) for buffer, size in pairs]

    def agree(self, value: T) -> T:
        """The main process's value."""
        return self.gather(value)[0]

    def first(self, work: Callable[[], T]) -> T:
        """Let the main process alone do something that the others wait for.

        Raises:
            GuandianError: in the main process; an `ElsewhereError` in the others.
        """
        if self.size == 1:
            return work()
        results: list[T] = []
        failed: list[tuple[str, str]] = []
        if self.main:
            try:
                results.append(work())
            except GuandianError as error:
                failed.append((error.problem, error.repair))
        result, failure = self.agree((results, failed))
        if failure:
            raise (GuandianError if self.main else ElsewhereError)(*failure[0])
        return result[0]

    def same(self, value: str, what: str) -> None:
        """Refuse to go on where processes differ.

        Raises:
            GuandianError: they do.
        """
        if len(set(self.gather(value))) > 1:
            raise GuandianError(
                f"the processes of this training have different {what}",
                "give each machine the same files and packages",
            )

    def _has_gradient(self, name: str, parameter: nn.Parameter) -> bool:
        gradient = parameter.grad
        if gradient is None or not self.sharded or not name.startswith("heads."):
            return gradient is not None
        # Every shard takes part in every pass: a head that no loss reached has a gradient of zeros.
        local: Tensor = gradient.to_local()  # type: ignore[attr-defined]
        return bool(local.any())

    @contextmanager
    def together(self) -> Iterator[None]:
        """Turn a lost connection into an error that tells how to go on.

        Raises:
            GuandianError: another process is gone.
        """
        try:
            yield
        except RuntimeError as error:
            message = str(error).lower()
            if self.size == 1 or not any(sign in message for sign in _GONE):
                raise
            raise GuandianError(
                f"process {self.rank} of {self.size} lost another one of this training: "
                f"{str(error).splitlines()[0]}",
                "see what that one said, then go on: the same command with --resume",
            ) from error


ALONE = Group()


def refuse_count(kind: Parallel, size: int) -> None:
    """Refuse a number of processes that do not divide what was asked for.

    Raises:
        GuandianError: shards for one process, or layers for several.
    """
    if kind == "shards" and size == 1:
        raise GuandianError(
            "--parallel shards divides the parameters among processes, and there is one",
            "torchrun --nproc-per-node 2 -m guandian train ..., or --workers 2",
        )
    if kind == "layers" and size > 1:
        raise GuandianError(
            f"--parallel layers is for one process, and there are {size}",
            "leave out the launcher or --workers, or say --parallel shards",
        )


@contextmanager
def joined(kind: Parallel) -> Iterator[Group]:
    """The group that a launcher such as torchrun or Ray Train has started this process in.

    Args:
        kind: what is divided.

    Raises:
        GuandianError: shards without other processes; layers with them, or without several GPUs;
            more processes on a machine than GPUs.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    local_size, gpus = int(os.environ.get("LOCAL_WORLD_SIZE", "1")), torch.cuda.device_count()
    refuse_count(kind, size)
    if kind == "layers" and gpus < 2:
        raise GuandianError(
            "--parallel layers divides the layers among the GPUs of this machine, which has "
            f"{gpus}",
            "leave it out; less memory is needed with optimisation.gradient_checkpointing = true",
        )
    if 0 < gpus < local_size:
        raise GuandianError(
            f"{local_size} processes here want a GPU each, and this machine has {gpus}",
            f"start {gpus}, or compute on the processor: CUDA_VISIBLE_DEVICES= before the command",
        )
    if size == 1:
        yield Group(kind)
        return
    from accelerate import PartialState

    mine = not distributed.is_initialized()
    state = PartialState(cpu=not torch.cuda.is_available(), timeout=_PATIENCE)
    try:
        yield Group(kind, state.process_index, state.num_processes, str(state.device))
    finally:
        if mine:
            state.destroy_process_group()


def _divided(settings: Optimisation, size: int) -> str:
    """The settings of a step of as many texts in at least `size` batches."""
    if settings.batch_texts is not None:
        smaller = f"batch_texts={max(1, settings.batch_texts * settings.accumulate // size)}"
    else:
        smaller = f"batch_tokens={settings.batch_tokens * settings.accumulate // size}"
    return f"--set optimisation.accumulate={size} --set optimisation.{smaller}"


def _undividable(recipe: Recipe) -> str | None:
    """The first part of a recipe that does not work with divided parameters, if any."""
    objective = recipe.objective
    conditions = {
        f"method.kind = {recipe.method.kind}": recipe.method.kind
        not in ("full", "lora", "adapter"),
        f"optimisation.averaging = {recipe.optimisation.averaging.kind}": (
            recipe.optimisation.averaging.kind != "none"
        ),
        "a question": any(stage.question for stage in recipe.stages),
        "objective.language": objective.language > 0,
        "objective.consistency": objective.consistency > 0,
        "objective.pairing": objective.pairing is not None,
        "objective.r_drop": objective.r_drop > 0,
        "objective.contrastive": objective.contrastive > 0,
        "base.bits": recipe.base.bits is not None,
        "optimisation.precision = fp16": recipe.optimisation.precision == "fp16",
        "an optimiser other than adamw": recipe.optimisation.optimiser != "adamw",
    }
    return next((name for name, holds in conditions.items() if holds), None)


def _buckets(parameters: Sequence[nn.Parameter]) -> Iterator[list[nn.Parameter]]:
    bucket: list[nn.Parameter] = []
    for parameter in parameters:
        if bucket and sum(held.numel() for held in bucket) + parameter.numel() > _BUCKET:
            yield bucket
            bucket = []
        bucket.append(parameter)
    if bucket:
        yield bucket
