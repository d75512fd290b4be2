"""The loss of a batch: what the labels, a teacher and the recipe's objective ask for together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch
from torch import Tensor, nn

from guandian.modeling.encoders.frozen import replayed
from guandian.modeling.fine_tuning import penalty
from guandian.modeling.heads.crf import tag_loss
from guandian.modeling.heads.distillation import distillation_loss
from guandian.modeling.heads.head_losses import Shape, contrast, losses, read_pairs
from guandian.modeling.heads.label_heads import HEADS, annotated, label_losses
from guandian.modeling.model import OpinionModel
from guandian.recipes.recipe import Recipe
from guandian.training.activation_cache import States
from guandian.training.data.batches import Batch
from guandian.training.losses.unsupervised import Autocast

Penalty = Callable[[nn.Module], Tensor | None]
"""What a model's weights cost, whatever the batch, a scalar; None where they cost nothing."""


class SupervisedLoss:
    """The loss of a batch by its labels, a teacher and the recipe's objective.

    Args:
        recipe: weighs the terms.
        model: in training.
        teacher: the model to distil from, where there is one.
        states: of frozen layers, where there are any.
        autocast: the precision to compute in.
        weights: of classes, by head.

    Attributes:
        whole: every parameter takes part in every batch, as those must that processes share.
        further: what the weights cost besides, if anything.
    """

    def __init__(
        self,
        recipe: Recipe,
        model: OpinionModel,
        teacher: nn.Module | None,
        states: States | None,
        autocast: Autocast,
        weights: dict[str, Tensor] | None = None,
    ) -> None:
        self._recipe = recipe
        self._model = model
        self._teacher = teacher
        self._states = states
        self._autocast = autocast
        objective = recipe.objective
        self._shape = Shape(objective.label_smoothing, objective.focal, weights or {})
        self._tasks = model.spec.tasks
        self._weights = recipe.weights.model_dump()
        self._weights |= {f"label.{head.name}": head.weight for head in recipe.heads}
        self.whole = False
        self.further: Penalty | None = None

    def applies_to(self, batch: Batch) -> bool:
        """Tell whether the batch has a loss: labels, a teacher, or all parameters taking part."""
        return self._teacher is not None or self.whole or bool(batch.targets.labelled().any())

    def compute(self, batch: Batch) -> tuple[dict[str, Tensor], Tensor]:
        """The terms of a batch's loss by name, and their weighted sum; all scalars.

        Args:
            batch: on the model's device.
        """
        objective = self._recipe.objective
        with self._watched() as seen:
            outputs = self.outputs(batch)
        terms = self._losses(outputs, batch)
        total = self._weighed(terms)
        if objective.r_drop:
            again = self.outputs(batch)
            both_ways = ((outputs, again), (again, outputs))
            apart = [distillation_loss(*pair, batch.mask, self._tasks) for pair in both_ways]
            terms["r_drop"] = sum(apart, torch.zeros(())) / 2
            second = self._weighed(self._losses(again, batch))
            # Two passes differ by their dropout alone; each is learned from and drawn to the other.
            total = (total + second) / 2 + objective.r_drop * terms["r_drop"]
        if self._teacher is not None and self._recipe.distillation is not None:
            with torch.no_grad():
                targets = self._of(self._teacher, batch)
            # Logs of runs and their curves know this term by its older name.
            terms["imitation"] = distillation_loss(outputs, targets, batch.mask, self._tasks)
            total = total + self._recipe.distillation.weight * terms["imitation"]
        if objective.contrastive and (spread := self._contrast(seen, batch)) is not None:
            terms["contrastive"] = spread
            total = total + objective.contrastive * spread
        if (unorthogonal := penalty(self._model)) is not None:
            terms["orthogonality"] = unorthogonal
            total = total + unorthogonal
        if self.further is not None and (cost := self.further(self._model)) is not None:
            terms["consolidation"] = cost
            total = total + cost
        if self.whole:
            # Sharded processes gather parameters together in the same order: one that skipped a
            # head would leave the others waiting. 0 times NaN is NaN, hence `nan_to_num`.
            total = total + sum(0 * torch.nan_to_num(array).sum() for array in outputs.values())
        return terms, total

    def _losses(self, outputs: dict[str, Tensor], batch: Batch) -> dict[str, Tensor]:
        terms = losses(outputs, batch.targets, batch.mask, self._shape)
        if "tags" in outputs:
            loss = tag_loss(outputs["tags"], outputs["moves"], batch.targets.tags, batch.mask)
            terms |= {} if loss is None else {"tags": loss}
        return terms | label_losses(outputs, batch.targets.labels, self._tasks, self._shape)

    def _weighed(self, terms: dict[str, Tensor]) -> Tensor:
        return sum((self._weights[k] * v for k, v in terms.items()), torch.zeros(()))

    @contextmanager
    def _watched(self) -> Iterator[dict[str, Tensor]]:
        """Keep the states that the contrastive loss compares: of texts and of opinions."""
        seen: dict[str, Tensor] = {}

        def keep(name: str, states: Tensor) -> None:
            seen[name] = states.float()

        heads, hooks = self._model.heads, []
        if self._recipe.objective.contrastive:
            # What the encoder says of a text is compared itself, as sentence encoders are trained.
            hooks = [
                heads.summary.register_forward_hook(lambda _, inputs, __: keep("text", inputs[0])),
                heads.reading.register_forward_hook(lambda _, __, out: keep("reading", out)),
            ]
        try:
            yield seen
        finally:
            for hook in hooks:
                hook.remove()

    def _contrast(self, seen: dict[str, Tensor], batch: Batch) -> Tensor | None:
        """The contrastive losses of reviews and of opinions, added; None where none applies.

        Reviews are compared by sentiment and single labels, opinions by category.
        """
        targets, temperature = batch.targets, self._recipe.objective.temperature
        rows = targets.sentiment >= 0
        terms = [contrast(seen["text"][rows], targets.sentiment[rows], temperature)]
        for head, rows, gold in annotated(targets.labels, self._tasks):
            if HEADS[head.kind].categorical:
                terms.append(contrast(seen["text"][rows], gold.argmax(1), temperature))
        # Smoothed or mixed categories name no one class to be near to.
        labelled = targets.category.amax(1) == 1 if len(targets.readings) else None
        if labelled is not None and labelled.any():
            # `read_pairs` wants a state for each role; the states before the last layer are those
            # of both.
            pairs = seen["reading"].unsqueeze(2).expand(-1, -1, 2, -1)
            states = read_pairs(pairs, targets.readings)[labelled]
            terms.append(contrast(states, targets.category[labelled].argmax(1), temperature))
        finite = [term for term in terms if term is not None]
        return torch.stack(finite).sum() if finite else None

    def outputs(self, batch: Batch) -> dict[str, Tensor]:
        """The model's arrays for a batch, float32."""
        return self._of(self._model, batch)

    def _of(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        # Without a mask the attention takes its quick kernels.
        padded = None if bool(batch.mask.all()) else batch.mask
        with self._autocast(), self._replaying(model, batch):
            outputs = model(batch.ids, padded)
        return {name: value.float() for name, value in outputs.items()}

    def _replaying(self, model: nn.Module, batch: Batch) -> AbstractContextManager[None]:
        if self._states is None or model is not self._model:
            return nullcontext()
        states = self._states.of(batch.indices, batch.ids.shape[1]).to(batch.ids.device)
        return replayed(self._states.lower, states)
