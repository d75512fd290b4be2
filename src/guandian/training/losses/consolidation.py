"""Elastic weight consolidation: weights that earlier domains needed are held where they were."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from guandian.modeling.model import OpinionModel
from guandian.recipes.recipe import Recipe
from guandian.training.data.batches import collate
from guandian.training.losses.loss import SupervisedLoss

if TYPE_CHECKING:
    from guandian.training.step import TrainingInputs

Importance = dict[str, Tensor]


class Consolidation:
    """The quadratic penalty of Kirkpatrick et al. 2017 (arXiv:1612.00796), over all domains so far.

    A sum of parabolas is one parabola: of all domains only the summed importance and the centre
    that it gives are kept, twice the size of the model, with the same gradient as one penalty each.

    Args:
        weight: lambda, what the penalty counts for.
    """

    def __init__(self, weight: float) -> None:
        self._weight = weight
        self._importance: Importance = {}
        self._centre: Importance = {}

    def hold(self, model: OpinionModel, importance: Importance) -> None:
        """Hold the weights that a model has now, each by its importance to the domain just learned.

        Args:
            model: as the training on that domain left it.
            importance: as `fisher` gives it.
        """
        for name, parameter in model.named_parameters():
            if name not in importance:
                continue
            present, fresh = parameter.detach(), importance[name]
            earlier = self._importance.get(name, torch.zeros_like(fresh))
            centre = self._centre.get(name, present)
            total = earlier + fresh
            # What no domain needed has no centre, and 0 / 0 must not be.
            pulled = (earlier * centre + fresh * present) / total.clamp(min=1e-30)
            self._importance[name] = total
            self._centre[name] = torch.where(total > 0, pulled, present)

    def __call__(self, model: nn.Module) -> Tensor | None:
        """The penalty of a model in training, a scalar; None before the first domain was held."""
        terms = [
            (self._importance[name] * (parameter - self._centre[name]).square()).sum()
            for name, parameter in model.named_parameters()
            if parameter.requires_grad and name in self._importance
        ]
        return self._weight / 2 * torch.stack(terms).sum() if terms else None


def fisher(recipe: Recipe, inputs: TrainingInputs, most: int) -> Importance:
    """The diagonal of the empirical Fisher information, by parameter.

    The mean over examples of the squared gradient of the recipe's supervised loss at the labels as
    they are, one example at a time, without dropout.

    Args:
        recipe: weighs the losses.
        inputs: the model and the examples, in their order.
        most: examples at most; the first of a seeded order.
    """
    model = inputs.model
    loss = SupervisedLoss(recipe, model, None, None, lambda: torch.autocast("cpu", enabled=False))
    training = model.training
    model.eval()
    model.requires_grad_(True)
    sums = {name: torch.zeros_like(parameter) for name, parameter in model.named_parameters()}
    chosen = drawn(len(inputs.prepared.examples), most, recipe.seed)
    for position in chosen:
        example = inputs.prepared.examples[position]
        batch = collate([example], model.spec, inputs.pieces.pad_id, [position])
        if not loss.applies_to(batch):
            continue
        model.zero_grad(set_to_none=True)
        loss.compute(batch)[1].backward()  # type: ignore[no-untyped-call]
        for name, parameter in model.named_parameters():
            if parameter.grad is not None:
                sums[name] += parameter.grad.square()
    model.zero_grad(set_to_none=True)
    model.train(training)
    return {name: total / max(len(chosen), 1) for name, total in sums.items()}


def drawn(count: int, most: int, seed: int) -> Sequence[int]:
    """At most so many of the places 0 to `count` - 1, in a seeded order."""
    generator = torch.Generator().manual_seed(seed)
    places: list[int] = torch.randperm(count, generator=generator)[:most].tolist()
    return places
