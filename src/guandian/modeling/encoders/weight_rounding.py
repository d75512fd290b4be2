"""Weights rounded in training as a bundle has them: what they are rounded from learns.

The gradient of the rounded weights moves the others as if there were no rounding (the
straight-through estimator of Bengio et al. 2013, arXiv:1308.3432).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from guandian.bundle.four_bits import BLOCK, HIGHEST, fits, four_bits
from guandian.bundle.weights import MATRIX_LIMIT, SMALLEST, TABLE_LIMIT

Rounding = Literal["none", "int8", "int4"]
_RENEWED_EVERY = 64
"""Steps for which blocks of four bits keep their steps, which take long to find."""


@dataclass
class _Rounded:
    """One weight [n, k], and the units of its blocks once they were found."""

    weight: Tensor
    limit: int
    four: bool
    unit: Tensor | None = None

    def value(self, *, renewed: bool) -> Tensor:
        """What a bundle would hold of it; `renewed` looks for its blocks' steps anew."""
        weight = self.weight.detach()
        if not self.four:
            largest = weight.abs().amax(1, keepdim=True).clamp_min(torch.finfo(weight.dtype).tiny)
            unit = largest / self.limit
            return (weight / unit).round_().clamp_(-self.limit, self.limit).mul_(unit)
        if renewed or self.unit is None:
            bits = four_bits(weight.float().cpu().numpy(), self.limit)
            unit = torch.from_numpy(bits.scale * bits.steps).to(weight)
            self.unit = unit[:, :, None]
        blocks = weight.reshape(len(weight), -1, BLOCK) / self.unit
        return blocks.round_().clamp_(-HIGHEST, HIGHEST).mul_(self.unit).reshape(weight.shape)


class WeightRounding:
    """Rounds the large matrices and tables of a model while it computes.

    Args:
        model: in training.
        rounding: as a bundle of which precision has them.
    """

    def __init__(self, model: nn.Module, rounding: Rounding) -> None:
        self._rounded: list[_Rounded] = []
        if rounding == "none":
            return
        for module in model.modules():
            if not isinstance(module, nn.Linear | nn.Embedding) or not module.weight.requires_grad:
                continue
            if module.weight.numel() >= SMALLEST:
                limit = MATRIX_LIMIT if isinstance(module, nn.Linear) else TABLE_LIMIT
                four = rounding == "int4" and fits(module.weight.shape[1])
                self._rounded.append(_Rounded(module.weight, limit, four))

    @contextmanager
    def applied(self, step: int | None = None) -> Iterator[None]:
        """While this is open, the model has rounded weights; after it those that learn.

        Args:
            step: the number of the training's step, in which blocks of four bits may have the steps
                that they had a few of them ago; None rounds exactly as a bundle would.
        """
        renewed = step is None or step % _RENEWED_EVERY == 0
        whole = [row.weight.detach().clone() for row in self._rounded]
        with torch.no_grad():
            for row in self._rounded:
                row.weight.copy_(row.value(renewed=renewed))
        try:
            yield
        finally:
            with torch.no_grad():
                for row, before in zip(self._rounded, whole, strict=True):
                    row.weight.copy_(before)

    def state(self) -> dict[str, Tensor]:
        """The units of blocks that a training which goes on needs."""
        units = {str(number): row.unit for number, row in enumerate(self._rounded)}
        return {name: unit for name, unit in units.items() if unit is not None}

    def restore(self, state: dict[str, Tensor]) -> None:
        """Put back what `state` gave."""
        for name, unit in state.items():
            self._rounded[int(name)].unit = unit
