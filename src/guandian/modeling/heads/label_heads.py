"""Heads for the labels that a recipe declares, and their losses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from guandian.domain import LabelHead
from guandian.modeling.heads.head_losses import PLAIN, Shape, classes


class CumulativeLogits(nn.Module):
    """Whether the class is above each but the last: one weight vector, a threshold for each.

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


def declared_head(width: int, head: LabelHead) -> nn.Module:
    """The network from states [B, `width`] to the array [B, K] of a declared label."""
    if head.kind == "ordinal":
        return CumulativeLogits(width, len(head.classes))
    linear = nn.Linear(width, head.width)
    if head.kind == "regression":
        nn.init.constant_(linear.bias, 0.5)  # the middle of the scale
    return linear


def label_losses(
    outputs: Mapping[str, Tensor],
    targets: Tensor,
    heads: Sequence[LabelHead],
    shape: Shape = PLAIN,
) -> dict[str, Tensor]:
    """The loss of each declared head that this batch has annotations for, by its output's name.

    `single` is cross entropy, shaped; `multi` the mean binary cross entropy over classes; `ordinal`
    that of the questions "above the k-th?", summed as CORAL does; `regression` the squared error
    on the scale from 0 to 1.

    Args:
        outputs: `label.NAME` [B, K] for each head.
        targets: float [B, sum of K], side by side; NaN where a text is not annotated.
        heads: in their order.
        shape: of the losses of classes.
    """
    found: dict[str, Tensor] = {}
    for head, known, gold in annotated(targets, heads):
        if known.any():
            found[head.output] = _loss(head, outputs[head.output][known], gold, shape)
    return found


def annotated(
    targets: Tensor, heads: Sequence[LabelHead]
) -> Iterator[tuple[LabelHead, Tensor, Tensor]]:
    """Each head, which texts are annotated with it (bool [B]), and what they should say [R, K]."""
    first = 0
    for head in heads:
        wanted = targets[:, first : first + head.width]
        known = ~wanted[:, 0].isnan()
        yield head, known, wanted[known]
        first += head.width


def _loss(head: LabelHead, logits: Tensor, gold: Tensor, shape: Shape) -> Tensor:
    if head.kind == "single":
        return classes(logits, gold, shape, head.output)
    if head.kind == "regression":
        return functional.mse_loss(logits, gold)
    each = functional.binary_cross_entropy_with_logits(logits, gold, reduction="none")
    return (each.sum(1) if head.kind == "ordinal" else each.mean(1)).mean()
