"""What a smaller model loses by answering unlike a bigger one with the same heads."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from guandian.modeling.losses import inner_tokens


def imitation(outputs: dict[str, Tensor], taught: dict[str, Tensor], mask: Tensor) -> Tensor:
    """How far answers are from a teacher's (Hinton et al. 2015, arXiv:1503.02531).

    Grids by the divergence from the teacher's probabilities, summed over the pairs of tokens;
    clauses likewise, over tokens; categories and polarities by the squared difference of logits,
    because readings add them; sentiment by the divergence of the distributions.

    Args:
        outputs: the learner's arrays of B texts, as `HeadSpec` says.
        taught: the teacher's, of the same texts and label spaces.
        mask: int64 [B, N], 1 = token, [CLS] and [SEP] included.

    Returns:
        A scalar, the mean over the texts; 0 where all answers are the teacher's.
    """
    tokens = mask.bool()
    inner = inner_tokens(mask)
    upper = torch.ones_like(outputs["spans"][0, 0]).triu().bool()
    ends = inner.clone()
    ends[:, 0] = True
    total = _sum_of_grids(
        outputs["spans"], taught["spans"], inner[:, :, None] & inner[:, None, :] & upper
    )
    total += _sum_of_grids(outputs["pairs"], taught["pairs"], ends[:, :, None] & ends[:, None, :])
    total += (
        (_divergence(outputs["implicit"], taught["implicit"]) * inner).sum()
        / inner.sum()
        * len(mask)
    )
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
    """The divergences of the grids [B, T, N, N] over the allowed [B, N, N]."""
    return (_divergence(logits, taught) * allowed.unsqueeze(1)).sum()


def _divergence(logits: Tensor, taught: Tensor) -> Tensor:
    """Of each yes or no from the teacher's, same shape."""
    wanted = taught.sigmoid()
    crossed = functional.binary_cross_entropy_with_logits(logits, wanted, reduction="none")
    return crossed - functional.binary_cross_entropy_with_logits(taught, wanted, reduction="none")
