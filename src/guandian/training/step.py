"""One optimiser step, and the state that it changes: model, optimiser, precision, averages."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
import torch
from torch import Tensor, nn

from guandian.modeling.encoders.dropout import drop_attention, quicken
from guandian.modeling.encoders.pretrained import pretrained
from guandian.modeling.encoders.sharding import collect, device_map, shard, spread
from guandian.modeling.encoders.weight_rounding import WeightRounding
from guandian.modeling.fine_tuning import adapt, after_step, memory, remember
from guandian.modeling.model import OpinionModel
from guandian.recipes.methods import Frozen
from guandian.recipes.recipe import Recipe
from guandian.text.pieces import Pieces
from guandian.text.swaps.swap_terms import SwapTerms, shipped_terms
from guandian.tracking.run_folder import STATES
from guandian.training import checkpoint
from guandian.training.activation_cache import States
from guandian.training.data.batches import Batch, class_weights
from guandian.training.data.dataset import Prepared
from guandian.training.losses.adversarial import adversarial_passes, differentiate
from guandian.training.losses.loss import Penalty, SupervisedLoss
from guandian.training.losses.pairing import CounterfactualPairing
from guandian.training.losses.unsupervised import Unlabelled
from guandian.training.optimisers import Share, make_optimiser, rate_share, set_rate
from guandian.training.out_of_memory import telling_memory
from guandian.training.parallel.process_group import ALONE, Group, device_here
from guandian.training.weight_averaging import Average


class TrainingInputs(NamedTuple):
    """The model, tokenizer and data that a training begins with.

    Attributes:
        model: changed by the training.
        pieces: the tokenizer of the base.
        prepared: examples to train on and records to score.
        teacher: the model to distil from, where there is one.
        penalty: what the weights cost besides, where they cost anything.
        swaps: the words that pairs are made with; None takes the shipped ones.
    """

    model: OpinionModel
    pieces: Pieces
    prepared: Prepared
    teacher: nn.Module | None = None
    penalty: Penalty | None = None
    swaps: SwapTerms | None = None


class TrainState:
    """The model in training with its optimiser, losses and averages; closed at the end.

    Args:
        recipe: method, objective and optimisation.
        inputs: their model is adapted by the recipe's method here, then changed step by step.
        total: steps of the run.
        folder: of the run.
        group: the processes that train together.

    Attributes:
        recipe: as given.
        inputs: as given.
        total: as given.
        group: as given.
        device: what this process computes on.
        model: the given one, or a copy whose parameters are divided.
        optimiser: of the model's parameters.
        scaler: of losses, for fp16.
        average: of the weights of several steps.
        rounding: of weights while they compute.
        loss: by labels and teacher.
        unlabelled: by texts without labels.
        pairing: by pairs of texts that say the same of others; None where none is asked for.
        share: what each step's rates are of the highest ones.
    """

    def __init__(
        self,
        recipe: Recipe,
        inputs: TrainingInputs,
        total: int,
        folder: Path,
        group: Group = ALONE,
    ) -> None:
        model, examples = inputs.model, inputs.prepared.examples
        self.recipe, self.inputs, self.total, self.group = recipe, inputs, total, group
        self.share: Share = rate_share
        self.device = group.device
        settings = recipe.optimisation
        adapt(model, recipe.method, total)
        quicken(model)
        self._dropouts = [
            (module, module.p) for module in model.modules() if isinstance(module, nn.Dropout)
        ]
        if settings.dropout is not None:
            for module, _ in self._dropouts:
                module.p = settings.dropout
        self._attend_again: Callable[[], None] = lambda: None
        if settings.attention_dropout is not None:
            share = settings.attention_dropout
            self._attend_again = drop_attention(model, pretrained(model.encoder), share)
        if settings.gradient_checkpointing:
            pretrained(model.encoder).activation_checkpointing_enable()
        self.model = model = self._placed(model)
        if inputs.teacher is not None:
            inputs.teacher.to(self.device).eval()
        self.optimiser = make_optimiser(model, recipe)
        self.average = Average(model, settings.averaging)
        self.rounding = WeightRounding(model, settings.rounding)
        self._half = half_type(settings.precision, self.device)
        # In fp16 small gradients would vanish; the scaler makes them large for a while.
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=self._half is torch.float16)
        self._states: States | None = None
        if isinstance(recipe.method, Frozen):
            with self._autocast():
                self._states = self._above(recipe.method, folder)
        weighs = recipe.objective.class_weights
        weights = class_weights(examples, model.spec) if weighs else {}
        self.loss = SupervisedLoss(
            recipe, model, inputs.teacher, self._states, self._autocast, weights
        )
        self.loss.whole = group.sharded
        self.loss.further = inputs.penalty
        self.unlabelled = Unlabelled(
            recipe.objective,
            model,
            self.loss.outputs,
            self._autocast,
            examples,
            inputs.pieces.mask_id,
        )
        self.pairing = self._pairing()
        model.train()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        if self._states is not None:
            self._states.close()
        for module, share in self._dropouts:  # the next training has its own settings
            module.p = share
        self._attend_again()
        whole = self.inputs.model
        if self.recipe.optimisation.gradient_checkpointing:
            pretrained(whole.encoder).activation_checkpointing_disable()
        if self.group.kind == "layers":
            collect(whole)

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """While this is open the model has the weights that are scored and kept."""
        self.average.scoring()
        with self.average.applied(), self.rounding.applied():
            yield

    def save(self, folder: Path, progress: checkpoint.State) -> Path:
        """Write a checkpoint that `restored` goes on from, to the same bytes."""
        further = {f"method.{name}": value for name, value in memory(self.model).items()}
        further |= {f"average.{name}": value for name, value in self.average.state().items()}
        further |= {f"rounding.{name}": value for name, value in self.rounding.state().items()}
        further |= {
            f"scaler.{name}": torch.tensor(value)
            for name, value in self.scaler.state_dict().items()
        }
        if self.pairing is not None:
            multiplier = torch.tensor(self.pairing.multiplier, dtype=torch.float64)
            further |= {"pairing.multiplier": multiplier}
        snapshot = checkpoint.snapshot(self.model, self.optimiser, progress, further)
        return checkpoint.save_checkpoint(folder, snapshot) if self.group.main else folder

    def restored(self, folder: Path) -> checkpoint.State:
        """Progress of the run in the folder, its checkpoint loaded; the beginning without one."""
        loaded = checkpoint.load_checkpoint(folder, self.model, self.optimiser)
        if loaded is None:
            return checkpoint.State()
        progress, further = loaded
        further = {name: value.to(self.device) for name, value in further.items()}
        remember(self.model, _under(further, "method."))
        self.average.restore(_under(further, "average."))
        self.rounding.restore(_under(further, "rounding."))
        scaler = {name: value.item() for name, value in _under(further, "scaler.").items()}
        if scaler:
            self.scaler.load_state_dict(scaler)
        if self.pairing is not None and "pairing.multiplier" in further:
            self.pairing.multiplier = float(further["pairing.multiplier"])
        return progress

    def _pairing(self) -> CounterfactualPairing | None:
        settings, inputs = self.recipe.objective.pairing, self.inputs
        if settings is None:
            return None
        return CounterfactualPairing(
            settings,
            self.loss.outputs,
            inputs.prepared.examples,
            inputs.pieces,
            inputs.swaps or shipped_terms(),
            self.recipe.optimisation.max_tokens,
            self.model.spec.tasks,
        )

    def _placed(self, model: OpinionModel) -> OpinionModel:
        if self.group.sharded:
            # The given model stays whole: the export and the scores read it after the training.
            return shard(copy.deepcopy(model), self.group.size, self.device)
        if self.group.kind == "layers":
            return spread(model, device_map(model))
        return model.to(self.device)

    def _above(self, method: Frozen, folder: Path) -> States:
        """The states above the frozen layers, in a file of this process's own."""
        # Processes draw other batches: two in one memory map would overwrite each other.
        name = STATES if self.group.main else f"{STATES}.{self.group.rank}"
        return States(self.model, method, self.inputs.prepared.examples, folder / name)

    def _autocast(self) -> torch.autocast:
        kind = self._half or torch.bfloat16
        return torch.autocast(self.device.type, kind, enabled=self._half is not None)


