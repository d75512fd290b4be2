"""Vectors that bring a question near its own answer and away from those of others."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from guandian.modeling.text_networks import TextVector, freeze_lower
from guandian.training.pairs.text_batches import Padded, PairSettings, Steps, orders


def learn_vectors(
    network: TextVector,
    tokens: Padded,
    pairs: Sequence[tuple[str, str]],
    settings: PairSettings,
    tell: Callable[[int, int, float], None] = lambda *_: None,
) -> None:
    """Train an encoder on pairs; it is changed.

    In-batch negatives both ways (van den Oord et al. 2018, arXiv:1807.03748; Henderson et al.
    2017, arXiv:1705.00652): the mean of the cross-entropies of questions to answers and back over
    the cosines, divided by the temperature. Equal answers in a batch do not count against each
    other.

    Args:
        network: gives vectors.
        tokens: makes ids.
        pairs: question and answer, each with what is written before it; two or more.
        settings: how.
        tell: called with the step, all steps, and the loss.
    """
    torch.manual_seed(settings.seed)
    freeze_lower(network.encoder, settings.layers)
    questions = tokens.rows([question for question, _ in pairs])
    answers = tokens.rows([answer for _, answer in pairs])
    plan = [*orders(len(pairs), settings)]
    steps = Steps(network, settings, len(plan))
    network.train()
    for number, places in enumerate(plan, start=1):
        left = _unit(network, tokens.batch([questions[k] for k in places]))
        right = _unit(network, tokens.batch([answers[k] for k in places]))
        loss = contrastive_loss(
            left, right, _alike([pairs[k] for k in places]), settings.temperature
        )
        steps.take(loss)
        tell(number, len(plan), float(loss.detach()))
    network.eval()


def contrastive_loss(left: Tensor, right: Tensor, alike: Tensor, temperature: float) -> Tensor:
    """The loss of unit vectors [B, H], row by row one pair.

    Args:
        left: of questions.
        right: of answers.
        alike: bool [B, B], True where an answer is as good as the pair's own; the diagonal is not
            looked at.
        temperature: above 0.
    """
    scores = left @ right.T / temperature
    others = alike & ~torch.eye(len(left), dtype=torch.bool)
    scores = scores.masked_fill(others, float("-inf"))
    own = torch.arange(len(left))
    total = functional.cross_entropy(scores, own) + functional.cross_entropy(scores.T, own)
    return total / 2


def _alike(pairs: Sequence[tuple[str, str]]) -> Tensor:
    rows = [
        [question == other or answer == other_answer for other, other_answer in pairs]
        for question, answer in pairs
    ]
    return torch.tensor(rows)


def _unit(network: TextVector, batch: tuple[Tensor, Tensor]) -> Tensor:
    return functional.normalize(network(*batch)["vector"], dim=1)
