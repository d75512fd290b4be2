"""An encoder whose answer is one vector a text: the mean of its last hidden states."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

OUTPUT = "means"
_PADDING = 1
"""Any id: what stands there is masked."""


class MeanEncoder(nn.Module):
    """A pretrained encoder under the mean over its tokens.

    Args:
        encoder: of the family of BERT, called with ids and a mask.
    """

    all_see_all = True

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, ids: Tensor) -> dict[str, Tensor]:
        """Equally long ids [B, N] to the means [B, H] under `means`."""
        states = self.encoder(input_ids=ids, attention_mask=torch.ones_like(ids))
        return {OUTPUT: states.last_hidden_state.mean(1)}

    def means(self, texts: Sequence[Sequence[int]]) -> Tensor:
        """The means [B, H] of texts of any lengths, as they are learned from; bfloat16 inside."""
        ids, mask = padded(texts, next(self.parameters()).device)
        with torch.autocast(ids.device.type, dtype=torch.bfloat16):
            states = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        states = states.float()
        means: Tensor = (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        return means

    def vectors(self, texts: Sequence[Sequence[int]], batch: int = 64) -> NDArray[np.float64]:
        """The means [T, H] of texts that are only read, in their order."""
        self.eval()
        order = sorted(range(len(texts)), key=lambda k: len(texts[k]))
        rows: list[NDArray[np.float64] | None] = [None] * len(texts)
        with torch.inference_mode():
            for chosen in _parts(order, batch):
                read = self.means([texts[k] for k in chosen])
                for k, row in zip(chosen, read.cpu().numpy(), strict=True):
                    rows[k] = row.astype(np.float64)
        return np.stack([row for row in rows if row is not None])


def padded(texts: Sequence[Sequence[int]], device: torch.device) -> tuple[Tensor, Tensor]:
    """Token ids [B, N] of texts, and their mask, 1 = token."""
    longest = max(map(len, texts))
    ids = torch.full((len(texts), longest), _PADDING)
    mask = torch.zeros(len(texts), longest)
    for row, text in enumerate(texts):
        ids[row, : len(text)] = torch.tensor(text)
        mask[row, : len(text)] = 1
    return ids.to(device), mask.to(device)


def _parts(order: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(order), size):
        yield order[start : start + size]