def train_step(
    state: TrainState, batches: Sequence[Batch], step: int, count: int | None = None
) -> dict[str, float]:
    """Take one optimiser step on the mean loss of some batches.

    Args:
        state: changed by the step.
        batches: of this process, as its group's `portion` says.
        step: its number, from 0.
        count: of the step's batches in all processes, at least one; unset = one process.

    Returns:
        Each loss by name, a mean too; nothing where the batches have labels for no head.

    Raises:
        GuandianError: no memory is left; the settings to change are named.
    """
    settings = state.recipe.optimisation
    heads_alone = step < settings.heads_first * state.total
    set_rate(state.optimiser, state.share(settings, step, state.total), heads_alone=heads_alone)
    # None, not 0: Adam then leaves a parameter alone that no batch of the step reached.
    state.optimiser.zero_grad(set_to_none=True)
    portion = state.group.portion(len(batches) if count is None else count)
    shapes = [batch.mask.sum(1).tolist() for batch in batches]
    parts: list[dict[str, float]] = []
    with telling_memory(state.recipe, step + 1, shapes):
        with state.rounding.applied(step):
            for batch, (position, share) in zip(batches, portion, strict=True):
                # Dropout depends on the batch alone, not on which process computes it.
                torch.manual_seed(state.recipe.seed * 1_000_003 + step + (position << 48))
                on_device = batch.to(state.device)
                masked = on_device.masked(settings.word_dropout, state.inputs.pieces.mask_id)
                losses: dict[str, float] = {}
                if state.loss.applies_to(masked):
                    for _ in adversarial_passes(state.model, state.recipe.objective.adversary):
                        terms, loss = state.loss.compute(masked)
                        losses = losses or {name: float(t.detach()) for name, t in terms.items()}
                        differentiate(state.scaler.scale(loss * share))
                # Once, with the embeddings as they are: what has no label has no adversary either.
                scale = state.scaler.scale
                losses |= state.unlabelled.accumulate_gradients(on_device, share, scale)
                if state.pairing is not None:
                    losses |= state.pairing.accumulate_gradients(on_device, share, scale)
                # A batch of share 0 fills up a process that has fewer; its losses count nowhere.
                parts += [losses] if share else []
        means = _means(chain.from_iterable(state.group.gather(parts)))
        if means:
            state.group.add_gradients(state.model)
            # Clipping compares true lengths, so the scale goes first.
            state.scaler.unscale_(state.optimiser)
            # After the sum over processes, so that all of them clip by the same length.
            nn.utils.clip_grad_norm_(state.model.parameters(), settings.clip)
            state.scaler.step(state.optimiser)
            state.scaler.update()
            after_step(state.model, step + 1)
            state.average.step(step + 1)
            if state.pairing is not None:
                state.pairing.adapt(means.get("swap_gap"))
    return means


def _means(parts: Iterable[dict[str, float]]) -> dict[str, float]:
    """Each loss by name, averaged over the batches that have it."""
    values: dict[str, list[float]] = {}
    for losses in parts:
        for name, value in losses.items():
            values.setdefault(name, []).append(value)
    return {name: float(np.mean(batch_values)) for name, batch_values in values.items()}


def half_type(precision: str, device: torch.device) -> torch.dtype | None:
    """The type to compute in besides float32; None for float32 alone.

    A processor without the instructions for bf16 is far slower in it, so `auto` avoids it there.
    """
    if precision == "auto":
        quick = device.type == "cuda" or torch.cpu._is_avx512_bf16_supported()
        return torch.bfloat16 if quick else None
    return {"fp32": None, "bf16": torch.bfloat16, "fp16": torch.float16}[precision]


def computing_type(recipe: Recipe) -> torch.dtype:
    """The type that a training on this machine computes in."""
    return half_type(recipe.optimisation.precision, device_here()) or torch.float32


def _under(named: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): value for name, value in named.items() if name.startswith(prefix)
    }
