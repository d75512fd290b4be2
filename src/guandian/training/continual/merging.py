"""Weights of several trainings become one model's."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from guandian.modeling.model import OpinionModel

Weights = Mapping[str, Tensor]


def weights_copied(model: OpinionModel) -> dict[str, Tensor]:
    """A copy of every tensor of a model, by its name in the state."""
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def moved(start: Weights, end: Weights, share: float) -> dict[str, Tensor]:
    """The weights on the way from `start` to `end`, `share` of it gone; integers stay.

    With 1 / k after the k-th domain this is the running average of what each training ended with,
    each having begun at the average before (Wortsman et al. 2022, arXiv:2203.05482, in sequence).
    """
    return {
        name: value + share * (end[name] - value) if value.is_floating_point() else value
        for name, value in start.items()
    }


class TaskVectors:
    """The sum of what trainings from one start have changed (Ilharco et al. 2023, 2212.04089).

    Args:
        start: the weights that every training begins with.
    """

    def __init__(self, start: Weights) -> None:
        self._start = start
        self._sum = {
            name: torch.zeros_like(value)
            for name, value in start.items()
            if value.is_floating_point()
        }

    def add(self, end: Weights) -> None:
        """Add the change of one training."""
        for name, change in self._sum.items():
            change.add_(end[name] - self._start[name])

    def applied(self, scale: float) -> dict[str, Tensor]:
        """The start with `scale` times the sum added."""
        return {
            name: value + scale * self._sum[name] if name in self._sum else value
            for name, value in self._start.items()
        }
