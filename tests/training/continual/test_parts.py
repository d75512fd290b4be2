"""What the methods against forgetting are made of: rows kept, weights merged and held, routes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.tiny_base import model
from tests.training.fixtures import SPEC, prepared, recipe, started

from guandian.training.continual.merging import TaskVectors, moved, weights_copied
from guandian.training.continual.reservoir import Reservoir, sights
from guandian.training.continual.routing import DomainRouter
from guandian.training.loop import batches_of, train_steps
from guandian.training.losses.consolidation import Consolidation, fisher
from guandian.training.step import TrainState


def test_a_reservoir_keeps_a_share_of_each_domain_and_every_row_alike() -> None:
    times: Counter[int] = Counter()
    for seed in range(600):
        memory = Reservoir[int](0.1, seed=seed)
        memory.pass_by(range(40))
        memory.pass_by(range(40, 60))
        assert len(memory.rows) == 6  # 4 of 40 and 2 of 20
        assert memory.passed == 60
        times.update(memory.rows)
    # 60 draws of each row are expected; four standard deviations are 29.
    assert min(times[row] for row in range(60)) > 31
    assert max(times.values()) < 89


def test_a_bound_holds_over_all_domains_and_small_ones_leave_nothing() -> None:
    memory = Reservoir[int](0.5, most=8, seed=1)
    for first in range(0, 100, 20):
        memory.pass_by(range(first, first + 20))
        assert len(memory.rows) == min(8, first // 2 + 10)
    domains = {row // 20 for row in memory.rows}
    assert len(domains) >= 3  # not the latest alone
    tiny = Reservoir[int](0.05)
    tiny.pass_by(range(19))
    assert tiny.rows == ()
    assert sights(5, 300, 0.25) == 20
    assert sights(500, 300, 0.25) == 1


def test_weights_are_merged_as_is_said() -> None:
    network = model(SPEC)
    first = weights_copied(network)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(1.0)
    second = weights_copied(network)
    half = moved(first, second, 0.5)
    changes = TaskVectors(first)
    changes.add(second)
    changes.add({name: value + 1 for name, value in second.items()})  # 2 from the first
    summed = changes.applied(0.4)
    for name, parameter in network.named_parameters():
        assert torch.allclose(half[name], first[name] + 0.5), name
        assert torch.allclose(summed[name], first[name] + 1.2, atol=1e-6), name
        assert torch.equal(second[name], parameter), name  # copies: nothing was changed in place
    network.load_state_dict(half)


def test_a_router_tells_domains_apart_that_differ_in_a_narrow_direction() -> None:
    rng = np.random.default_rng(1)
    spread = np.array([5.0, 0.2, 1.0])  # most of the variance says nothing of the domain
    draw = {
        shift: rng.normal(size=(200, 3)) * spread + [0.0, shift, 0.0] for shift in (0.0, 1.0, 2.0)
    }
    router = DomainRouter(3)
    with pytest.raises(ValueError, match="no domain"):
        router.route(draw[0.0])
    for vectors in draw.values():
        router.add(vectors[:100])
    for domain, vectors in enumerate(draw.values()):
        assert np.mean(router.route(vectors[100:]) == domain) > 0.9
    alone = DomainRouter(3)
    alone.add(np.zeros((1, 3)))  # one text, no variance at all
    assert alone.route(draw[2.0]).tolist() == [0] * 200


def test_importance_is_the_mean_squared_gradient_of_single_texts(tmp_path: Path) -> None:
    inputs = started(model(SPEC), prepared().examples[:3])
    importance = fisher(recipe(), inputs, 100)
    by_hand: dict[str, torch.Tensor] = {}
    with TrainState(recipe(), inputs, 1, tmp_path) as state:
        inputs.model.eval()
        for example in range(3):
            (batch,) = batches_of(inputs, [[example]])
            inputs.model.zero_grad()
            state.loss.compute(batch)[1].backward()  # type: ignore[no-untyped-call]
            for name, parameter in inputs.model.named_parameters():
                if parameter.grad is not None:
                    square = parameter.grad.square() / 3
                    by_hand[name] = by_hand.get(name, torch.zeros_like(square)) + square
    assert len(by_hand) > 10
    for name, expected in by_hand.items():
        assert torch.allclose(importance[name], expected, rtol=1e-3, atol=1e-8), name


def test_the_penalty_is_that_of_one_parabola_a_domain() -> None:
    network = model(SPEC)
    hold = Consolidation(2.0)
    assert hold(network) is None
    centres, importances = [], []
    for seed in (1, 2):
        torch.manual_seed(seed)
        centres.append(weights_copied(network))
        importances.append({name: torch.rand_like(p) for name, p in network.named_parameters()})
        hold.hold(network, importances[-1])
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.add_(0.1 * torch.randn_like(parameter))

    def gradient(cost: torch.Tensor) -> torch.Tensor:
        network.zero_grad()
        cost.backward()  # type: ignore[no-untyped-call]
        return torch.cat([p.grad.flatten() for p in network.parameters() if p.grad is not None])

    own = hold(network)
    assert own is not None
    separate = sum(
        (importance[name] * (parameter - centre[name]).square()).sum()
        for centre, importance in zip(centres, importances, strict=True)
        for name, parameter in network.named_parameters()
    )
    assert torch.allclose(gradient(own), gradient(separate), rtol=1e-3, atol=1e-5)  # type: ignore[arg-type]


def test_a_penalty_holds_the_weights_of_a_training(tmp_path: Path) -> None:
    """The loop's own step counts it: with a heavy one the weights hardly move."""
    distance = {}
    for weight in (1e-9, 1e4):
        inputs = started(model(SPEC), prepared().examples[:4])
        before = weights_copied(inputs.model)
        hold = Consolidation(weight)
        hold.hold(inputs.model, {n: torch.ones_like(p) for n, p in inputs.model.named_parameters()})
        inputs = inputs._replace(penalty=hold)
        with TrainState(recipe(), inputs, 8, tmp_path) as state:
            terms = [losses for losses, _ in train_steps(state, [[[0, 1, 2, 3]]] * 8)]
        assert "consolidation" in terms[-1]
        distance[weight] = sum(
            float((parameter.detach() - before[name]).square().sum())
            for name, parameter in inputs.model.named_parameters()
        )
    assert distance[1e4] < 0.5 * distance[1e-9]
