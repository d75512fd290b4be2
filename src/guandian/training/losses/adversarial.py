"""Adversarial training: embeddings moved to where the loss grows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import torch
from torch import Tensor

from guandian.modeling.encoders.pretrained import pretrained
from guandian.modeling.model import OpinionModel
from guandian.recipes.sections import Adversary


def adversarial_passes(model: OpinionModel, settings: Adversary | None) -> Iterator[None]:
    """Yield for each pass over a batch: as it is, then with its embeddings moved.

    `fgm` moves each text once along its gradient (Miyato et al. 2017, arXiv:1605.07725), `pgd`
    several times by little, within a ball (Madry et al. 2018, arXiv:1706.06083).

    Args:
        model: computes a loss at each pass, whose gradients the caller adds to its parameters'.
        settings: how far the embeddings move, how often; None = the batch as it is alone.
    """
    if settings is None:
        yield
        return
    embeddings = pretrained(model.encoder).get_input_embeddings()
    move: Tensor | None = None

    def moved(_: object, __: object, answer: Tensor) -> Tensor:
        nonlocal move
        if move is None:
            # A move of 0 in the first pass collects its gradient there, without a pass of its own.
            move = torch.zeros_like(answer, requires_grad=True)
        return answer + move

    once = settings.kind == "fgm"
    tries, stride = (1, settings.size) if once else (settings.steps, settings.stride)
    hook = embeddings.register_forward_hook(moved)
    try:
        yield
        for k in range(tries):
            if move is None or move.grad is None:  # the batch has labels for no head
                return
            stepped = move.detach() + stride * move.grad / _length(move.grad)
            # Back into the ball of `size` around the embeddings as they are.
            move = stepped * (settings.size / _length(stepped)).clamp(max=1.0)
            move.requires_grad_(True)
            # The last pass alone adds to the gradients of the batch as it is.
            with nullcontext() if k == tries - 1 else _kept_gradients(model):
                yield
    finally:
        hook.remove()


def differentiate(loss: Tensor) -> None:
    """Add a loss's gradients; one that no parameter had a part in has none."""
    if loss.requires_grad:
        loss.backward()  # type: ignore[no-untyped-call]


@contextmanager
def _kept_gradients(model: torch.nn.Module) -> Iterator[None]:
    """Restore the parameters' gradients at the end to what they were at the beginning."""
    learning = [parameter for parameter in model.parameters() if parameter.requires_grad]
    before = [parameter.grad for parameter in learning]
    for parameter in learning:
        parameter.grad = None
    yield
    for parameter, gradient in zip(learning, before, strict=True):
        parameter.grad = gradient


def _length(move: Tensor) -> Tensor:
    """The length of each text's move, [B, 1, 1]."""
    lengths: Tensor = torch.linalg.vector_norm(move, dim=(1, 2), keepdim=True)
    # A text without any loss has a gradient of 0, which no length may divide.
    return lengths.clamp(min=1e-12)
