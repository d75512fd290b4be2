"""What a smaller model loses by answering unlike a bigger one with the same heads."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from guandian.modeling.losses import inner_tokens


def imitation(outputs: dict[str, Tensor], taught: dict[str, Tensor], mask: Tensor) -> Tensor:
    """How far answers are from a teacher's (Hinton et al. 2015, arXiv:1503.02531).

    Grids and clauses by cross entropy with the teacher's probabilities, summed over the tokens of
    a text; categories and polarities by the squared difference of logits, for readings add them
    over roles; sentiment by the divergence of the distributions.

    Args:
        outputs: the learner's arrays of B texts, as `HeadSpec` says.
        taught: the teacher's, of the same texts and label spaces.
        mask: int64 [B, N], 1 = token, [CLS] and [SEP] included.

    Returns:
        A scalar, the mean over the texts.
    """
    tokens = mask.clone().bool()
    inner = inner_tokens(mask)
    upper = torch.ones_like(outputs["spans"][0, 0]).triu()
    ends = inner.clone()
    ends[:, 0] = True
    total = _sum_of_grids(
        outputs["spans"], taught["spans"], inner[:, :, None] & inner[:, None, :] & upper.bool()
    )
    total += _sum_of_grids(outputs["pairs"], taught["pairs"], ends[:, :, None] & ends[:, None, :])
    apart = functional.binary_cross_entropy_with_logits(
        outputs["implicit"], taught["implicit"].sigmoid(), reduction="none"
    )
    total += (apart * inner).sum() / inner.sum() * len(mask)
    for name in ("category", "polarity"):
        squared = (outputs[name] - taught[name]).square().mean((2, 3))
        total += (squared * tokens).sum() / tokens.sum() * len(mask)
    total += functional.kl_div(
        outputs["sentiment"].log_softmax(-1),
        taught["sentiment"].log_softmax(-1),
        reduction="sum",
        log_target=True,
    )
    return total / len(mask)


def _sum_of_grids(logits: Tensor, taught: Tensor, allowed: Tensor) -> Tensor:
    """Over the allowed [B, N, N] of the grids [B, T, N, N]."""
    apart = functional.binary_cross_entropy_with_logits(logits, taught.sigmoid(), reduction="none")
    return (apart * allowed.unsqueeze(1)).sum()
