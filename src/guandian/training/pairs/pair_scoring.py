"""Scores of pairs of texts that are read as one: same meaning, or an answer to the question."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch.nn import functional

from guandian.modeling.text_networks import PairScore, freeze_lower
from guandian.training.pairs.text_batches import Padded, PairSettings, Steps, orders


def learn_scores(
    network: PairScore,
    tokens: Padded,
    pairs: Sequence[tuple[str, str, bool]],
    settings: PairSettings,
    tell: Callable[[int, int, float], None] = lambda *_: None,
) -> None:
    """Train a network to tell which pairs belong together, by cross-entropy; it is changed.

    Args:
        network: scores pairs.
        tokens: makes ids.
        pairs: two texts, and whether they belong together.
        settings: how.
        tell: called with the step, all steps, and the loss.
    """
    torch.manual_seed(settings.seed)
    freeze_lower(network.encoder, settings.layers)
    rows = tokens.rows([(left, right) for left, right, _ in pairs])
    right = torch.tensor([float(same) for _, _, same in pairs])
    plan = [*orders(len(pairs), settings)]
    steps = Steps(network, settings, len(plan))
    network.train()
    for number, places in enumerate(plan, start=1):
        scores = network(*tokens.batch([rows[k] for k in places]))["score"]
        loss = functional.binary_cross_entropy_with_logits(scores, right[places])
        steps.take(loss)
        tell(number, len(plan), float(loss.detach()))
    network.eval()
