"""How quickly this machine trains: a few real steps, or its rate of multiplying matrices."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from guandian.domain import Labelled
from guandian.modeling.model import OpinionModel
from guandian.recipes.recipe import Recipe
from guandian.tasks.inference import Reader, infer
from guandian.text.pieces import Pieces
from guandian.training.estimate.requirements import Lesson
from guandian.training.loop import train_steps
from guandian.training.parallel.process_group import device_here
from guandian.training.step import TrainState, computing_type
from guandian.training.validation import forward_of

_STRATA = (0.5, 0.1, 0.9, 0.3, 0.7)
"""Places of the timed steps in the order of their cost; the first three at least."""
_FEWEST = 3
_ENOUGH_SECONDS = 30.0
_TEXTS = 24
_MATMUL_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds by the clock and of all cores; where a machine does other work the latter tell more.

    A GPU's work is in the first alone.
    """

    clock: float = 0.0
    processor: float = 0.0

    @classmethod
    def now(cls) -> Spent:
        """Of this process until now."""
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        return cls(time.perf_counter(), time.process_time())

    def __add__(self, other: Spent) -> Spent:
        """Both."""
        return Spent(self.clock + other.clock, self.processor + other.processor)

    def __sub__(self, other: Spent) -> Spent:
        """What was spent since."""
        return Spent(self.clock - other.clock, self.processor - other.processor)

    def __mul__(self, times: float) -> Spent:
        """So many times as much."""
        return Spent(times * self.clock, times * self.processor)


@dataclass(frozen=True, slots=True)
class Pace:
    """What was measured, and what a whole training spends by it.

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
    steps: Spent
    before: Spent = Spent()
    scoring: Spent = Spent()
    most_bytes: int | None = None


def by_steps(
    recipe: Recipe,
    model: OpinionModel,
    lesson: Lesson,
    flops: NDArray[np.float64],
    dev: Mapping[str, Sequence[Labelled]],
) -> Pace:
    """Take a few steps, spread over cheap and dear ones, and time them.

    The dearest step comes first, as what a training begins with: on a GPU it loads the kernels. The
    model is changed.

    Args:
        recipe: of one training.
        model: with its weights.
        lesson: what it will learn from.
        flops: of each step of the lesson.
        dev: what it will be scored on.
    """
    order = np.argsort(flops, kind="stable")
    places = [int(order[round(share * (len(order) - 1))]) for share in _STRATA]
    chosen = [int(order[-1]), *places]
    few = _only(lesson, chosen)
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
    with tempfile.TemporaryDirectory() as folder:
        began = Spent.now()
        with TrainState(recipe, few.begun(model), len(lesson.steps), Path(folder)) as learner:
            prepared = Spent.now() - began
            first, taken = _timed(learner, few)
            most = torch.cuda.max_memory_allocated() if torch.cuda.is_available() else None
            scoring = _scoring(recipe, model, lesson.pieces, dev)
    total = sum(taken, Spent())
    share = sum(len(e.ids) for e in lesson.examples) / sum(len(e.ids) for e in few.examples)
    return Pace(
        by="steps",
        measured=len(taken),
        flops_per_second=float(flops[places[: len(taken)]].sum() / total.clock),
        steps=total * (len(lesson.steps) / len(taken)),
        before=first + (prepared * share if recipe.method.kind == "frozen" else Spent()),
        scoring=scoring * -(-len(lesson.steps) // recipe.evaluation.every),
        most_bytes=most,
    )


def by_matmul(recipe: Recipe, width: int, tokens: int, flops: float) -> Pace:
    """Multiply matrices as wide as the model, in its precision, and time that.

    Args:
        recipe: of one training.
        width: H of the hidden states.
        tokens: of a batch.
        flops: of the run.
    """
    device = device_here()
    kind = computing_type(recipe)
    left, right = (torch.randn(n, width, device=device).to(kind) for n in (tokens, 4 * width))
    left @ right.T
    count, began = 0, Spent.now()
    taken = Spent()
    while taken.clock < _MATMUL_SECONDS:
        left @ right.T
        count, taken = count + 1, Spent.now() - began
    done = 2 * left.numel() * len(right) * count
    return Pace("matmul", count, done / taken.clock, taken * (flops / done))


def _only(lesson: Lesson, chosen: Sequence[int]) -> Lesson:
    """Some steps of a lesson with their examples alone."""
    used = sorted({k for step in chosen for batch in lesson.steps[step] for k in batch})
    new = {old: place for place, old in enumerate(used)}
    steps = [[[new[k] for k in batch] for batch in lesson.steps[step]] for step in chosen]
    return lesson._replace(examples=[lesson.examples[k] for k in used], steps=steps)


def _timed(learner: TrainState, few: Lesson) -> tuple[Spent, list[Spent]]:
    """What the first step takes, and each other when a batch of its size has been there before."""
    taken: list[Spent] = []
    twice = [step for step in few.steps[1:] for _ in range(2)]
    going = train_steps(learner, [few.steps[0], *twice])
    began = Spent.now()
    next(going)
    first = Spent.now() - began
    while len(taken) < len(few.steps) - 1:
        next(going)
        began = Spent.now()
        next(going)
        taken.append(Spent.now() - began)
        if len(taken) >= _FEWEST and sum(taken, Spent()).clock > _ENOUGH_SECONDS:
            break
    return first, taken


def _scoring(
    recipe: Recipe, model: OpinionModel, pieces: Pieces, dev: Mapping[str, Sequence[Labelled]]
) -> Spent:
    """Of one scoring, from a few of its texts; heads that know nothing are not asked for spans."""
    model.eval()
    reader = Reader(forward_of(model), pieces, model.spec, spans=False)
    total = Spent()
    for records in dev.values():
        some = records[:_TEXTS]
        began = Spent.now()
        infer(reader, [record.text for record in some])
        times = min(len(records), recipe.evaluation.most) / max(1, len(some))
        total += (Spent.now() - began) * times
    model.train()
    return total
