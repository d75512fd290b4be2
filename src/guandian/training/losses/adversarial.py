"""Texts made harder: embeddings moved to where the loss grows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

import torch
from torch import Tensor

from guandian.modeling.encoders.pretrained import pretrained
from guandian.modeling.model import OpinionModel
from guandian.recipes.sections import Adversary


def learn_hardened(model: OpinionModel, settings: Adversary, loss: Callable[[], Tensor]) -> None:
    """Gather gradients of a batch as it is and of the same with its embeddings moved.

    `fgm` moves each text once along its gradient (Miyato et al. 2017, arXiv:1605.07725), `pgd`
    several times by little, within a ball (Madry et al. 2018, arXiv:1706.06083).

    Args:
        model: gradients are added to its parameters'.
        settings: how far, how often.
        loss: computes the batch's loss.
    """
    embeddings = pretrained(model.encoder).get_input_embeddings()
    move: Tensor | None = None

    def moved(_: object, __: object, answer: Tensor) -> Tensor:
        nonlocal move
        if move is None:
            move = torch.zeros_like(answer, requires_grad=True)
        return answer + move

    once = settings.kind == "fgm"
    tries, stride = (1, settings.size) if once else (settings.steps, settings.stride)
    hook = embeddings.register_forward_hook(moved)
    try:
        differentiate(loss())
        for k in range(tries):
            if move is None or move.grad is None:  # the batch tells no head anything
                return
            stepped = move.detach() + stride * move.grad / _length(move.grad)
            move = stepped * (settings.size / _length(stepped)).clamp(max=1.0)
            move.requires_grad_(True)
            with nullcontext() if k == tries - 1 else _kept_gradients(model):
                differentiate(loss())
    finally:
        hook.remove()


def differentiate(loss: Tensor) -> None:
    """Add a loss's gradients; one that no parameter had a part in has none."""
    if loss.requires_grad:
        loss.backward()  # type: ignore[no-untyped-call]


@contextmanager
def _kept_gradients(model: torch.nn.Module) -> Iterator[None]:
    """What is computed inside leaves the parameters' gradients as they were."""
    learning = [parameter for parameter in model.parameters() if parameter.requires_grad]
    before = [parameter.grad for parameter in learning]
    for parameter in learning:
        parameter.grad = None
    yield
    for parameter, gradient in zip(learning, before, strict=True):
        parameter.grad = gradient


def _length(move: Tensor) -> Tensor:
    """Of each text's, [B, 1, 1]."""
    lengths: Tensor = torch.linalg.vector_norm(move, dim=(1, 2), keepdim=True)
    return lengths.clamp(min=1e-12)
