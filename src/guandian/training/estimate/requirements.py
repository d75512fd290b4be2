"""Parameters, memory and operations of a training, from its own steps on tensors without memory.

Operations are counted by `FlopCounterMode`. Tensors without memory are those of `FakeTensorMode`,
whose path has an underscore, yet torch documents it; meta tensors would not do: autocast passes
them by, so that casts to bf16 were missing. Bytes are counted by a `TorchDispatchMode`, which torch
documents for such ends, and not by `torch.distributed._tools.mem_tracker`: that one is documented
nowhere, patches modules and optimisers, and builds without `torch.distributed` lack it.
"""

from __future__ import annotations

import re
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import psutil
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch._subclasses import FakeTensor, FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from guandian.modeling.encoders.frozen import frozen_layers, lower_states
from guandian.modeling.model import OpinionModel
from guandian.recipes.methods import Frozen
from guandian.recipes.recipe import Recipe
from guandian.tasks.targets import Annotated
from guandian.training.activation_cache import States
from guandian.training.data.batches import Batch
from guandian.training.loop import batches_of
from guandian.training.parallel.process_group import device_here
from guandian.training.step import TrainingInputs, TrainState, train_step

_SHAPES = 3
"""Sizes of batches whose operations are counted; the rest follow from them."""
_CONTAINER = Path("/sys/fs/cgroup")
_SPARE = 0.9
"""Of the free memory, what may be counted on."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """The count of a model's numbers; a quantised one counts as one.

    Attributes:
        all: of encoder, heads and what the method adds.
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
    """The memory and work that a training needs.

    Attributes:
        parameters: of its model.
        memory: while it learns.
        flops: floating-point operations of each step, forward and backward, float64 [steps]; a
            multiplication and an addition are two. Those of matrices and attention alone.
        flops_before: of the states of frozen layers, computed once.
        largest: texts and tokens of the batch that takes the most memory.
    """

    parameters: Parameters
    memory: Memory
    flops: NDArray[np.float64]
    flops_before: float
    largest: tuple[int, int]


@contextmanager
def weightless(device: torch.device) -> Iterator[None]:
    """While this is open, tensors and modules are made without memory, as if on the device."""
    with FakeTensorMode(allow_non_fake_inputs=True), device, Meter():
        yield


def without_memory(model: OpinionModel) -> OpinionModel:
    """The same model, its tensors with memory, as methods add them, replaced by such without."""
    fake = cast(FakeTensor, next(model.heads.parameters())).fake_mode
    for module in model.modules():
        local = (module.named_parameters(recurse=False), module.named_buffers(recurse=False))
        for name, value in [pair for kind in local for pair in kind]:
            if not isinstance(value, FakeTensor):
                setattr(module, name, fake.from_tensor(value))
    return model


