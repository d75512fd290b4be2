"""Heads for the labels that a recipe declares, and their losses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from guandian.domain import LabelHead
from guandian.modeling.heads.head_losses import (
    PLAIN,
    Shape,
    binary_divergence,
    class_divergence,
    classes,
)
from guandian.tasks.task import Task


class CumulativeLogits(nn.Module):
    """Logits of the class being above each but the last: one weight vector, a threshold for each.

    CORAL (Cao et al. 2020, arXiv:1901.07884): as all thresholds share the weights, the answers to
    "above the k-th?" never contradict each other once the thresholds are in order, in which they
    begin and which the loss keeps.

    Args:
        width: H of the states.
        classes: K.
    """

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        self.weight = nn.Linear(width, 1, bias=False)
        self.bias = nn.Parameter(torch.arange(classes - 1, 0, -1) / (classes - 1))

    def forward(self, states: Tensor) -> Tensor:
        """States [B, H] to logits [B, K - 1]."""
        return self.weight(states) + self.bias  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class TaskHead:
    """The network, loss and distillation of a task of whole reviews.

    Attributes:
        network: makes the module from states [B, H] to the array [B, K], given H and K.
        loss: of logits [R, K] against targets [R, K], by the shape and the name of the array.
        distance: how far logits [B, K] are from a teacher's, a mean over texts.
        categorical: the K logits are one distribution over classes, whose rare ones may be weighed
            and whose texts may be contrasted.
    """

    network: Callable[[int, int], nn.Module]
    loss: Callable[[Tensor, Tensor, Shape, str], Tensor]
    distance: Callable[[Tensor, Tensor], Tensor]
    categorical: bool = False


def place_on_scale(width: int, size: int) -> nn.Linear:
    """A linear layer whose answers begin at the middle of the scale from 0 to 1."""
    linear = nn.Linear(width, size)
    nn.init.constant_(linear.bias, 0.5)
    return linear


def squared_error(logits: Tensor, gold: Tensor, _: Shape, __: str) -> Tensor:
    """The mean squared error on the scale from 0 to 1."""
    return functional.mse_loss(logits, gold)


def yes_or_no(logits: Tensor, gold: Tensor, _: Shape, __: str) -> Tensor:
    """The binary cross entropy, a mean over classes and texts."""
    entropies = functional.binary_cross_entropy_with_logits(logits, gold, reduction="none")
    return entropies.mean(1).mean()


def above_each(logits: Tensor, gold: Tensor, _: Shape, __: str) -> Tensor:
    """The binary cross entropy of the questions "above the k-th?", summed as CORAL does."""
    entropies = functional.binary_cross_entropy_with_logits(logits, gold, reduction="none")
    return entropies.sum(1).mean()


def binary_distance(logits: Tensor, teacher_logits: Tensor) -> Tensor:
    """The divergence of each yes or no, summed over classes, a mean over texts."""
    return binary_divergence(logits, teacher_logits).sum(1).mean()


HEADS: dict[str, TaskHead] = {
    "single": TaskHead(nn.Linear, classes, class_divergence, categorical=True),
    "multi": TaskHead(nn.Linear, yes_or_no, binary_distance),
    "ordinal": TaskHead(
        lambda width, size: CumulativeLogits(width, size + 1), above_each, binary_distance
    ),
    "regression": TaskHead(place_on_scale, squared_error, functional.mse_loss),
}
"""By the names of `tasks.task_table.TASKS`; a new task is a new row."""


def networks(width: int, tasks: Sequence[Task]) -> Iterator[nn.Module]:
    """The network of each declared label, from states [B, `width`] to its array [B, K]."""
    for task in tasks:
        (size,) = task.outputs().values()
        yield HEADS[task.head.kind].network(width, size)


def label_losses(
    outputs: Mapping[str, Tensor],
    targets: Tensor,
    tasks: Sequence[Task],
    shape: Shape = PLAIN,
) -> dict[str, Tensor]:
    """The loss of each declared label that this batch has annotations for, by its output's name.

    Args:
        outputs: `label.NAME` [B, K] for each task.
        targets: float [B, sum of K], side by side; NaN where a text is not annotated.
        tasks: in their order.
        shape: of the losses of classes.
    """
    losses: dict[str, Tensor] = {}
    for head, known, gold in annotated(targets, tasks):
        if known.any():
            logits = outputs[head.output][known]
            losses[head.output] = HEADS[head.kind].loss(logits, gold, shape, head.output)
    return losses


def annotated(targets: Tensor, tasks: Sequence[Task]) -> Iterator[tuple[LabelHead, Tensor, Tensor]]:
    """Each head, which texts are annotated with it (bool [B]), and what they should say [R, K]."""
    first = 0
    for task in tasks:
        size = sum(task.outputs().values())
        own = targets[:, first : first + size]
        known = ~own[:, 0].isnan()
        yield task.head, known, own[known]
        first += size
