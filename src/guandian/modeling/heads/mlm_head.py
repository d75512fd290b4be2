"""The language model's head: which piece stands at a masked place, and what patterns ask of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save
from torch import Tensor, nn

_MASKED, _OTHER = 0.8, 0.1  # of the places asked about; the rest stay as they are
NEVER = -1e4
"""Logit of a sentiment that a pattern has no word for."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """Words before a text, one of them masked, and the pieces that answer for each sentiment.

    Attributes:
        ids: of the pattern's pieces.
        gap: which of them is masked, from 0.
        words: for negative, neutral and positive the ids that stand for it; may be empty.
    """

    ids: tuple[int, ...]
    gap: int
    words: tuple[tuple[int, ...], ...]


class LanguageHead(nn.Module):
    """Scores of all pieces at masked places; its last map is the encoder's own embeddings.

    The masked language model of Devlin et al. 2018 (arXiv:1810.04805).

    Args:
        encoder: of transformers.
    """

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        table = embeddings(encoder)
        width: Any = encoder.config.hidden_size  # type: ignore[union-attr]
        self.dense = nn.Linear(width, table.shape[1])
        self.norm = nn.LayerNorm(table.shape[1])
        self.bias = nn.Parameter(torch.zeros(table.shape[0]))

    def to_bytes(self) -> bytes:
        """Its own weights as a safetensors file."""
        return save({name: value.contiguous() for name, value in self.state_dict().items()})

    @classmethod
    def from_file(cls, path: Path, encoder: nn.Module) -> LanguageHead:
        """The head of an encoder that `to_bytes` wrote."""
        head = cls(encoder)
        state = load_file(path)
        bias = torch.zeros_like(head.bias)  # markers of customs have come since, perhaps
        bias[: len(state["bias"])] = state["bias"]
        head.load_state_dict(state | {"bias": bias})
        return head

    def forward(self, hidden: Tensor, table: Tensor) -> Tensor:
        """Hidden states [R, H] and embeddings [V, E] to logits [R, V]."""
        features = self.norm(nn.functional.gelu(self.dense(hidden)))
        return features @ table.T + self.bias  # type: ignore[no-any-return]

    def sentiment(self, hidden: Tensor, table: Tensor, pattern: Pattern) -> Tensor:
        """Hidden states [B, H] at a pattern's gap to logits [B, 3], the mean over its words."""
        logits = self(hidden, table)
        columns = [
            logits[:, list(words)].mean(1) if words else torch.full_like(logits[:, 0], NEVER)
            for words in pattern.words
        ]
        return torch.stack(columns, 1)


def embeddings(encoder: nn.Module) -> Tensor:
    """The table of piece embeddings [V, E] of a transformers model, in or without an adapter."""
    table: Any = encoder.get_input_embeddings()  # type: ignore[operator]
    return table.weight  # type: ignore[no-any-return]


def masked(ids: Tensor, places: Tensor, mask_id: int, vocabulary: int) -> Tensor:
    """Ids with most of the `places` masked, some replaced by any piece, some left.

    Args:
        ids: int64 [B, N].
        places: bool [B, N].
        mask_id: the piece that masks.
        vocabulary: number of pieces.
    """
    dice = torch.rand(ids.shape, device=ids.device)
    anything = torch.randint(vocabulary, ids.shape, device=ids.device)
    hidden = torch.where(places & (dice < _MASKED), mask_id, ids)
    replaced = places & (dice >= _MASKED) & (dice < _MASKED + _OTHER)
    return torch.where(replaced, anything, hidden)
