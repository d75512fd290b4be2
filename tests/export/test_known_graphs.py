"""A second model of a structure gives its weights to the graph of the first."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from guandian.export import known_graphs
from guandian.export.onnx_graph import trace
from guandian.modeling.model import OpinionModel

from .tiny import some_ids, tiny_model


@pytest.fixture
def translations(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The models that torch translates from here on, while no graph is known."""
    models: list[object] = []

    def counted(model: OpinionModel, *more: object, **named: object) -> object:
        models.append(model)
        return trace(model, *more, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(known_graphs, "trace", counted)
    monkeypatch.setattr(known_graphs, "_KNOWN", type(known_graphs._KNOWN)())
    return models


@pytest.mark.slow
def test_a_filled_graph_is_the_one_that_torch_gives(translations: list[object]) -> None:
    ids = torch.from_numpy(some_ids(2, 9))
    one, two = tiny_model(1.0), tiny_model(0.9)
    names = list(one(ids))
    known_graphs.graph_of(one, ids, names, fused=True)
    filled = known_graphs.graph_of(two, ids, names, fused=True)
    assert translations == [one]
    assert filled.SerializeToString() == trace(two, ids, names).SerializeToString()


@pytest.mark.parametrize("alike", [0.0, 1.0, None])
def test_weights_that_cannot_be_told_apart_are_not_known_by_their_content(
    alike: float | None,
) -> None:
    state = {name: value.numpy() for name, value in tiny_model().state_dict().items()}
    assert known_graphs._tell_apart(state.values())
    one, two = [name for name, value in state.items() if value.shape == (64,)][:2]
    state[one] = state[two] if alike is None else np.full(64, alike, np.float32)
    assert not known_graphs._tell_apart(state.values())


def test_another_structure_has_another_key() -> None:
    model = tiny_model()
    state = {name: value.numpy() for name, value in model.state_dict().items()}
    key = known_graphs._structure(model, state, ["a"], fused=True)
    assert key == known_graphs._structure(tiny_model(0.5), state, ["a"], fused=True)
    assert key != known_graphs._structure(model, state, ["a"], fused=False)
    assert key != known_graphs._structure(model, state, ["a", "b"], fused=True)
    config: Any = model.encoder.config
    config.num_attention_heads = 8
    assert key != known_graphs._structure(model, state, ["a"], fused=True)
