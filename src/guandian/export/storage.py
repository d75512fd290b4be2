"""A graph's weights as they lie in the file beside it, in as few bits as they need.

What lies there in 4 or 16 bits is laid out by a few nodes before the graph's own. ONNX Runtime
computes those once, while it loads, so that no review waits for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from guandian.bundle import QuantizedWeights
from guandian.bundle.bundle import WEIGHTS
from guandian.bundle.four_bits import BLOCK
from guandian.bundle.weights import CODES, STEPS, offsets


def place(network: onnx.ModelProto, weights: QuantizedWeights) -> bytes:
    """Write the weights, and tell the graph where they lie.

    Args:
        network: as `quantize` gives it, perhaps rewritten since; it is changed.
        weights: those that `quantize` gave with it.

    Returns:
        The content of the file that must lie beside the graph.
    """
    content = weights.to_bytes()
    # Offsets count from the beginning of the file, its safetensors header included.
    layout = _Layout(weights, offsets(content))
    for constant in network.graph.initializer:
        layout.take(constant)
    nodes = [*layout.nodes, *network.graph.node]
    del network.graph.node[:], network.graph.initializer[:]
    network.graph.node.extend(nodes)
    network.graph.initializer.extend(layout.constants.values())
    return content


class _Layout:
    """The constants of a graph with their places, and the nodes that lay packed ones out."""

    def __init__(self, weights: QuantizedWeights, places: Mapping[str, tuple[int, int]]) -> None:
        self.weights, self.places = weights, places
        self.constants: dict[str, TensorProto] = {}
        self.nodes: list[onnx.NodeProto] = []

    def take(self, constant: TensorProto) -> None:
        """Take a constant over, or what it is laid out from."""
        name = constant.name
        if constant.data_location != TensorProto.EXTERNAL:
            self.constants[name] = constant
        elif name in self.weights.packed:
            self._four_bits(name)
        elif name in self.weights.halves:
            half = self._outside(f"{name}.half", name, constant.dims, TensorProto.FLOAT16)
            self._emit("Cast", [half], name, to=TensorProto.FLOAT)
        else:
            self._outside(name, name, constant.dims, constant.data_type)

    def _four_bits(self, name: str) -> None:
        """Codes [n, k] times steps, each over 32 neighbours of the axis that blocks lie along."""
        codes, steps = self.weights.packed[name]
        axis = 1 if name in self.weights.tables else 0
        apart = [*steps.shape[:axis], steps.shape[axis], BLOCK, *steps.shape[axis + 1 :]]
        stored = self._outside(name + CODES, name + CODES, codes.shape, TensorProto.INT4)
        counted = self._outside(name + STEPS, name + STEPS, steps.shape, TensorProto.UINT4)
        whole = self._emit("Cast", [stored], f"{name}.codes8", to=TensorProto.INT8)
        blocks = self._emit("Reshape", [whole, self._whole(apart)], f"{name}.blocks")
        step = self._emit("Cast", [counted], f"{name}.steps8", to=TensorProto.INT8)
        wide = self._emit("Unsqueeze", [step, self._whole([axis + 1])], f"{name}.wide")
        product = self._emit("Mul", [blocks, wide], f"{name}.product")
        self._emit("Reshape", [product, self._whole(codes.shape)], name)

    def _outside(self, name: str, stored: str, dims: Sequence[int], kind: int) -> str:
        tensor = TensorProto(
            name=name, dims=dims, data_type=kind, data_location=TensorProto.EXTERNAL
        )
        first, length = self.places[stored]
        for key, value in (("location", WEIGHTS), ("offset", first), ("length", length)):
            tensor.external_data.add(key=key, value=str(value))
        self.constants[name] = tensor
        return name

    def _emit(self, kind: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def _whole(self, values: Sequence[int]) -> str:
        """The name of a constant of whole numbers; equal ones are stored once."""
        name = f"whole_{'_'.join(map(str, values))}"
        constant = numpy_helper.from_array(np.asarray(values, np.int64), name)
        self.constants.setdefault(name, constant)
        return name
