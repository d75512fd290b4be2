from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from guandian.modeling.heads.head_losses import (
    Shape,
    Targets,
    classes,
    contrast,
    losses,
    multilabel,
    one_hot,
    read_pairs,
)

GENERATOR = torch.Generator().manual_seed(3)


def test_multilabel_is_the_plain_formula() -> None:
    logits = torch.randn(4, 3, 11, generator=GENERATOR) * 4
    gold = torch.rand(4, 3, 11, generator=GENERATOR) > 0.7
    allowed = torch.rand(4, 3, 11, generator=GENERATOR) > 0.3
    found = multilabel(logits, gold, allowed)
    for row in np.ndindex(4, 3):
        low = [
            float(x)
            for x, g, a in zip(logits[row], gold[row], allowed[row], strict=True)
            if a and not g
        ]
        high = [
            float(x)
            for x, g, a in zip(logits[row], gold[row], allowed[row], strict=True)
            if a and g
        ]
        plain = math.log(1 + sum(math.exp(x) for x in low))
        plain += math.log(1 + sum(math.exp(-x) for x in high))
        assert float(found[row]) == pytest.approx(plain, rel=1e-5, abs=1e-5)


def test_multilabel_falls_to_nothing_when_right_and_ignores_what_is_not_allowed() -> None:
    gold = torch.tensor([[True, False, True]])
    right = torch.tensor([[30.0, -30.0, 30.0]])
    everything = torch.ones_like(gold)
    assert float(multilabel(right, gold, everything)) < 1e-6
    assert float(multilabel(-right, gold, everything)) > 50
    wild = torch.tensor([[30.0, -30.0, -1e6]])
    assert float(multilabel(wild, gold, torch.tensor([[True, True, False]]))) < 1e-6


def test_read_is_the_mean_over_both_parts_added() -> None:
    logits = torch.randn(3, 9, 2, 5, generator=GENERATOR)
    readings = [(0, 1, 3, 4, 4), (2, 0, 0, 5, 7), (1, 2, 2, 0, 0), (0, 0, 0, 1, 7)]
    found = read_pairs(logits, torch.tensor(readings))
    for row, (b, a0, a1, e0, e1) in zip(found, readings, strict=True):
        plain = torch.zeros(5)
        for role, (first, last) in enumerate(((a0, a1), (e0, e1))):
            tokens = range(first, last + 1)
            plain += sum(logits[b, t, role] for t in tokens) / len(tokens)  # type: ignore[arg-type]
        torch.testing.assert_close(row, plain, atol=1e-5, rtol=1e-5)


def outputs(batch: int, length: int, categories: int = 4) -> dict[str, torch.Tensor]:
    return {
        "spans": torch.randn(batch, 2, length, length, generator=GENERATOR),
        "pairs": torch.randn(batch, 2, length, length, generator=GENERATOR),
        "category": torch.randn(batch, length, 2, categories, generator=GENERATOR),
        "polarity": torch.randn(batch, length, 2, 3, generator=GENERATOR),
        "implicit": torch.randn(batch, length, generator=GENERATOR),
        "sentiment": torch.randn(batch, 3, generator=GENERATOR),
    }


def targets(batch: int, length: int, categories: int = 4) -> Targets:
    """Nothing annotated."""
    return Targets(
        spans=torch.zeros(batch, 2, length, length, dtype=torch.bool),
        span_known=torch.zeros(batch, 2, dtype=torch.bool),
        pairs=torch.zeros(batch, 2, length, length, dtype=torch.bool),
        pair_known=torch.zeros(batch, dtype=torch.bool),
        readings=torch.zeros(0, 5, dtype=torch.int64),
        category=torch.zeros(0, categories),
        polarity=torch.zeros(0, dtype=torch.int64),
        implicit=torch.full((batch,), float("nan")),
        sentiment=torch.full((batch,), -1),
    )


def test_what_no_text_was_annotated_for_has_no_loss() -> None:
    assert losses(outputs(2, 6), targets(2, 6), torch.ones(2, 6, dtype=torch.int64)) == {}


