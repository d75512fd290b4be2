"""Texts and pairs of texts as padded ids, and the order in which they are learned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class PairSettings:
    """How pairs are learned.

    Attributes:
        epochs: times that each pair is seen.
        batch: pairs of a step; of contrasts, all others of the batch are wrong answers.
        rate: the highest learning rate, after a tenth of the steps; then down in a line to 0.
        layers: how many of the highest layers learn.
        longest: pieces of a text, or of a pair.
        temperature: of contrasts.
        seed: of the order and of dropout.
    """

    epochs: int = 2
    batch: int = 32
    rate: float = 5e-5
    layers: int = 4
    longest: int = 64
    temperature: float = 0.05
    seed: int = 0


class Padded:
    """Makes ids of texts, as serving does, padded to the longest of a batch.

    Args:
        file: the `tokenizers` file of the base.
        longest: pieces that are read.
    """

    def __init__(self, file: Path, longest: int) -> None:
        self._tokenizer = Tokenizer.from_file(str(file))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(longest)
        self._tokenizer.encode_special_tokens = True

    def rows(self, inputs: Sequence[str] | Sequence[tuple[str, str]]) -> list[list[int]]:
        """The ids of each."""
        return [list(entry.ids) for entry in self._tokenizer.encode_batch([*inputs])]

    @staticmethod
    def batch(rows: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
        """Ids and mask, [B, longest of them]."""
        width = max(len(row) for row in rows)
        ids = torch.zeros((len(rows), width), dtype=torch.int64)
        mask = torch.zeros((len(rows), width), dtype=torch.int64)
        for k, row in enumerate(rows):
            ids[k, : len(row)] = torch.tensor(row)
            mask[k, : len(row)] = 1
        return ids, mask


def orders(size: int, settings: PairSettings) -> Iterator[list[int]]:
    """Batches of places, shuffled anew each epoch; one that stays over has no contrast."""
    generator = np.random.default_rng(settings.seed)
    for _ in range(settings.epochs):
        order = generator.permutation(size).tolist()
        for begin in range(0, size, settings.batch):
            if len(part := order[begin : begin + settings.batch]) > 1:
                yield part


class Steps:
    """An optimiser of what learns, with its rate going up and down.

    Args:
        network: whose parameters that want gradients learn.
        settings: rate and seed.
        total: steps.
    """

    def __init__(self, network: nn.Module, settings: PairSettings, total: int) -> None:
        learning = [weight for weight in network.parameters() if weight.requires_grad]
        self._weights, self._total, self._made = learning, max(total, 1), 0
        self._rate = settings.rate
        self._optimiser = torch.optim.AdamW(learning, lr=settings.rate, weight_decay=0.01)

    def take(self, loss: Tensor) -> None:
        """Follow the gradient of a loss by one step."""
        warm = max(1, self._total // 10)
        share = min(
            (self._made + 1) / warm, (self._total - self._made) / max(1, self._total - warm)
        )
        for group in self._optimiser.param_groups:
            group["lr"] = self._rate * max(share, 0.0)
        self._optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._weights, 1.0)
        self._optimiser.step()
        self._made += 1
