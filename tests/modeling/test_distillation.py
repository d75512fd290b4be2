from __future__ import annotations

import pytest
import torch
from torch import Tensor

from guandian.modeling.heads.distillation import distillation_loss

MASK = torch.tensor([[1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 0, 0]])
NAMES = ("spans", "pairs", "category", "polarity", "implicit", "sentiment")


def outputs(seed: int) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    shapes = ((2, 5, 6, 6), (2, 2, 6, 6), (2, 6, 2, 4), (2, 6, 2, 3), (2, 6), (2, 3))
    return {
        name: torch.randn(shape, generator=generator).requires_grad_()
        for name, shape in zip(NAMES, shapes, strict=True)
    }


def test_the_teacher_s_own_answers_cannot_be_better() -> None:
    taught = {name: value.detach() for name, value in outputs(1).items()}
    same, other = outputs(1), outputs(2)
    found = distillation_loss(same, taught, MASK)
    assert found.item() == pytest.approx(0, abs=1e-4)
    found.backward()  # type: ignore[no-untyped-call]
    for name, value in same.items():
        assert value.grad is not None
        assert float(value.grad.abs().max()) < 1e-6, name
    assert distillation_loss(other, taught, MASK).item() > 1


@pytest.mark.parametrize("name", NAMES)
def test_every_head_is_taught_and_padding_is_not(name: str) -> None:
    taught = {key: value.detach() for key, value in outputs(1).items()}
    learner = outputs(2)
    distillation_loss(learner, taught, MASK).backward()  # type: ignore[no-untyped-call]
    gradient = learner[name].grad
    assert gradient is not None
    assert float(gradient[0].abs().sum()) > 0
    if name in {"spans", "pairs"}:
        assert float(gradient[1, :, 4:].abs().sum() + gradient[1, :, :, 4:].abs().sum()) == 0
        assert float(gradient[:, :, 2, 1].abs().sum() > 0) == (name == "pairs")
    elif name != "sentiment":
        assert float(gradient[1, 4:].abs().sum()) == 0
