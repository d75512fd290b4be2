from __future__ import annotations

import pytest
import torch
from torch import nn

from guandian.modeling.encoders.dropout import QuickDropout, quicken


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("share", [0.1, 0.5])
def test_a_share_is_dropped_and_the_rest_made_up_for(kind: torch.dtype, share: float) -> None:
    torch.manual_seed(1)
    layer, values = QuickDropout(share), torch.ones(7, 301, 53, dtype=kind, requires_grad=True)
    told = layer(values)
    assert told.dtype == kind
    assert float((told == 0).float().mean()) == pytest.approx(share, abs=0.01)
    assert float(told.detach().float().mean()) == pytest.approx(1, abs=0.01)
    told.sum().backward()
    assert values.grad is not None
    assert torch.equal(values.grad == 0, told == 0)


def test_masks_follow_from_the_seed_and_differ_from_call_to_call() -> None:
    layer, values = QuickDropout(0.3), torch.ones(5, 33)
    torch.manual_seed(1)
    first, second = layer(values), layer(values)
    torch.manual_seed(1)
    assert torch.equal(layer(values), first)
    assert not torch.equal(first, second)


def test_nothing_is_dropped_when_evaluating_or_without_a_share() -> None:
    values = torch.rand(3, 5)
    assert torch.equal(QuickDropout(0.3).eval()(values), values)
    assert torch.equal(QuickDropout(0.0)(values), values)
    assert not QuickDropout(1.0)(values).any()


def test_a_models_dropouts_are_replaced_as_they_are() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.ModuleDict({"inner": nn.Dropout(0.2)})).eval()
    quicken(model)
    (found,) = (module for module in model.modules() if isinstance(module, nn.Dropout))
    assert isinstance(found, QuickDropout)
    assert (found.p, found.training) == (0.2, False)
