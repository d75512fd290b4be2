"""Padded batches of similar length, the same for the same seed and epoch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import compress

import numpy as np
import torch
from torch import Tensor

from guandian.modeling.heads.head_losses import Targets, inner_tokens
from guandian.modeling.heads.label_heads import HEADS
from guandian.tasks.head_spec import NOWHERE, POLARITIES, HeadSpec
from guandian.tasks.tags import allowed_tags
from guandian.tasks.targets import Annotated


@dataclass(frozen=True, slots=True)
class Batch:
    """Token ids and mask, int64 [B, N], the targets, and which examples these are."""

    ids: Tensor
    mask: Tensor
    targets: Targets
    indices: tuple[int, ...] = ()

    def to(self, device: torch.device) -> Batch:
        """The same on another device."""
        names = self.targets.__slots__
        targets = Targets(*(getattr(self.targets, name).to(device) for name in names))
        return Batch(self.ids.to(device), self.mask.to(device), targets, self.indices)

    def masked(self, share: float, mask_id: int) -> Batch:
        """The same with a share of the labelled texts' pieces masked, drawn anew by each call."""
        if not share:
            return self
        drawn = inner_tokens(self.mask) & self.targets.labelled()[:, None]
        drawn &= torch.rand(self.ids.shape, device=self.ids.device) < share
        return replace(self, ids=torch.where(drawn, mask_id, self.ids))


def plan_batches(
    lengths: Sequence[int], tokens: int, rng: np.random.Generator, texts: int | None = None
) -> list[list[int]]:
    """Indices in batches of similar length, in random order.

    Args:
        lengths: of the texts, in tokens.
        tokens: padded tokens of a batch at most; a longer text stands alone.
        rng: of the order.
        texts: if given, a batch has so many texts instead, the last one the rest.
    """
    noisy = np.asarray(lengths) * rng.uniform(0.9, 1.1, len(lengths))
    batches: list[list[int]] = [[]]
    widest = 0
    for index in np.argsort(noisy, kind="stable"):
        widest = max(widest, lengths[index])
        size = len(batches[-1])
        if size and (widest * (size + 1) > tokens if texts is None else size == texts):
            batches.append([])
            widest = lengths[index]
        batches[-1].append(int(index))
    order = rng.permutation(len(batches))
    return [batches[k] for k in order if batches[k]]


def collate(
    items: Sequence[Annotated], spec: HeadSpec, pad_id: int, indices: Sequence[int] = ()
) -> Batch:
    """Pad texts to one length and lay out their targets; `indices` tells which they are."""
    batch, length = len(items), max(len(item.ids) for item in items)
    ids = torch.full((batch, length), pad_id, dtype=torch.int64)
    mask = torch.zeros((batch, length), dtype=torch.int64)
    spans = torch.zeros((batch, len(spec.span_types), length, length), dtype=torch.bool)
    pairs = torch.zeros((batch, 2, length, length), dtype=torch.bool)
    types = len(spec.span_types)
    tags = torch.zeros((batch, length, 2 * len(spec.tag_types) + 1), dtype=torch.bool)
    rows: list[tuple[int, int, int, int, int]] = []
    categories: list[Tensor] = []
    polarities: list[int] = []
    for b, item in enumerate(items):
        size = len(item.ids)
        ids[b, :size] = torch.from_numpy(item.ids)
        mask[b, :size] = 1
        for kind, first, last in item.spans:
            if kind < types:
                spans[b, kind, first, last] = True
        if any(item.known[types:]):
            tags[b, 1 : size - 1] = _tags(item, types)
        for reading in item.readings or ():
            (a0, a1), (e0, e1) = reading.aspect, reading.expression
            if a0 == e0 == NOWHERE:
                e0, e1 = 1, max(size - 2, 1)
            else:
                pairs[b, 0, a0, e0] = True
                pairs[b, 1, a1, e1] = True
            rows.append((b, a0, a1, e0, e1))
            shares = torch.zeros(len(spec.categories))
            for category in reading.categories:
                shares[category] = 1 / len(reading.categories)
            categories.append(shares)
            polarities.append(reading.polarity)
    opinions = [item.readings is not None for item in items]
    implicit = [
        float(item.implicit) if annotated else float("nan")
        for item, annotated in zip(items, opinions, strict=True)
    ]
    targets = Targets(
        spans=spans,
        span_known=torch.tensor([item.known[:types] for item in items]),
        pairs=pairs,
        pair_known=torch.tensor(opinions),
        readings=torch.tensor(rows, dtype=torch.int64).reshape(-1, 5),
        category=torch.stack(categories) if categories else torch.zeros((0, len(spec.categories))),
        polarity=torch.tensor(polarities, dtype=torch.int64),
        implicit=torch.tensor(implicit),
        sentiment=torch.tensor([item.sentiment for item in items]),
        labels=torch.tensor([_labels(item, spec) for item in items]),
        tags=tags,
    )
    return Batch(ids, mask, targets, tuple(indices))


def _tags(item: Annotated, types: int) -> Tensor:
    """The tags that a text's annotations leave open, bool [N - 2, L], without special tokens."""
    inner = [(k - types, first - 1, last - 1) for k, first, last in item.spans if k >= types]
    return torch.from_numpy(allowed_tags(len(item.ids) - 2, inner, item.known[types:]))


def _labels(item: Annotated, spec: HeadSpec) -> list[float]:
    """The arrays that the declared labels should have, side by side; NaN = unknown."""
    row: list[float] = []
    for task, target in zip(spec.tasks, item.labels, strict=True):
        row += [float("nan")] * sum(task.outputs().values()) if target is None else target
    return row


def class_weights(examples: Sequence[Annotated], spec: HeadSpec) -> dict[str, Tensor]:
    """The weight of each class: the inverse of its frequency, 1 on average over the data.

    Returns:
        By head, float [K]; classes that never occur count 1.
    """
    counts = {
        "category": np.zeros(len(spec.categories)),
        "polarity": np.zeros(len(POLARITIES)),
        "sentiment": np.zeros(len(POLARITIES)),
    }
    weighed = [HEADS[label.kind].categorical for label in spec.labels]
    for task in compress(spec.tasks, weighed):
        counts |= {name: np.zeros(size) for name, size in task.outputs().items()}
    for example in examples:
        if example.sentiment >= 0:
            counts["sentiment"][example.sentiment] += 1
        for label, target in compress(zip(spec.labels, example.labels, strict=True), weighed):
            if target is not None:
                counts[label.output] += target
        for reading in example.readings or ():
            counts["polarity"][reading.polarity] += 1
            for category in reading.categories:
                counts["category"][category] += 1 / len(reading.categories)
    by_head = {}
    for head, seen in counts.items():
        present = max(1, int((seen > 0).sum()))
        weights = np.where(seen > 0, seen.sum() / (present * np.maximum(seen, 1e-9)), 1.0)
        by_head[head] = torch.tensor(weights, dtype=torch.float32)
    return by_head
