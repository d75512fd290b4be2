"""Dropout that costs a processor little."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

_LEVELS = 2**16


class QuickDropout(nn.Dropout):
    """The dropout of torch, with masks on a processor cut from random bytes.

    torch draws a number of double precision for each value there, one thread alone: an eighth of
    the time of a step. The share dropped is `p` to within 1 / 65,536; the masks follow from
    torch's seed.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Values of any shape, some zero and the rest scaled; as they are when evaluating."""
        lowest = round(self.p * _LEVELS)
        if not self.training or not 0 < lowest < _LEVELS or input.device.type != "cpu":
            return super().forward(input)
        generator = np.random.SFC64(int(torch.randint(2**62, ())))
        dice = generator.random_raw(-(-input.numel() // 4)).view(np.uint16)
        # As whole numbers, for torch turns these into bf16 seven times as fast as bools.
        survivors = (dice[: input.numel()] >= lowest).view(np.uint8)
        mask = torch.from_numpy(survivors).view(input.shape).to(input.dtype)
        return input * (mask * (_LEVELS / (_LEVELS - lowest)))


def quicken(model: nn.Module) -> None:
    """Replace the plain dropouts of a model in place."""
    plain = [name for name, module in model.named_modules() if type(module) is nn.Dropout]
    for name in plain:
        old = model.get_submodule(name)
        new = QuickDropout(float(old.p))  # type: ignore[arg-type]
        model.set_submodule(name, new.train(old.training))


def drop_attention(model: nn.Module, encoder: Any, share: float) -> Callable[[], None]:
    """Set the share of attention weights that are dropped, in place.

    torch's attention without dropout is quick forwards on a processor, but its way back takes a
    third of a step: plain products take half of that, so they stand in for it there.

    Args:
        model: whose dropouts are set, those of BERT's family.
        encoder: the transformers model within it.
        share: of the weights.

    Returns:
        Gives the encoder its own attention back.
    """
    for name, module in model.named_modules():
        if isinstance(module, nn.Dropout) and name.endswith("attention.self.dropout"):
            module.p = share
    own = encoder.config._attn_implementation
    if share or own != "sdpa" or next(encoder.parameters()).device.type != "cpu":
        return lambda: None
    encoder.set_attn_implementation("eager")
    return partial(encoder.set_attn_implementation, own)
