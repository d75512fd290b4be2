"""The loss of a batch: what the labels, a teacher and the recipe's objective ask for together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch
from torch import Tensor, nn

from guandian.modeling.encoders.frozen import replayed
from guandian.modeling.fine_tuning import penalty
from guandian.modeling.heads.crf import tag_loss
from guandian.modeling.heads.distillation import imitation
from guandian.modeling.heads.head_losses import Shape, contrast, losses, read
from guandian.modeling.heads.label_heads import HEADS, annotated, label_losses
from guandian.modeling.model import OpinionModel
from guandian.recipes.recipe import Recipe
from guandian.training.activation_cache import States
from guandian.training.data.batches import Batch
from guandian.training.losses.adversarial import differentiate, learn_hardened
from guandian.training.losses.unsupervised import Autocast


class Objective:
    """Gathers gradients of batches.

    Args:
        recipe: says what counts for how much.
        model: learns.
        teacher: is imitated, where there is one.
        states: of frozen layers, where there are any.
        autocast: the precision to compute in.
        weights: of classes, by head.

    Attributes:
        whole: every parameter takes part in every batch, as those must that processes share.
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
        asked = recipe.objective
        self._shape = Shape(asked.label_smoothing, asked.focal, weights or {})
        self._tasks = model.spec.tasks
        self._weights = recipe.weights.model_dump()
        self._weights |= {f"label.{head.name}": head.weight for head in recipe.heads}
        self.whole = False

    def learn(
        self, batch: Batch, share: float, scale: Callable[[Tensor], Tensor]
    ) -> dict[str, float]:
        """Add a batch's gradients to the parameters'.

        Args:
            batch: on the model's device.
            share: what its loss is multiplied by.
            scale: what the loss is turned into before it is differentiated, for fp16.

        Returns:
            Each loss by name; empty where the batch tells no head anything.
        """
        if self._teacher is None and not self.whole and not batch.targets.labelled().any():
            return {}
        first: dict[str, float] = {}

        def loss() -> Tensor:
            parts, total = self._loss(batch)
            if not first:
                first.update({name: float(value.detach()) for name, value in parts.items()})
            return scale(total * share)

        adversary = self._recipe.objective.adversary
        if adversary is not None:
            learn_hardened(self._model, adversary, loss)
        else:
            differentiate(loss())
        return first

    def _loss(self, batch: Batch) -> tuple[dict[str, Tensor], Tensor]:
        asked = self._recipe.objective
        with self._watched() as seen:
            outputs = self.answers(batch)
        parts = self._losses(outputs, batch)
        total = self._weighed(parts)
        if asked.r_drop:
            again = self.answers(batch)
            both = ((outputs, again), (again, outputs))
            apart = [imitation(*pair, batch.mask, self._tasks) for pair in both]
            parts["r_drop"] = sum(apart, torch.zeros(())) / 2
            second = self._weighed(self._losses(again, batch))
            total = (total + second) / 2 + asked.r_drop * parts["r_drop"]
        if self._teacher is not None and self._recipe.distillation is not None:
            with torch.no_grad():
                taught = self._of(self._teacher, batch)
            parts["imitation"] = imitation(outputs, taught, batch.mask, self._tasks)
            total = total + self._recipe.distillation.weight * parts["imitation"]
        if asked.contrastive and (spread := self._contrast(seen, batch)) is not None:
            parts["contrastive"] = spread
            total = total + asked.contrastive * spread
        if (unorthogonal := penalty(self._model)) is not None:
            parts["orthogonality"] = unorthogonal
            total = total + unorthogonal
        if self.whole:
            total = total + sum(0 * torch.nan_to_num(one).sum() for one in outputs.values())
        return parts, total

    def _losses(self, outputs: dict[str, Tensor], batch: Batch) -> dict[str, Tensor]:
        found = losses(outputs, batch.targets, batch.mask, self._shape)
        if "tags" in outputs:
            loss = tag_loss(outputs["tags"], outputs["moves"], batch.targets.tags, batch.mask)
            found |= {} if loss is None else {"tags": loss}
        return found | label_losses(outputs, batch.targets.labels, self._tasks, self._shape)

    def _weighed(self, parts: dict[str, Tensor]) -> Tensor:
        return sum((self._weights[k] * v for k, v in parts.items()), torch.zeros(()))

    @contextmanager
    def _watched(self) -> Iterator[dict[str, Tensor]]:
        """Keeps the states that the contrastive loss compares: of texts and of opinions."""
        seen: dict[str, Tensor] = {}

        def keep(name: str, states: Tensor) -> None:
            seen[name] = states.float()

        heads, hooks = self._model.heads, []
        if self._recipe.objective.contrastive:
            # What the encoder says of a text is compared itself, as sentence encoders are trained.
            hooks = [
                heads.summary.register_forward_hook(lambda _, given, __: keep("text", given[0])),
                heads.reading.register_forward_hook(lambda _, __, told: keep("reading", told)),
            ]
        try:
            yield seen
        finally:
            for hook in hooks:
                hook.remove()

    def _contrast(self, seen: dict[str, Tensor], batch: Batch) -> Tensor | None:
        """Of reviews by sentiment and single labels, and of opinions by category, added."""
        targets, temperature = batch.targets, self._recipe.objective.temperature
        known = targets.sentiment >= 0
        found = [contrast(seen["text"][known], targets.sentiment[known], temperature)]
        for head, known, gold in annotated(targets.labels, self._tasks):
            if HEADS[head.kind].categorical:
                found.append(contrast(seen["text"][known], gold.argmax(1), temperature))
        labelled = targets.category.amax(1) == 1 if len(targets.readings) else None
        if labelled is not None and labelled.any():
            both = seen["reading"].unsqueeze(2).expand(-1, -1, 2, -1)
            states = read(both, targets.readings)[labelled]
            found.append(contrast(states, targets.category[labelled].argmax(1), temperature))
        some = [one for one in found if one is not None]
        return torch.stack(some).sum() if some else None

    def answers(self, batch: Batch) -> dict[str, Tensor]:
        """The model's arrays for a batch, float32."""
        return self._of(self._model, batch)

    def _of(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        padded = None if bool(batch.mask.all()) else batch.mask
        with self._autocast(), self._replaying(model, batch):
            outputs = model(batch.ids, padded)
        return {name: value.float() for name, value in outputs.items()}

    def _replaying(self, model: nn.Module, batch: Batch) -> AbstractContextManager[None]:
        if self._states is None or model is not self._model:
            return nullcontext()
        states = self._states.of(batch.indices, batch.ids.shape[1]).to(batch.ids.device)
        return replayed(self._states.lower, states)
