"""Networks of whole texts: one vector a text, one score a pair."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from guandian.bundle import Bundle, model_folder
from guandian.bundle.bundle import MANIFEST
from guandian.modeling.encoders.hidden_states import encoder_of
from guandian.modeling.encoders.layers import layers
from guandian.modeling.encoders.pretrained import load_encoder


class TextVector(nn.Module):
    """The mean of an encoder's last hidden states.

    Args:
        encoder: a transformers encoder without a pooler.
    """

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, ids: Tensor, mask: Tensor | None = None) -> dict[str, Tensor]:
        """`vector` [B, H] of ids [B, N]; `mask` [B, N] is 0 where nothing stands."""
        return {"vector": _mean(self.encoder, ids, mask)}


class PairScore(nn.Module):
    """A logit of that two texts, read as one, belong together.

    Args:
        encoder: a transformers encoder without a pooler.
        size: of its hidden states.
    """

    def __init__(self, encoder: nn.Module, size: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.hidden = nn.Linear(size, size)
        self.score = nn.Linear(size, 1)

    def forward(self, ids: Tensor, mask: Tensor | None = None) -> dict[str, Tensor]:
        """`score` [B] of ids [B, N]; `mask` [B, N] is 0 where nothing stands."""
        mean = _mean(self.encoder, ids, mask)
        return {"score": self.score(torch.tanh(self.hidden(mean))).squeeze(-1)}


def base_encoder(source: str) -> nn.Module:
    """The encoder of a folder, a bundle (a shipped one by its name), or a cached Hugging Face id.

    Raises:
        GuandianError: nothing that can be read answers to `source`.
    """
    folder = model_folder(source)
    if (folder / MANIFEST).is_file():
        return encoder_of(Bundle.open(folder))
    return load_encoder(source)


def freeze_lower(encoder: nn.Module, learning: int) -> int:
    """Let only the highest layers of an encoder learn; gives how many do."""
    stack = list(layers(encoder))
    learners = stack[max(0, len(stack) - learning) :]
    for parameter in encoder.parameters():
        parameter.requires_grad_(False)
    for layer in learners:
        for parameter in layer.parameters():
            parameter.requires_grad_(True)
    return len(learners)


def _mean(encoder: nn.Module, ids: Tensor, mask: Tensor | None) -> Tensor:
    there = torch.ones_like(ids) if mask is None else mask
    states: Tensor = encoder(input_ids=ids, attention_mask=there).last_hidden_state
    if mask is None:
        return states.mean(dim=1)
    weights = mask.unsqueeze(-1).to(states.dtype)
    return (states * weights).sum(dim=1) / weights.sum(dim=1)
