"""What a training needs, told by its own steps on a model without weights."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from guandian.modeling.encoders.frozen import frozen_layers, lower_states
from guandian.modeling.fake_model import Meter, Weightless
from guandian.modeling.model import OpinionModel
from guandian.recipes.methods import Frozen
from guandian.recipes.recipe import Recipe
from guandian.tasks.targets import Annotated
from guandian.text.pieces import Pieces
from guandian.training.activation_cache import States
from guandian.training.data.batches import Batch, collate
from guandian.training.data.dataset import Prepared
from guandian.training.parallel.process_group import device_here
from guandian.training.step import TrainingInputs, TrainState, train_step

_SHAPES = 3
"""Sizes of batches whose operations are counted; the rest follow from them."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """How many numbers a model has.

    Attributes:
        all: of encoder, heads and what the method adds; a quantised one counts as one.
        learned: those that move.
        heads: those of the heads.
        added: those that the method adds.
    """

    all: int
    learned: int
    heads: int
    added: int


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes that a training holds at once, by kind.

    Attributes:
        weights: of the model, its buffers, and of teachers.
        gradients: of all that learns, at the end of a step.
        optimiser: its moments.
        averages: of weights, where they are averaged.
        activations: what the largest batch keeps for the way back, with casts and what is made on
            the way, at the moment of the most.
        workspace: what products of matrices keep of a GPU's memory; 0 on a processor.
        most: of all of it at one moment, which is less than the sum where most gradients come
            when activations are gone.
        on_disk: the states of frozen layers, in a file.
        whole: the model in float32, as it ends; more than `weights` where these are in four bits.
    """

    weights: int
    gradients: int
    optimiser: int
    averages: int
    activations: int
    workspace: int
    most: int
    on_disk: int
    whole: int


@dataclass(frozen=True, slots=True)
class Needs:
    """What a training needs.

    Attributes:
        parameters: of its model.
        memory: while it learns.
        flops: floating-point operations of each batch, forward and backward, float64 [batches];
            a multiplication and an addition are two. Those of matrices and attention alone.
        flops_before: of the states of frozen layers, computed once.
        largest: texts and tokens of the batch that takes the most memory.
    """

    parameters: Parameters
    memory: Memory
    flops: NDArray[np.float64]
    flops_before: float
    largest: tuple[int, int]


class Measured(NamedTuple):
    """A step: its operations, the most bytes that it made at one moment, those of no gradient."""

    flops: float
    peak: int
    activations: int


class Rehearsal(TrainState):
    """The state of training a model without weights; nothing is computed and nothing written."""

    def measured(self, batches: Sequence[Batch]) -> Measured:
        """A step on some batches."""
        with Meter() as meter:
            train_step(self, batches, 0)
        gradients = [p.grad for p in self.model.parameters() if p.grad is not None]
        return Measured(meter.flops, meter.peak, meter.peak - meter.at_peak(gradients))

    def optimiser_bytes(self) -> int:
        """Of the moments; after a step."""
        return bytes_of(
            value
            for kept in self.optimiser.state.values()
            for value in kept.values()
            if isinstance(value, Tensor)
        )

    def average_bytes(self) -> int:
        """Of the averages of weights, once there are as many as will be."""
        settings = self.recipe.optimisation.averaging
        learned = bytes_of(p for p in self.model.parameters() if p.requires_grad)
        return learned * {"none": 0, "ema": 1, "last": settings.last}[settings.kind]

    def _above(self, method: Frozen, folder: Path) -> States:
        return cast(States, _Blank(self.model.encoder, method))


class _Blank:
    """Stands for the states above frozen layers."""

    def __init__(self, encoder: nn.Module, method: Frozen) -> None:
        self.lower = frozen_layers(encoder, method)[0]
        self._width: Any = encoder.config.hidden_size  # type: ignore[union-attr]

    def of(self, indices: Sequence[int], length: int) -> Tensor:
        """Zeros [B, length, H]."""
        return torch.zeros(len(indices), length, self._width)

    def close(self) -> None:
        """Nothing is to be removed."""


class Lesson(NamedTuple):
    """What is learned from, in which order, and by whom it is taught besides."""

    examples: Sequence[Annotated]
    steps: Sequence[Sequence[Sequence[int]]]
    pieces: Pieces
    teacher: nn.Module | None

    def begun(self, model: OpinionModel) -> TrainingInputs:
        """What a training of the model begins with; nothing is scored."""
        times = np.ones(len(self.examples), dtype=np.int64)
        return TrainingInputs(model, self.pieces, Prepared(self.examples, times, {}), self.teacher)

    @property
    def batches(self) -> list[Sequence[int]]:
        """The batches of all steps."""
        return [batch for step in self.steps for batch in step]

    def by_step(self, by_batch: NDArray[np.float64]) -> NDArray[np.float64]:
        """Figures of batches, added for each step."""
        firsts = np.cumsum([0, *(len(step) for step in self.steps[:-1])])
        return np.add.reduceat(by_batch, firsts)

    def shape(self, batch: Sequence[int]) -> tuple[int, int]:
        """Texts and tokens of a batch."""
        return len(batch), max(len(self.examples[k].ids) for k in batch)


