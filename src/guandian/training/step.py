"""Everything that one optimiser step needs: model, optimiser, precision, averages, objective."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
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
from guandian.modeling.fine_tuning import adapt, after_step, memory, remember
from guandian.modeling.model import OpinionModel
from guandian.recipes.methods import Frozen
from guandian.recipes.recipe import Recipe
from guandian.text.pieces import Pieces
from guandian.tracking.run_folder import STATES
from guandian.training import checkpoint
from guandian.training.activation_cache import States
from guandian.training.data.batches import Batch, class_weights
from guandian.training.data.dataset import Prepared
from guandian.training.losses.loss import Objective
from guandian.training.losses.unsupervised import Unlabelled
from guandian.training.optimisers import Share, make_optimiser, rate_share, set_rate
from guandian.training.parallel.process_group import ALONE, Group, device_here
from guandian.training.weight_averaging import Average


class Started(NamedTuple):
    """All that a training begins with.

    Attributes:
        model: changed by the training.
        pieces: of the base.
        prepared: what is learned from and scored on.
        teacher: is imitated, where there is one.
    """

    model: OpinionModel
    pieces: Pieces
    prepared: Prepared
    teacher: nn.Module | None = None


class Learner:
    """A model on its way.

    Args:
        recipe: what is asked.
        started: the model is adapted by the recipe's method here, then changed step by step.
        total: steps of the run.
        folder: of the run.
        group: the processes that train together.

    Attributes:
        share: what each step's rates are of the highest ones.
        recipe: what is asked.
        group: the processes that train together.
        model: the one that learns: the given one, or a copy whose parameters are divided.
        started: as given.
    """

    def __init__(
        self, recipe: Recipe, started: Started, total: int, folder: Path, group: Group = ALONE
    ) -> None:
        model, examples = started.model, started.prepared.examples
        self.recipe, self.started, self.group = recipe, started, group
        self._total = total
        self.share: Share = rate_share
        self._device = group.device
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
        if started.teacher is not None:
            started.teacher.to(self._device).eval()
        self._optimiser = make_optimiser(model, recipe)
        self._average = Average(model, settings.averaging)
        self._half = half_type(settings.precision, self._device)
        # In fp16 small gradients would vanish; the scaler makes them large for a while.
        self._scaler = torch.amp.GradScaler(self._device.type, enabled=self._half is torch.float16)
        self._states: States | None = None
        if isinstance(recipe.method, Frozen):
            with self._autocast():
                self._states = self._above(recipe.method, folder)
        weighs = recipe.objective.class_weights
        weights = class_weights(examples, model.spec) if weighs else {}
        self._objective = Objective(
            recipe, model, started.teacher, self._states, self._autocast, weights
        )
        self._objective.whole = group.sharded
        answers, self._mask_id = self._objective.answers, started.pieces.mask_id
        self._unlabelled = Unlabelled(
            recipe.objective, model, answers, self._autocast, examples, self._mask_id
        )
        model.train()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        if self._states is not None:
            self._states.close()
        for module, share in self._dropouts:  # the next stage has its own settings
            module.p = share
        self._attend_again()
        given = self.started.model
        if self.recipe.optimisation.gradient_checkpointing:
            pretrained(given.encoder).activation_checkpointing_disable()
        if self.group.kind == "layers":
            collect(given)

    def step(
        self, batches: Sequence[Batch], done: int, count: int | None = None
    ) -> dict[str, float]:
        """One optimiser step on the mean loss of some batches.

        Args:
            batches: of this process, as its group's `portion` says.
            done: steps before this one.
            count: of the step's batches in all processes, at least one; unset = one process.

        Returns:
            Each loss by name, a mean too; nothing where the batches tell no head anything.
        """
        settings = self.recipe.optimisation
        alone = done < settings.heads_first * self._total
        set_rate(self._optimiser, self.share(settings, done, self._total), heads_alone=alone)
        self._optimiser.zero_grad(set_to_none=True)
        portion = self.group.portion(len(batches) if count is None else count)
        found = []
        for batch, (place, share) in zip(batches, portion, strict=True):
            # A batch drops the same whichever process has it.
            torch.manual_seed(self.recipe.seed * 1_000_003 + done + (place << 48))
            here = batch.to(self._device)
            thinned = here.masked(settings.word_dropout, self._mask_id)
            parts = self._objective.learn(thinned, share, self._scaler.scale)
            parts |= self._unlabelled.learn(here, share, self._scaler.scale)
            found += [parts] if share else []
        told: dict[str, list[float]] = {}
        for parts in chain.from_iterable(self.group.gather(found)):
            for name, value in parts.items():
                told.setdefault(name, []).append(value)
        if told:
            self.group.add_gradients(self.model)
            self._scaler.unscale_(self._optimiser)
            nn.utils.clip_grad_norm_(self.model.parameters(), settings.clip)
            self._scaler.step(self._optimiser)
            self._scaler.update()
            after_step(self.model, done + 1)
            self._average.step(done + 1)
        return {name: float(np.mean(values)) for name, values in told.items()}

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """While this is open the model has the weights that are scored and kept."""
        self._average.scoring()
        with self._average.applied():
            yield

    def save(self, folder: Path, state: checkpoint.State) -> Path:
        """Write a checkpoint that `restored` goes on from, to the same bytes."""
        kept = {f"method.{name}": value for name, value in memory(self.model).items()}
        kept |= {f"average.{name}": value for name, value in self._average.state().items()}
        kept |= {
            f"scaler.{name}": torch.tensor(value)
            for name, value in self._scaler.state_dict().items()
        }
        now = checkpoint.snapshot(self.model, self._optimiser, state, kept)
        return checkpoint.save(folder, now) if self.group.main else folder

    def restored(self, folder: Path) -> checkpoint.State:
        """Where the run in the folder stands, its checkpoint taken up; a new state without one."""
        found = checkpoint.load(folder, self.model, self._optimiser)
        if found is None:
            return checkpoint.State()
        state, kept = found
        kept = {name: value.to(self._device) for name, value in kept.items()}
        remember(self.model, _under(kept, "method."))
        self._average.restore(_under(kept, "average."))
        scaler = {name: value.item() for name, value in _under(kept, "scaler.").items()}
        if scaler:
            self._scaler.load_state_dict(scaler)
        return state

    def _placed(self, model: OpinionModel) -> OpinionModel:
        if self.group.sharded:
            return shard(copy.deepcopy(model), self.group.size, self._device)
        if self.group.kind == "layers":
            return spread(model, device_map(model))
        return model.to(self._device)

    def _above(self, method: Frozen, folder: Path) -> States:
        """The states above the frozen layers, in a file of this process's own."""
        name = STATES if self.group.main else f"{STATES}.{self.group.rank}"
        return States(self.model, method, self.started.prepared.examples, folder / name)

    def _autocast(self) -> torch.autocast:
        kind = self._half or torch.bfloat16
        return torch.autocast(self._device.type, kind, enabled=self._half is not None)


def half_type(precision: str, device: torch.device) -> torch.dtype | None:
    """What to compute in besides float32; None for float32 alone.

    A processor without the instructions for bf16 is far slower in it, so `auto` avoids it there.
    """
    if precision == "auto":
        quick = device.type == "cuda" or torch.cpu._is_avx512_bf16_supported()
        return torch.bfloat16 if quick else None
    return {"fp32": None, "bf16": torch.bfloat16, "fp16": torch.float16}[precision]


def computing_type(recipe: Recipe) -> torch.dtype:
    """What a training here computes in."""
    return half_type(recipe.optimisation.precision, device_here()) or torch.float32


def _under(named: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): value for name, value in named.items() if name.startswith(prefix)
    }
