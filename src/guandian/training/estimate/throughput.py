"""The pace of training on this machine: a few real steps, or its rate of multiplying matrices."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from guandian.recipes.recipe import Recipe
from guandian.tasks.inference import Reader, infer
from guandian.training.data.dataset import Prepared
from guandian.training.loop import train_steps
from guandian.training.parallel.process_group import device_here
from guandian.training.step import TrainingInputs, TrainState, computing_type
from guandian.training.validation import forward_of

_STRATA = (0.5, 0.1, 0.9, 0.3, 0.7)
"""Places of the timed steps in the order of their cost; the first three at least."""
_FEWEST = 3
_ENOUGH_SECONDS = 30.0
_TEXTS = 24
_MATMUL_SECONDS = 1.0

Seconds = NDArray[np.float64]
"""By the clock and of all cores, float64 [2]; where a machine does other work the latter tell more.
A GPU's work is in the first alone."""


@dataclass(frozen=True, slots=True)
class Pace:
    """The pace that was measured, and the time of a whole training by it.

    Attributes:
        by: `steps` of the training itself, or `matmul`, which leaves out all other work.
        measured: how many steps, or products of matrices.
        flops_per_second: of those, by the clock.
        steps: all steps of the training.
        before: the states of frozen layers, and a first step.
        scoring: all scorings, at most; without looking for opinions in the answers.
        most_bytes: of a GPU's memory while it was measured; None without one.
    """

    by: Literal["steps", "matmul"]
    measured: int
    flops_per_second: float
    steps: Seconds
    before: Seconds
    scoring: Seconds
    most_bytes: int | None = None


def spent() -> Seconds:
    """Seconds of this process until now."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return np.array([time.perf_counter(), time.process_time()])


def by_steps(
    recipe: Recipe,
    inputs: TrainingInputs,
    steps: Sequence[Sequence[Sequence[int]]],
    flops: NDArray[np.float64],
) -> Pace:
    """Take a few steps, spread over cheap and dear ones, and time them.

    The dearest step comes first, as what a training begins with: on a GPU it loads the kernels.

    Args:
        recipe: of one training.
        inputs: what it begins with; the model, with its weights, is changed.
        steps: as `schedule` gives them.
        flops: of each step.
    """
    order = np.argsort(flops, kind="stable")
    indices = [int(order[round(share * (len(order) - 1))]) for share in _STRATA]
    # What is timed is each step's second time, when a batch of its size has been there before.
    repeated = [steps[index] for index in indices for _ in range(2)]
    sample, sample_steps = _only(inputs, [steps[int(order[-1])], *repeated])
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
    with tempfile.TemporaryDirectory() as folder:
        start = spent()
        with TrainState(recipe, sample, len(steps), Path(folder)) as state:
            stamps = [spent()]
            for _ in train_steps(state, sample_steps):
                stamps.append(spent())
                times = np.diff(stamps, axis=0)[2::2]
                if len(times) >= _FEWEST and times[:, 0].sum() > _ENOUGH_SECONDS:
                    break
            most_bytes = torch.cuda.max_memory_allocated() if torch.cuda.is_available() else None
            scoring = _scoring(recipe, inputs)
    total, preparation = times.sum(0), stamps[1] - stamps[0]
    if recipe.method.kind == "frozen":
        sample_tokens, all_tokens = (
            sum(len(example.ids) for example in part.prepared.examples) for part in (sample, inputs)
        )
        preparation += (stamps[0] - start) * (all_tokens / sample_tokens)
    return Pace(
        by="steps",
        measured=len(times),
        flops_per_second=float(flops[indices[: len(times)]].sum() / total[0]),
        steps=total * (len(steps) / len(times)),
        before=preparation,
        scoring=scoring * -(-len(steps) // recipe.evaluation.every),
        most_bytes=most_bytes,
    )


def by_matmul(recipe: Recipe, width: int, tokens: int, flops: float) -> Pace:
    """Multiply matrices as wide as the model, in its precision, and time that.

    Args:
        recipe: of one training.
        width: H of the hidden states.
        tokens: of a batch.
        flops: of the run.
    """
    kind, device = computing_type(recipe), device_here()
    left, right = (torch.randn(n, width, device=device).to(kind) for n in (tokens, 4 * width))
    left @ right.T
    count, start, zero = 0, spent(), np.zeros(2)
    seconds = zero
    while seconds[0] < _MATMUL_SECONDS:
        left @ right.T
        count, seconds = count + 1, spent() - start
    work = 2 * left.numel() * len(right) * count
    return Pace("matmul", count, work / seconds[0], seconds * (flops / work), zero, zero)


def _only(
    inputs: TrainingInputs, steps: Sequence[Sequence[Sequence[int]]]
) -> tuple[TrainingInputs, list[list[list[int]]]]:
    """Some steps with the examples of theirs alone."""
    indices = sorted({k for step in steps for batch in step for k in batch})
    positions = {index: position for position, index in enumerate(indices)}
    examples = [inputs.prepared.examples[k] for k in indices]
    prepared = Prepared(examples, np.ones(len(indices), dtype=np.int64), {})
    sample_steps = [[[positions[k] for k in batch] for batch in step] for step in steps]
    return inputs._replace(prepared=prepared), sample_steps


def _scoring(recipe: Recipe, inputs: TrainingInputs) -> Seconds:
    """Of one scoring, from a few of its texts; heads that know nothing are not asked for spans."""
    model = inputs.model.eval()
    reader = Reader(forward_of(model), inputs.pieces, model.spec, spans=False)
    total = np.zeros(2)
    for records in inputs.prepared.dev.values():
        start, texts = spent(), [record.text for record in records[:_TEXTS]]
        infer(reader, texts)
        repeats = min(len(records), recipe.evaluation.most) / max(1, len(texts))
        total += (spent() - start) * repeats
    model.train()
    return total
