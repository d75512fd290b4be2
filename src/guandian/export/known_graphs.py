"""Graphs that were translated before: a model of the same structure only gives its weights."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from torch import Tensor

from guandian.export.onnx_graph import trace
from guandian.export.quantize import weight_names
from guandian.modeling.model import OpinionModel

_MOST = 8


@dataclass(frozen=True)
class _Graph:
    """A translated network without its weights, and which weight each initialiser holds."""

    network: onnx.ModelProto
    names: Mapping[str, tuple[str, bool]]

    def holding(self, state: Mapping[str, NDArray[Any]]) -> onnx.ModelProto:
        """The network with the weights of another model."""
        network = onnx.ModelProto()
        network.CopyFrom(self.network)
        for initializer in network.graph.initializer:
            if initializer.name in self.names:
                name, transposed = self.names[initializer.name]
                array = state[name].T if transposed else state[name]
                initializer.raw_data = array.tobytes()
        return network


_KNOWN: OrderedDict[str, _Graph] = OrderedDict()


def graph_of(
    model: OpinionModel, example: Tensor, outputs: Sequence[str], *, fused: bool
) -> onnx.ModelProto:
    """Translate as `trace` does, which takes seconds, or fill in a graph that is known.

    Raises:
        GuandianError: when torch cannot translate the model.
    """
    state = {name: tensor.detach().cpu().numpy() for name, tensor in model.state_dict().items()}
    key = _structure(model, state, outputs, fused=fused)
    if (known := _KNOWN.get(key)) is not None:
        _KNOWN.move_to_end(key)
        return known.holding(state)
    network = trace(model, example, outputs, fused=fused)
    # Weights are known by their content: one that looks like another, or like a constant, is not.
    if _tell_apart(state.values()):
        _KNOWN[key] = _without_weights(network, state)
        if len(_KNOWN) > _MOST:
            _KNOWN.popitem(last=False)
    return network


def _structure(
    model: OpinionModel, state: Mapping[str, NDArray[Any]], outputs: Sequence[str], *, fused: bool
) -> str:
    """All that the graph depends on but the weights."""
    shapes = [(name, array.shape, array.dtype.str) for name, array in state.items()]
    config = json.dumps(model.config(), sort_keys=True, default=str)
    return repr((model, config, model.pattern, shapes, tuple(outputs), fused))


def _tell_apart(arrays: Iterable[NDArray[Any]]) -> bool:
    """Whether no array is of zeros or ones alone, and no two are equal as they stand or turned."""
    seen = set[tuple[tuple[int, ...], bytes]]()
    for array in arrays:
        if np.isin(array, (0, 1)).all():
            return False
        forms = {(form.shape, sha256(form.tobytes()).digest()) for form in (array, array.T)}
        if forms & seen:
            return False
        seen |= forms
    return True


def _without_weights(network: onnx.ModelProto, state: Mapping[str, NDArray[Any]]) -> _Graph:
    bare = onnx.ModelProto()
    bare.CopyFrom(network)
    names = {
        initializer: weight
        for initializer, weight in weight_names(bare.graph.initializer, state).items()
        if weight[0] in state
    }
    for initializer in bare.graph.initializer:
        if initializer.name in names:
            initializer.ClearField("raw_data")
    return _Graph(bare, names)
