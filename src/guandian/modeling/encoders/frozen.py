"""Lower layers that do not learn: their states are computed once and put back afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from guandian.modeling.encoders.layers import layers
from guandian.recipes.methods import Frozen


def frozen_layers(encoder: nn.Module, method: Frozen) -> tuple[list[nn.Module], list[nn.Module]]:
    """The layers that stay as they are, and those above that learn."""
    stack = list(layers(encoder))
    count = len(stack) if method.layers is None else method.layers
    return stack[:count], stack[count:]


def lower_states(
    encoder: nn.Module, lower: Sequence[nn.Module], ids: Tensor, mask: Tensor
) -> Tensor:
    """Hidden states [B, N, H] above the frozen layers, without dropout and gradients.

    Args:
        encoder: of any family.
        lower: its frozen layers.
        ids: int64 [B, N].
        mask: int64 [B, N], 1 = token.
    """
    states: list[Tensor] = []
    hook = lower[-1].register_forward_hook(lambda _, __, answer: states.append(_states(answer)))
    training = encoder.training
    try:
        encoder.eval()
        with torch.no_grad():
            encoder(ids, attention_mask=mask)
    finally:
        hook.remove()
        encoder.train(training)
    return states[0]


@contextmanager
def replayed(lower: Sequence[nn.Module], states: Tensor) -> Iterator[None]:
    """While this is open the frozen layers compute nothing and answer with `states` [B, N, H]."""

    def answer(*_: Any, **__: Any) -> Tensor:
        return states

    for layer in lower:
        layer.forward = answer
    try:
        yield
    finally:
        for layer in lower:
            del layer.forward


def _states(answer: Any) -> Tensor:
    """Of what a layer gives; some families give them in a tuple."""
    states: Tensor = answer[0] if isinstance(answer, tuple) else answer
    return states
