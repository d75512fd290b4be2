"""What a model loses by answering unlike another, or several, with the same heads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from guandian.modeling.heads.head_losses import (
    binary_divergence,
    class_divergence,
    inner_tokens,
)
from guandian.modeling.heads.label_heads import HEADS
from guandian.tasks.task import Task


class Panel(nn.Module):
    """Teachers that answer as one, by the mean of their logits.

    Imitating the mean of several models is the distillation of an ensemble (Hinton et al. 2015,
    arXiv:1503.02531, section 3).

    Args:
        models: at least one; of any size, with the same tokens and label spaces.
        markers: for each of them, what it reads for the markers of the learner's customs that are
            others to it: its own marker of that custom, or [CLS] where it does not know that one.
    """

    def __init__(
        self, models: Sequence[nn.Module], markers: Sequence[Mapping[int, int]] = ()
    ) -> None:
        super().__init__()
        self.models = nn.ModuleList(models)
        self.markers = tuple(markers) or ({},) * len(models)

    def forward(self, input_ids: Tensor, attention_mask: Tensor | None = None) -> dict[str, Tensor]:
        """Token ids [B, N] and mask [B, N] (None = no padding) to the arrays of `HeadSpec`."""
        answered = [
            model(_marked(input_ids, own), attention_mask)
            for model, own in zip(self.models, self.markers, strict=True)
        ]
        return {
            name: torch.stack([arrays[name].float() for arrays in answered]).mean(0)
            for name in answered[0]
        }


def _marked(ids: Tensor, markers: Mapping[int, int]) -> Tensor:
    """Token ids [B, N] with other first tokens."""
    if not markers:
        return ids
    ids = ids.clone()
    ids[:, 0] = torch.tensor([markers.get(first, first) for first in ids[:, 0].tolist()]).to(ids)
    return ids


def imitation(
    outputs: dict[str, Tensor],
    taught: dict[str, Tensor],
    mask: Tensor,
    tasks: Sequence[Task] = (),
) -> Tensor:
    """How far answers are from a teacher's (Hinton et al. 2015, arXiv:1503.02531).

    Grids by the divergence from the teacher's probabilities, summed over the other token of each
    pair; clauses by the divergence; tags by that of each token's distribution; categories and
    polarities by the squared difference of logits, because readings add them: all as means over
    tokens. Sentiment and single labels by the divergence of the distributions, other labels by that
    of each yes or no, numbers by the squared difference: as means over texts.

    Args:
        outputs: the learner's arrays of B texts, as `HeadSpec` says.
        taught: the teacher's, of the same texts and label spaces.
        mask: int64 [B, N], 1 = token, [CLS] and [SEP] included.
        tasks: those of the declared labels.

    Returns:
        A scalar, 0 where all answers are the teacher's.
    """
    tokens, inner = mask.bool(), inner_tokens(mask)
    upper = torch.ones_like(outputs["spans"][0, 0]).triu().bool()
    ends = inner.clone()
    ends[:, 0] = True
    allowed = {
        "spans": inner[:, :, None] & inner[:, None, :] & upper,
        "pairs": ends[:, :, None] & ends[:, None, :],
    }
    apart = binary_divergence(outputs["implicit"], taught["implicit"]) * inner
    for name, places in allowed.items():
        each = binary_divergence(outputs[name], taught[name]) * places.unsqueeze(1)
        apart = apart + each.sum((1, 3))
    for name in ("category", "polarity"):
        apart = apart + (outputs[name] - taught[name]).square().mean((2, 3)) * tokens
    if "tags" in outputs:
        each = functional.kl_div(
            outputs["tags"].log_softmax(-1),
            taught["tags"].log_softmax(-1),
            reduction="none",
            log_target=True,
        )
        apart = apart + each.sum(-1) * inner
    whole = class_divergence(outputs["sentiment"], taught["sentiment"])
    for task in tasks:
        name, unlike = task.head.output, HEADS[task.head.kind].unlike
        whole = whole + unlike(outputs[name], taught[name])
    return apart.sum() / tokens.sum() + whole
