"""Distillation: the loss of a model against another, or several, with the same heads."""

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


class TeacherEnsemble(nn.Module):
    """Several teachers as one model, by the mean of their logits.

    Training against the mean of several models is the distillation of an ensemble (Hinton et al.
    2015, arXiv:1503.02531, section 3).

    Args:
        models: at least one; of any size, with the same tokens and label spaces.
        markers: for each of them, what it reads for the student model's markers of customs that
            are others to it: its own marker of that custom, or [CLS] where it has none.
    """

    def __init__(
        self, models: Sequence[nn.Module], markers: Sequence[Mapping[int, int]] = ()
    ) -> None:
        super().__init__()
        self.models = nn.ModuleList(models)
        self.markers = tuple(markers) or ({},) * len(models)

    def forward(self, input_ids: Tensor, attention_mask: Tensor | None = None) -> dict[str, Tensor]:
        """Token ids [B, N] and mask [B, N] (None = no padding) to the arrays of `HeadSpec`."""
        outputs = [
            model(_marked(input_ids, own), attention_mask)
            for model, own in zip(self.models, self.markers, strict=True)
        ]
        return {
            name: torch.stack([arrays[name].float() for arrays in outputs]).mean(0)
            for name in outputs[0]
        }


def _marked(ids: Tensor, markers: Mapping[int, int]) -> Tensor:
    """Token ids [B, N] with other first tokens."""
    if not markers:
        return ids
    ids = ids.clone()
    ids[:, 0] = torch.tensor([markers.get(first, first) for first in ids[:, 0].tolist()]).to(ids)
    return ids


def distillation_loss(
    outputs: dict[str, Tensor],
    teacher_outputs: dict[str, Tensor],
    mask: Tensor,
    tasks: Sequence[Task] = (),
) -> Tensor:
    """The distance of outputs from a teacher's (Hinton et al. 2015, arXiv:1503.02531).

    Grids by the divergence from the teacher's probabilities, summed over the other token of each
    pair; clauses by the divergence; tags by that of each token's distribution; categories and
    polarities by the squared difference of logits, because readings add them: all as means over
    tokens. Sentiment and single labels by the divergence of the distributions, other labels by that
    of each yes or no, numbers by the squared difference: as means over texts.

    Args:
        outputs: the student model's arrays of B texts, as `HeadSpec` says.
        teacher_outputs: the teacher's, of the same texts and label spaces.
        mask: int64 [B, N], 1 = token, [CLS] and [SEP] included.
        tasks: those of the declared labels.

    Returns:
        A scalar, 0 where all outputs are the teacher's.
    """
    tokens, inner = mask.bool(), inner_tokens(mask)
    upper = torch.ones_like(outputs["spans"][0, 0]).triu().bool()
    ends = inner.clone()
    ends[:, 0] = True
    allowed = {
        "spans": inner[:, :, None] & inner[:, None, :] & upper,
        "pairs": ends[:, :, None] & ends[:, None, :],
    }
    apart = binary_divergence(outputs["implicit"], teacher_outputs["implicit"]) * inner
    for name, places in allowed.items():
        divergence = binary_divergence(outputs[name], teacher_outputs[name])
        apart = apart + (divergence * places.unsqueeze(1)).sum((1, 3))
    for name in ("category", "polarity"):
        apart = apart + (outputs[name] - teacher_outputs[name]).square().mean((2, 3)) * tokens
    if "tags" in outputs:
        divergence = functional.kl_div(
            outputs["tags"].log_softmax(-1),
            teacher_outputs["tags"].log_softmax(-1),
            reduction="none",
            log_target=True,
        )
        apart = apart + divergence.sum(-1) * inner
    whole = class_divergence(outputs["sentiment"], teacher_outputs["sentiment"])
    for task in tasks:
        name, distance = task.head.output, HEADS[task.head.kind].distance
        whole = whole + distance(outputs[name], teacher_outputs[name])
    return apart.sum() / tokens.sum() + whole
