"""A whole-number graph that reads its values fewer times and computes the same bits.

- A row is divided by its scale and rounded in one pass, not two (`QuantizeLinear` by rows).
- The scale of a row is the greatest of three numbers, not of two and two.
- Attention takes and gives what its neighbours have, without being reshaped to heads and back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

_DIVIDED, _PRODUCT, _ATTENTION = "Div", "MatMulIntegerToFloat", "MultiHeadAttention"
_TENSOR_RANK = 3


def fewer_passes(network: onnx.ModelProto) -> onnx.ModelProto:
    """Rewrite a graph as `quantize` gives it; what looks otherwise stays as it is.

    Args:
        network: it is changed.

    Returns:
        The same network.
    """
    graph = _Graph(network.graph)
    graph.plain_attention()
    graph.one_greatest()
    graph.rows_in_one_pass()
    graph.finish()
    return network


class _Graph:
    """The nodes of a graph by what they make, while some are replaced."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        self.graph = graph
        self.nodes = list(graph.node)
        self.constants = {constant.name: constant for constant in graph.initializer}
        self.outputs = {output.name for output in graph.output}
        self._index()

    def plain_attention(self) -> None:
        """Give attention its inputs [B, N, H] as they are, and take its output so."""
        for node in self._of(_ATTENTION):
            for number, value in enumerate(node.input):
                node.input[number] = self._before_reshapes(value)
            values = [node.output[0]]
            after = self._only_user(values[-1], ("Reshape", "Identity"))
            while after is not None:
                values.append(after.output[0])
                after = self._only_user(values[-1], ("Reshape", "Identity"))
            width = self._width(node.input[0])
            if len(values) > 1 and width and self._is_flat(values[-1], width):
                self._replace(values[-1], node.output[0])
        self._index()

    def one_greatest(self) -> None:
        """Max(Max(high, -low) * step, least) as Max(high * step, low * -step, least)."""
        for node in self._of("Max"):
            scaled = self._maker(node.input[0], "Mul")
            greatest = scaled and self._maker(scaled.input[0], "Max")
            low = greatest and self._maker(greatest.input[1], "Neg")
            if scaled is None or greatest is None or low is None:
                continue
            step = self._constant(scaled.input[1])
            if step is None or step.ndim:
                continue
            name = node.output[0]
            high_end, low_end = f"{name}_high", f"{name}_low"
            down = self._add(f"{scaled.input[1]}_down", -step)
            self._insert(
                node,
                helper.make_node("Mul", [greatest.input[0], scaled.input[1]], [high_end]),
                helper.make_node("Mul", [low.input[0], down], [low_end]),
            )
            node.input[0] = high_end
            node.input.insert(1, low_end)
        self._index()

    def rows_in_one_pass(self) -> None:
        """Round the rows [..., K] of a value by their scales in one operator."""
        ids = self.graph.input[0].name
        for node in self._of("QuantizeLinear"):
            division = self._maker(node.input[0], _DIVIDED)
            unit = self._constant(node.input[1])
            products = [user for user in self._users(node.output[0]) if user.op_type == _PRODUCT]
            if division is None or unit is None or unit.shape or unit != 1 or not products:
                continue
            weight = self.constants.get(products[0].input[1])
            if weight is None or len(node.input) != _TENSOR_RANK:
                continue
            width, rows = weight.dims[0], f"{node.output[0]}_rows"
            scales, whole = f"{node.output[0]}_scales", f"{node.output[0]}_whole"
            flat = self._add(f"flat_{width}", np.array([-1, width], np.int64))
            row = self._add("all_rows", np.array([-1], np.int64))
            shape = self._shared(f"shape_{width}", self._shape_nodes(ids, width), node)
            zeros = self._shared(
                f"zeros_{node.input[2]}", self._zero_nodes(ids, node.input[2], row), node
            )
            self._insert(
                node,
                helper.make_node("Reshape", [division.input[0], flat], [rows]),
                helper.make_node("Reshape", [division.input[1], row], [scales]),
                helper.make_node("QuantizeLinear", [rows, scales, zeros], [whole], axis=0),
            )
            self._become(node, helper.make_node("Reshape", [whole, shape], node.output))
        self._index()

    def finish(self) -> None:
        """Put what is used into the graph."""
        used = set(self.outputs)
        needed = []
        for node in reversed(self.nodes):
            if used.intersection(node.output):
                needed.append(node)
                used.update(node.input)
        for node in needed:
            node.name = ""  # nobody reads them
        del self.graph.node[:], self.graph.initializer[:]
        self.graph.node.extend(reversed(needed))
        self.graph.initializer.extend(c for name, c in self.constants.items() if name in used)

    def _shape_nodes(self, ids: str, width: int) -> list[onnx.NodeProto]:
        last = self._add(f"last_{width}", np.array([width], np.int64))
        return [
            helper.make_node("Shape", [ids], [f"ids_shape_{width}"]),
            helper.make_node("Concat", [f"ids_shape_{width}", last], [f"shape_{width}"], axis=0),
        ]

    def _zero_nodes(self, ids: str, zero: str, row: str) -> list[onnx.NodeProto]:
        """The zero point once for every row of the batch: `QuantizeLinear` wants as many."""
        value = numpy_helper.from_array(numpy_helper.to_array(self.constants[zero]).reshape(1))
        return [
            helper.make_node("Reshape", [ids, row], [f"zeros_{zero}_ids"]),
            helper.make_node("Shape", [f"zeros_{zero}_ids"], [f"zeros_{zero}_number"]),
            helper.make_node(
                "ConstantOfShape", [f"zeros_{zero}_number"], [f"zeros_{zero}"], value=value
            ),
        ]

    def _shared(self, name: str, nodes: Sequence[onnx.NodeProto], before: onnx.NodeProto) -> str:
        """The value `name`, made by `nodes` before the first node that needs it."""
        if name not in self.makers:
            self._insert(before, *nodes)
        return name

    def _before_reshapes(self, value: str) -> str:
        """What a value [B, N, H] was before it was reshaped to heads and back."""
        start = value
        while (maker := self._maker(start, "Reshape")) is not None:
            start = maker.input[0]
        width = self._width(start)
        return start if start != value and width and self._is_flat(value, width) else value

    def _is_flat(self, value: str, width: int) -> bool:
        """Tell whether a value was last reshaped to [B, N, width]."""
        maker = self._maker(value, "Reshape")
        if maker is None:
            return False
        shape = self._constant(maker.input[1])
        if shape is not None:
            return bool(shape.tolist() == [0, 0, width])
        joined = self._maker(maker.input[1], "Concat")
        if joined is None or len(joined.input) != _TENSOR_RANK:
            return False
        last = self._constant(joined.input[-1])
        return last is not None and bool(last.tolist() == [width])

    def _width(self, value: str) -> int:
        """The last dimension of a value [B, N, H] that a bias was added to; 0 where none was."""
        maker = self._maker(value, "Add")
        biases = [self.constants.get(name) for name in maker.input] if maker else []
        widths = [bias.dims for bias in biases if bias is not None]
        return int(widths[0][0]) if widths and len(widths[0]) == 1 else 0

    def _index(self) -> None:
        self.makers = {output: node for node in self.nodes for output in node.output}

    def _of(self, kind: str) -> list[onnx.NodeProto]:
        return [node for node in self.nodes if node.op_type == kind]

    def _maker(self, value: str, kind: str) -> onnx.NodeProto | None:
        node = self.makers.get(value)
        return node if node is not None and node.op_type == kind else None

    def _users(self, value: str) -> list[onnx.NodeProto]:
        return [node for node in self.nodes if value in node.input]

    def _only_user(self, value: str, kinds: Iterable[str]) -> onnx.NodeProto | None:
        users = self._users(value)
        return users[0] if len(users) == 1 and users[0].op_type in kinds else None

    def _replace(self, value: str, by: str) -> None:
        for node in self._users(value):
            for number, name in enumerate(node.input):
                if name == value:
                    node.input[number] = by

    def _insert(self, before: onnx.NodeProto, *nodes: onnx.NodeProto) -> None:
        at = next(number for number, known in enumerate(self.nodes) if known is before)
        self.nodes[at:at] = nodes
        self.makers |= {output: node for node in nodes for output in node.output}

    def _become(self, node: onnx.NodeProto, other: onnx.NodeProto) -> None:
        at = next(number for number, known in enumerate(self.nodes) if known is node)
        self.nodes[at] = other

    def _constant(self, name: str) -> NDArray[Any] | None:
        constant = self.constants.get(name)
        if constant is None or constant.data_location == onnx.TensorProto.EXTERNAL:
            return None
        return numpy_helper.to_array(constant)

    def _add(self, name: str, value: NDArray[Any]) -> str:
        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(np.asarray(value), name)
        return name