def rehearse(recipe: Recipe, model: Weightless, lesson: Lesson) -> Needs:
    """What training the model takes, without its weights.

    Memory and operations are those of the training step itself, run on tensors without memory:
    torch counts the operations of matrices and attention, and every tensor that is made counts
    until it is gone. What kernels take for themselves is not seen.

    Args:
        recipe: of one training.
        model: adapted by the recipe's method here.
        lesson: as the training will see it.
    """
    before = numbers(model)
    batches, together = lesson.batches, min(2, recipe.optimisation.accumulate)
    shapes = np.array([lesson.shape(batch) for batch in batches])
    known = np.array([lesson.teacher is not None or _labelled(lesson, batch) for batch in batches])
    pad = lesson.pieces.pad_id
    total = len(lesson.steps)
    with Rehearsal(recipe, lesson.begun(model), total, Path()) as learner:
        done: dict[int, Measured] = {}

        def measured(place: int) -> Measured:
            if place not in done:
                rows = [lesson.examples[k] for k in batches[place]]
                batch = collate(rows, model.spec, pad, batches[place])
                done[place] = learner.measured([batch] * together)
            return done[place]

        flops = _flops(lambda place: measured(place).flops / together, shapes, known)
        done.pop(next(iter(done)))  # the first step made the optimiser's moments besides
        largest = max(_largest(shapes), key=lambda place: measured(place).peak)
        _, held, activations = measured(largest)
        learning = [p for p in model.parameters() if p.requires_grad]
        constant = (
            bytes_of((*model.parameters(), *model.buffers()))
            + bytes_of(lesson.teacher.parameters() if lesson.teacher else ()),
            bytes_of(learning),
            learner.optimiser_bytes(),
            learner.average_bytes(),
        )
    weights, gradients, optimiser, averages = constant
    after = numbers(model)
    workspace = _workspace(device_here())
    frozen = isinstance(recipe.method, Frozen)
    tokens = sum(len(example.ids) for example in lesson.examples)
    width = int(model.encoder.config.hidden_size)  # type: ignore[union-attr, arg-type]
    memory = Memory(
        weights=weights,
        gradients=gradients,
        optimiser=optimiser,
        averages=averages,
        activations=activations,
        workspace=workspace,
        most=weights + optimiser + averages + held + workspace,
        on_disk=4 * tokens * width if frozen else 0,
        whole=4 * after,
    )
    parameters = Parameters(after, numbers(model, learned=True), _heads(model), after - before)
    once = _flops_before(model, recipe.method, lesson) if isinstance(recipe.method, Frozen) else 0.0
    return Needs(parameters, memory, flops, once, lesson.shape(batches[largest]))


def _workspace(device: torch.device) -> int:
    """What cuBLAS keeps for as long as the process lives, once forward and once backward."""
    if device.type != "cuda":
        return 0
    torch._C._cuda_clearCublasWorkspaces()
    before = torch.cuda.memory_allocated(device)
    square = torch.ones(64, 64, device=device, requires_grad=True)
    (square @ square).sum().backward()  # type: ignore[no-untyped-call]
    del square
    return torch.cuda.memory_allocated(device) - before


def bytes_of(tensors: Iterable[Tensor]) -> int:
    """Of their storages, a shared one once."""
    return sum(storage.nbytes() for storage in {t.untyped_storage() for t in tensors})


def numbers(model: nn.Module, *, learned: bool = False) -> int:
    """How many parameters a model has, also of those that stand two in a byte."""
    return sum(
        p.numel() * (2 if p.dtype is torch.uint8 else 1)
        for p in model.parameters()
        if p.requires_grad or not learned
    )


def _heads(model: Weightless) -> int:
    return numbers(model.heads) + (numbers(model.language) if model.language else 0)


def _labelled(lesson: Lesson, batch: Sequence[int]) -> bool:
    """Whether any text of a batch is annotated for anything."""
    return any(
        any(one.known) or one.readings is not None or one.sentiment >= 0 or any(one.labels)
        for one in (lesson.examples[k] for k in batch)
    )


def _largest(shapes: NDArray[np.int64]) -> list[int]:
    """Batches one of which takes the most memory: by tokens, by pairs of tokens."""
    texts, tokens = shapes.T
    return list(dict.fromkeys(int((texts * tokens**power).argmax()) for power in (1, 2)))


def _flops(
    measured: Callable[[int], float], shapes: NDArray[np.int64], known: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Of each batch of B texts and N tokens: a B + b B N + c B N^2, from a few that are measured.

    Linear maps take so many operations a token, attention and grids so many a pair of tokens, and
    what reads a whole text so many a text; unlabelled batches may be cheaper.
    """
    found = np.zeros(len(shapes))
    texts, tokens = shapes.T.astype(np.float64)
    rows = np.stack((texts, texts * tokens, texts * tokens**2), 1)
    for kind in (True, False):
        of_kind = np.flatnonzero(known == kind)
        if not len(of_kind):
            continue
        ordered = of_kind[np.argsort(tokens[of_kind], kind="stable")]
        places = ordered[np.linspace(0, len(ordered) - 1, _SHAPES).round().astype(int)]
        chosen = list(dict.fromkeys(places.tolist()))
        counted = [measured(place) for place in chosen]
        scale = rows[of_kind].max(0)
        fitted = np.linalg.lstsq(rows[chosen] / scale, np.array(counted), rcond=None)[0]
        found[of_kind] = rows[of_kind] / scale @ fitted
    return found


def _flops_before(model: Weightless, method: Frozen, lesson: Lesson) -> float:
    """Of the states of frozen layers, for every example once; the layers above run along."""
    lower = frozen_layers(model.encoder, method)[0]
    lengths = np.array([len(example.ids) for example in lesson.examples], np.float64)
    rows = np.stack((lengths, lengths**2), 1)
    counted = []
    ends = (lengths.min(), lengths.max())
    for length in ends:
        ids = torch.zeros(1, int(length), dtype=torch.long, device=device_here())
        with Meter() as meter:
            lower_states(model.encoder, lower, ids, torch.ones_like(ids))
        counted.append(float(meter.flops))
    powers = np.array([[end, end**2] for end in ends])
    return float((rows @ np.linalg.lstsq(powers, np.array(counted), rcond=None)[0]).sum())
