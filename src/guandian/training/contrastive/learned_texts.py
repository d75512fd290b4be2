"""The texts of a tuning: what layers that do not learn say of them is computed once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from guandian.modeling.encoders.frozen import lower_states, replayed
from guandian.modeling.encoders.layers import layers
from guandian.training.contrastive.mean_encoder import MeanEncoder, padded

_AT_ONCE = 64
_PART = 16
"""Texts of a batch that are padded to one length; most are short, and the longest is not."""


class LearnedTexts:
    """Texts whose states above the frozen layers are kept in half precision: 0.8 KB a token.

    Args:
        model: its lowest `frozen` layers are set not to learn.
        texts: token ids of each, special tokens included.
        frozen: layers that do not learn, half of all at most; 0 keeps nothing.
    """

    def __init__(self, model: MeanEncoder, texts: Sequence[Sequence[int]], frozen: int) -> None:
        self._model, self._texts = model, texts
        stack = list(layers(model.encoder))
        self._lower = stack[: min(frozen, len(stack) // 2)]
        self._rows: list[NDArray[np.float16]] = []
        for layer in self._lower:
            for parameter in layer.parameters():
                parameter.requires_grad = False
        if self._lower:
            self._keep()

    def means(self, chosen: Sequence[int]) -> Tensor:
        """The model's means [B, H] of chosen texts, in their order, to learn from."""
        order = sorted(range(len(chosen)), key=lambda k: len(self._texts[chosen[k]]))
        parts = []
        for places in _parts(order, _PART):
            several = [chosen[k] for k in places]
            with self._replaying(several):
                parts.append(self._model.means([self._texts[k] for k in several]))
        back = torch.tensor(np.argsort(order), device=parts[0].device)
        return torch.cat(parts)[back]

    def _keep(self) -> None:
        device = next(self._model.parameters()).device
        order = sorted(range(len(self._texts)), key=lambda k: len(self._texts[k]))
        rows: dict[int, NDArray[np.float16]] = {}
        for chosen in _parts(order, _AT_ONCE):
            ids, mask = padded([self._texts[k] for k in chosen], device)
            with torch.autocast(device.type, dtype=torch.bfloat16):
                states = lower_states(self._model.encoder, self._lower, ids, mask)
            for k, row in zip(chosen, states.float().cpu().numpy(), strict=True):
                rows[k] = row[: len(self._texts[k])].astype(np.float16)
        self._rows = [rows[k] for k in range(len(self._texts))]

    def _replaying(self, chosen: Sequence[int]) -> AbstractContextManager[None]:
        """While this is open the frozen layers answer for these texts out of memory."""
        if not self._lower:
            return nullcontext()
        rows = [self._rows[k] for k in chosen]
        states = np.zeros((len(rows), max(map(len, rows)), rows[0].shape[1]), np.float32)
        for line, row in enumerate(rows):
            states[line, : len(row)] = row
        device = next(self._model.parameters()).device
        return replayed(self._lower, torch.from_numpy(states).to(device))


def _parts(order: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(order), size):
        yield order[start : start + size]