class Meter(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """While this is open, counts the bytes of every tensor that is made until it is gone.

    Tensors without memory count what real ones would take. A program that asks one for its value
    gets 1, so that a training step runs on them as it is.

    Attributes:
        current: bytes at this moment.
        peak: the most bytes at any moment.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.current = self.peak = self._at_peak = 0
        self._births: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()
        self._count = 0

    def at_peak(self, tensors: Iterable[Tensor]) -> int:
        """Bytes of those of the tensors, all still there, that were there at the peak."""
        storages = {tensor.untyped_storage() for tensor in tensors}
        births = self._births
        return sum(s.nbytes() for s in storages if s in births and births[s] <= self._at_peak)

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """Call the operator and count what it makes."""
        if func is torch.ops.aten._local_scalar_dense.default and isinstance(args[0], FakeTensor):
            return 1.0
        if func is torch.ops.aten.index.Tensor:
            args = (args[0], _numbered(args[1]))
        answer = func(*args, **(kwargs or {}))
        self._note(answer)
        return answer

    def _note(self, answer: Any) -> None:
        if isinstance(answer, list | tuple):
            for part in answer:
                self._note(part)
        if not isinstance(answer, Tensor) or (storage := answer.untyped_storage()) in self._births:
            return
        self._count += 1
        self._births[storage] = self._count
        size = storage.nbytes()
        self.current += size
        if self.current > self.peak:
            self.peak, self._at_peak = self.current, self._count
        weakref.finalize(storage, self._gone, size)

    def _gone(self, size: int) -> None:
        self.current -= size


def _numbered(indices: Sequence[Tensor | None]) -> list[Tensor | None]:
    """Real masks as the rows that they choose: the shape of the answer hangs on how many."""
    rows: list[Tensor | None] = []
    for index in indices:
        mask = index is not None and index.dtype is torch.bool and not isinstance(index, FakeTensor)
        rows += cast(Tensor, index).nonzero(as_tuple=True) if mask else (index,)
    return rows


class DryTrainState(TrainState):
    """The state of training a model without memory; nothing is computed and nothing written."""

    def measured(self, batches: Sequence[Batch]) -> tuple[float, int, int]:
        """Operations of a step, the most bytes that it made at one moment, those of no gradient."""
        with FlopCounterMode(display=False) as counter, Meter() as meter:
            train_step(self, batches, 0)
        gradients = [p.grad for p in self.model.parameters() if p.grad is not None]
        return counter.get_total_flops(), meter.peak, meter.peak - meter.at_peak(gradients)

    def constant(self) -> tuple[int, int, int, int]:
        """Bytes of weights, gradients, moments and averages; after a step."""
        model, teacher = self.model, self.inputs.teacher
        weights = [
            *model.parameters(),
            *model.buffers(),
            *(teacher.parameters() if teacher else ()),
        ]
        moments = [value for state in self.optimiser.state.values() for value in state.values()]
        learning = bytes_of(p for p in model.parameters() if p.requires_grad)
        averaging = self.recipe.optimisation.averaging
        times = {"none": 0, "ema": 1, "last": averaging.last}[averaging.kind]
        tensors = (value for value in moments if isinstance(value, Tensor))
        return bytes_of(weights), learning, bytes_of(tensors), learning * times

    def _placed(self, model: OpinionModel) -> OpinionModel:
        return without_memory(model)

    def _above(self, method: Frozen, folder: Path) -> States:
        """Zeros [B, N, H] in place of states that are read from a file."""
        encoder = self.model.encoder
        zeros = SimpleNamespace(
            lower=frozen_layers(encoder, method)[0],
            of=lambda indices, length: torch.zeros(len(indices), length, _width(encoder)),
            close=lambda: None,
        )
        return cast(States, zeros)


def measure_requirements(
    recipe: Recipe, inputs: TrainingInputs, steps: Sequence[Sequence[Sequence[int]]]
) -> Needs:
    """Measure what a training takes, without the weights of its model.

    Args:
        recipe: of one training.
        inputs: what it begins with; the model was made while `weightless` was open, and is adapted
            by the recipe's method here.
        steps: as `schedule` gives them.
    """
    model, examples = inputs.model, inputs.prepared.examples
    base_numbers, accumulated = numbers(model), min(2, recipe.optimisation.accumulate)
    batches = [batch for step in steps for batch in step]
    shapes = np.array([shape_of(examples, batch) for batch in batches])
    labelled = np.array(
        [
            inputs.teacher is not None or any(_labelled(examples[k]) for k in batch)
            for batch in batches
        ]
    )
    with DryTrainState(recipe, inputs, len(steps), Path()) as state:

        def measured(index: int) -> tuple[float, int, int]:
            return state.measured(batches_of(inputs, [batches[index]]) * accumulated)

        flops = _fitted(lambda index: measured(index)[0] / accumulated, shapes, labelled)
        # Not sooner, for the first step made the optimiser's moments besides.
        # The most memory is that of the batch with the most tokens, or pairs of tokens.
        candidates = {int((shapes[:, 0] * shapes[:, 1] ** power).argmax()) for power in (1, 2)}
        peak, activations, largest = max((*measured(index)[1:], index) for index in candidates)
        weights, gradients, optimiser, averages = state.constant()
    all_numbers, workspace = numbers(model), _workspace(device_here())
    on_disk, frozen_flops = 0, 0.0
    if isinstance(recipe.method, Frozen):
        on_disk = 4 * _width(model.encoder) * sum(len(example.ids) for example in examples)
        frozen_flops = _flops_below(model, recipe.method, examples)
    memory = Memory(
        weights=weights,
        gradients=gradients,
        optimiser=optimiser,
        averages=averages,
        activations=activations,
        workspace=workspace,
        most=weights + optimiser + averages + peak + workspace,
        on_disk=on_disk,
        whole=4 * all_numbers,
    )
    heads = numbers(model.heads) + (numbers(model.language) if model.language else 0)
    parameters = Parameters(
        all_numbers, numbers(model, learned=True), heads, all_numbers - base_numbers
    )
    firsts = np.cumsum([0, *(len(step) for step in steps[:-1])])
    texts, tokens = shapes[largest].tolist()
    return Needs(parameters, memory, np.add.reduceat(flops, firsts), frozen_flops, (texts, tokens))


def shape_of(examples: Sequence[Annotated], batch: Sequence[int]) -> tuple[int, int]:
    """Texts and tokens of a batch."""
    return len(batch), max(len(examples[k].ids) for k in batch)


def bytes_of(tensors: Iterable[Tensor]) -> int:
    """Of their storages, a shared one once."""
    return sum(storage.nbytes() for storage in {t.untyped_storage() for t in tensors})


def numbers(model: nn.Module, *, learned: bool = False) -> int:
    """Count a model's parameters, also those that stand two in a byte."""
    return sum(
        p.numel() * (2 if p.dtype is torch.uint8 else 1)
        for p in model.parameters()
        if p.requires_grad or not learned
    )


def has_room(needs: Needs, loaded_bytes: int = 0) -> bool:
    """Tell whether a training fits the free memory, of which it holds so many bytes already.

    A GPU's weights are read into the memory of the machine first.
    """
    loads = needs.memory.weights < _SPARE * (free_bytes(torch.device("cpu")) + loaded_bytes)
    return loads and needs.memory.most < _SPARE * (free_bytes(device_here()) + loaded_bytes)


def free_bytes(device: torch.device) -> int:
    """Memory that is free on the device."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info()[0])
    free = int(psutil.virtual_memory().available)
    limit_file = _CONTAINER / "memory.max"
    limit = limit_file.read_text("ascii").strip() if limit_file.is_file() else "max"
    if limit == "max":
        return free
    used = int((_CONTAINER / "memory.current").read_text("ascii"))
    stat = (_CONTAINER / "memory.stat").read_text("ascii")
    files = re.search(r"^inactive_file (\d+)$", stat, re.MULTILINE)  # which it would give up
    return min(free, int(limit) - used + int(files[1] if files else 0))


def _width(encoder: nn.Module) -> int:
    return int(encoder.config.hidden_size)  # type: ignore[union-attr, arg-type]


def _labelled(example: Annotated) -> bool:
    """Tell whether a text is annotated for anything."""
    labels = any(example.known) or any(example.labels)
    return labels or example.readings is not None or example.sentiment >= 0


def _workspace(device: torch.device) -> int:
    """Bytes that cuBLAS keeps while the process lives, once forward and once backward."""
    if device.type != "cuda":
        return 0
    torch._C._cuda_clearCublasWorkspaces()  # the one way, by torch's notes on CUDA
    allocated = torch.cuda.memory_allocated(device)
    square = torch.ones(64, 64, device=device, requires_grad=True)
    (square @ square).sum().backward()  # type: ignore[no-untyped-call]
    del square
    return torch.cuda.memory_allocated(device) - allocated


def _fitted(
    count: Callable[[int], float], shapes: NDArray[np.int64], labelled: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Operations of batches of B texts and N tokens: a B + b B N + c B N^2, from a few of them.

    Linear maps take so many operations a token, attention and grids so many a pair of tokens, and
    what reads a whole text so many a text; unlabelled batches may be cheaper.

    Args:
        count: operations of the batch at an index.
        shapes: int64 [batches, 2].
        labelled: which batches are labelled, bool [batches].
    """
    flops = np.zeros(len(shapes))
    texts, tokens = shapes.T.astype(np.float64)
    rows = np.stack((texts, texts * tokens, texts * tokens**2), 1)
    for kind in np.unique(labelled):
        members = np.flatnonzero(labelled == kind)
        ordered = members[np.argsort(tokens[members], kind="stable")]
        ranks = np.unique(np.linspace(0, len(ordered) - 1, _SHAPES).round().astype(int))
        sample = ordered[ranks].tolist()
        scale = rows[members].max(0)
        counts = np.array([count(index) for index in sample])
        factors = np.linalg.lstsq(rows[sample] / scale, counts, rcond=None)[0]
        flops[members] = rows[members] / scale @ factors
    return flops


def _flops_below(model: OpinionModel, method: Frozen, examples: Sequence[Annotated]) -> float:
    """Of the states of frozen layers, for every example once; the layers above run along."""
    lower = frozen_layers(model.encoder, method)[0]

    def count(index: int) -> float:
        size = (1, len(examples[index].ids))
        ids = torch.zeros(size, dtype=torch.long, device=device_here())
        with FlopCounterMode(display=False) as counter, Meter():
            lower_states(model.encoder, lower, ids, torch.ones_like(ids))
        return float(counter.get_total_flops())

    shapes = np.array([shape_of(examples, [k]) for k in range(len(examples))])
    return float(_fitted(count, shapes, np.ones(len(shapes), dtype=np.bool_)).sum())