def test_a_text_trains_only_the_heads_that_it_was_annotated_for() -> None:
    mask = torch.ones(2, 6, dtype=torch.int64)
    wanted = targets(2, 6)
    wanted.span_known[0, 1] = True
    wanted.sentiment[1] = 2
    asked = {name: value.requires_grad_() for name, value in outputs(2, 6).items()}
    found = losses(asked, wanted, mask)
    assert set(found) == {"spans", "sentiment"}
    sum(found.values()).backward()  # type: ignore[union-attr]
    grid, summary = asked["spans"].grad, asked["sentiment"].grad
    assert grid is not None
    assert summary is not None
    assert grid[0, 1].abs().sum() > 0
    assert grid[0, 0].abs().sum() == grid[1].abs().sum() == 0
    assert summary[0].abs().sum() == 0 < summary[1].abs().sum()
    # Neither special tokens nor spans that run backwards are asked about.
    inner = grid[0, 1].abs() > 0
    assert not inner[0].any()
    assert not inner[-1].any()
    assert not inner[:, -1].any()
    assert not inner.tril(-1).any()


def test_a_set_without_categories_does_not_train_them() -> None:
    wanted = targets(1, 6)
    wanted = Targets(
        **{
            **{name: getattr(wanted, name) for name in Targets.__slots__},
            "readings": torch.tensor([[0, 1, 1, 2, 3], [0, 0, 0, 4, 4]]),
            "category": torch.tensor([[0.0, 0, 0, 0], [0, 0.5, 0.5, 0]]),
            "polarity": torch.tensor([2, 0]),
        }
    )
    asked = {name: value.requires_grad_() for name, value in outputs(1, 6).items()}
    found = losses(asked, wanted, torch.ones(1, 6, dtype=torch.int64))
    assert set(found) == {"polarity", "category"}
    found["category"].backward()
    grad = asked["category"].grad
    assert grad is not None
    assert grad[0, 1:4].abs().sum() == 0
    assert grad[0, 4, 1].abs().sum() > 0


def test_padding_changes_no_loss() -> None:
    length, padded = 7, 12
    wanted, longer = targets(1, length), targets(1, padded)
    asked, wide = outputs(1, length), outputs(1, padded)
    for each, size in ((wanted, length), (longer, padded)):
        assert each.spans.shape[-1] == size
        each.spans[0, 0, 2, 4] = each.pairs[0, 0, 2, 5] = each.pairs[0, 1, 0, 3] = True
        each.span_known[:] = each.pair_known[:] = True
        each.implicit[0] = 1.0
    for name in ("spans", "pairs"):
        wide[name][..., :length, :length] = asked[name]
    wide["implicit"][:, :length] = asked["implicit"]
    mask = torch.zeros(1, padded, dtype=torch.int64)
    mask[:, :length] = 1
    plain = losses(asked, wanted, torch.ones(1, length, dtype=torch.int64))
    found = losses(wide, longer, mask)
    assert set(plain) == set(found) == {"spans", "pairs", "implicit"}
    for name, value in plain.items():
        torch.testing.assert_close(found[name], value)


def test_shaped_classes_are_torchs_own_where_torch_has_them() -> None:
    torch.manual_seed(0)
    logits, gold = torch.randn(6, 4), torch.tensor([0, 3, 1, 1, 2, 0])
    exact = one_hot(gold, logits)
    cross = torch.nn.functional.cross_entropy
    torch.testing.assert_close(classes(logits, exact), cross(logits, gold))
    smooth = classes(logits, exact, Shape(label_smoothing=0.2))
    torch.testing.assert_close(smooth, cross(logits, gold, label_smoothing=0.2))
    heavy = torch.tensor([1.0, 2.0, 0.5, 3.0])
    weighed = classes(logits, exact, Shape(weights={"polarity": heavy}), "polarity")
    torch.testing.assert_close(weighed, cross(logits, gold, weight=heavy))
    torch.testing.assert_close(
        classes(logits, exact, Shape(weights={"x": heavy})), cross(logits, gold)
    )


def test_focus_is_on_what_is_not_sure() -> None:
    sure, unsure = torch.tensor([[6.0, 0.0]]), torch.tensor([[0.2, 0.0]])
    gold = torch.tensor([[1.0, 0.0]])
    kept = [
        float(classes(logits, gold, Shape(focal=2.0)) / classes(logits, gold))
        for logits in (sure, unsure)
    ]
    assert kept[0] < 1e-4
    assert kept[1] > 0.1


def test_states_of_one_class_are_drawn_together() -> None:
    states = torch.tensor([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0]], requires_grad=True)
    near, far = (contrast(states, torch.tensor(of), 0.5) for of in ([0, 0, 1], [0, 1, 0]))
    assert near is not None
    assert far is not None
    assert near < far
    assert contrast(states, torch.tensor([0, 1, 2]), 0.5) is None
    (gradient,) = torch.autograd.grad(far, states)
    assert gradient.abs().sum() > 0
