"""A light model for simulations of labelling: the top of a network over cached hidden states.

The layers below the last ones are run once over every review; what learns is the last layers and
all heads, from the same start each time. That is a training of some seconds, and no full one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from guandian.bundle import Bundle, float32_weights
from guandian.domain import Labelled, Quad
from guandian.modeling.encoders.layers import layers
from guandian.modeling.heads.head_losses import losses
from guandian.modeling.model import OpinionModel
from guandian.tasks.confidence_features import UNFITTED
from guandian.tasks.decode import Arrays, choose
from guandian.tasks.head_spec import POLARITIES, SPAN_TYPES, HeadSpec
from guandian.tasks.inference import Findings, Reader, infer
from guandian.tasks.targets import annotate
from guandian.text.pieces import Pieces
from guandian.training.data.batches import collate, plan_batches

RATE, HEAD_RATE, DECAY, WARM, TOKENS, CLIP = 3e-4, 1e-3, 0.01, 0.1, 1000, 1.0
MOST_TOKENS = 192


class Top(nn.Module):
    """The last layers of an encoder and the heads: hidden states in, arrays out."""

    def __init__(self, model: OpinionModel, count: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            list(layers(model.encoder))[len(layers(model.encoder)) - count :]
        )
        self.heads = model.heads

    def forward(self, hidden: Tensor, mask: Tensor | None) -> dict[str, Tensor]:
        """Hidden states [B, N, H] and mask [B, N] to the arrays of `HeadSpec`."""
        seen = None
        if mask is not None:
            seen = mask[:, None, None, :].bool().expand(-1, 1, mask.shape[1], -1)
        for layer in self.layers:
            answer = layer(hidden, seen)
            hidden = answer[0] if isinstance(answer, tuple) else answer
        arrays: dict[str, Tensor] = self.heads(hidden, mask)
        return arrays


@dataclass(frozen=True)
class Answered:
    """What a model says of a review: its opinions with their confidences."""

    quads: tuple[Quad, ...]
    confidences: tuple[float, ...]


class LightModel:
    """Learns from some of the reviews, and answers all of them.

    Args:
        bundle: whose network is begun with; its heads stay where they fit.
        records: every review that will be learned from or read.
        categories: the label space.
        top: how many layers learn besides the heads.
    """

    def __init__(
        self, bundle: Path, records: Sequence[Labelled], categories: Sequence[str], top: int
    ) -> None:
        opened = Bundle.open(bundle)
        self.spec = HeadSpec(tuple(categories), SPAN_TYPES)
        self.pieces = Pieces.from_file(opened.tokenizer)
        weights = float32_weights(opened)
        self._make = lambda: OpinionModel.resume(dict(opened.manifest.model), weights, self.spec)
        self._top, self._cache = top, dict[bytes, Tensor]()
        self._first: dict[tuple[int, ...], Top] = {}
        self.items = [
            annotate(record, self.pieces, self.spec, MOST_TOKENS)[0] for record in records
        ]
        self.vectors = self._read([item.ids for item in self.items])

    def _read(self, ids: Sequence[NDArray[np.int64]]) -> NDArray[np.float64]:
        """Cache what the learning layers see of each text; the means of that, [N, H]."""
        model = self._make().eval()
        means = []
        with torch.no_grad():
            for row in ids:
                answer = model.encoder(torch.from_numpy(row)[None], output_hidden_states=True)
                hidden = answer.hidden_states[-1 - self._top][0]
                self._cache[row.tobytes()] = hidden
                means.append(hidden.mean(0).numpy())
        return np.array(means, np.float64)

    def learn_first(self, rows: Sequence[int], epochs: int, seed: int) -> Top:
        """`learn`, once for the same records and seed: every way begins with them."""
        key = (epochs, seed, *rows)
        if key not in self._first:
            self._first = {key: self.learn(rows, epochs, seed)}
        return self._first[key]

    def learn(self, rows: Sequence[int], epochs: int, seed: int) -> Top:
        """Train from the start on some of the records."""
        torch.manual_seed(seed)
        rng = np.random.default_rng(seed)
        top = Top(self._make(), self._top).train()
        items = [self.items[row] for row in rows]
        groups = [
            {"params": top.layers.parameters(), "lr": RATE},
            {"params": top.heads.parameters(), "lr": HEAD_RATE},
        ]
        optimiser = torch.optim.AdamW(groups, weight_decay=DECAY)
        plans = [plan_batches([len(i.ids) for i in items], TOKENS, rng) for _ in range(epochs)]
        steps = sum(map(len, plans))
        starts = [group["lr"] for group in optimiser.param_groups]
        for step, indices in enumerate(batch for plan in plans for batch in plan):
            share = min((step + 1) / (WARM * steps), (steps - step) / ((1 - WARM) * steps))
            for group, start in zip(optimiser.param_groups, starts, strict=True):
                group["lr"] = start * share
            batch = collate([items[k] for k in indices], self.spec, self.pieces.pad_id)
            hidden = torch.zeros((*batch.ids.shape, self.vectors.shape[1]))
            for row, k in enumerate(indices):
                cached = self._cache[items[k].ids.tobytes()]
                hidden[row, : len(cached)] = cached
            by_head = losses(top(hidden, batch.mask), batch.targets, batch.mask)
            optimiser.zero_grad()
            torch.stack(list(by_head.values())).sum().backward()
            torch.nn.utils.clip_grad_norm_(top.parameters(), CLIP)
            optimiser.step()
        return top.eval()

    def answer(self, top: Top, texts: Sequence[str], *, dropout: bool = False) -> list[Answered]:
        """What a trained top says of texts that were given as records."""
        top.train(dropout)

        def forward(ids: NDArray[np.int64]) -> Arrays:
            hidden = torch.stack([self._cache[row.tobytes()] for row in ids])
            with torch.no_grad():
                return {name: array.numpy() for name, array in top(hidden, None).items()}

        reader = Reader(forward, self.pieces, self.spec, MOST_TOKENS)
        answered = [self._answered(findings) for findings in infer(reader, texts)]
        top.eval()
        return answered

    def _answered(self, findings: Findings) -> Answered:
        chosen = choose(findings.candidates, UNFITTED)
        quads = tuple(
            Quad(
                findings.span(candidate.aspect),
                findings.span(candidate.expression),
                self.spec.categories[candidate.category],
                POLARITIES[candidate.polarity],
            )
            for candidate, _ in chosen
        )
        return Answered(quads, tuple(sure for _, sure in chosen))
