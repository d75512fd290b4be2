"""A float32 graph as one that multiplies whole numbers and reads its weights from a bundle.

Every large matrix product becomes: one scale for each row of the activations, 8-bit rows, an
exact product with 7-bit weights, and the two scales back. A row's answer depends on that row
alone, so neither batch mates nor threads change it; and the products fit 16 bits in pairs, so
every processor computes the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from guandian.bundle import Precision, QuantizedWeights
from guandian.bundle.weights import SCALE, SMALLEST

WHOLE: tuple[Precision, ...] = ("int8", "int4")
"""The precisions whose products are of whole numbers."""
CONTRIB = "com.microsoft"

# Unsigned rows and signed weights are what AVX2 and VNNI multiply; 128 stands for 0.
ACTIVATION_ZERO = 128
# The exact GELU never goes below -0.17: with its zero at 16 nearly all steps are left for the rest.
GELU_ZERO, GELU_LOWEST = 16, 0.17


def quantize(
    network: onnx.ModelProto, state: Mapping[str, NDArray[Any]], precision: Precision = "int8"
) -> tuple[onnx.ModelProto, QuantizedWeights]:
    """Take the weights out of a graph, as whole numbers where large.

    Args:
        network: as `trace` gives it; it is changed.
        state: the state dictionary of the model it was traced from.
        precision: of the weights; the products are exact ones of 8 bits for `int8` and `int4`,
            else of float32.

    Returns:
        The graph, and its weights; `place` gives it their places in a file.
    """
    rewriter = _Rewriter(network.graph, state, precision)
    for node in list(network.graph.node):
        rewriter.take(node)
    rewriter.finish()
    if all(opset.domain != CONTRIB for opset in network.opset_import):
        network.opset_import.append(helper.make_opsetid(CONTRIB, 1))
    return network, rewriter.weights


class _Rewriter:
    """Builds the new nodes of a graph and the weights that they read."""

    def __init__(
        self, graph: onnx.GraphProto, state: Mapping[str, NDArray[Any]], precision: Precision
    ) -> None:
        self.graph, self.state, self.whole = graph, state, precision in WHOLE
        self.weights = QuantizedWeights(precision)
        self.nodes: list[onnx.NodeProto] = []
        self.constants = {constant.name: constant for constant in graph.initializer}
        self.names = weight_names(self.constants.values(), state)
        self.makers = {output: node.op_type for node in graph.node for output in node.output}
        # Query, key and value read the same rows, which are scaled once for all of them.
        self.rows: dict[str, tuple[str, str, int]] = {}
        self.turned: dict[str, str] = {}

    def take(self, node: onnx.NodeProto) -> None:
        """Append a node of the old graph, or what replaces it."""
        if self.whole and node.op_type == "MatMul" and (name := self._large(node.input[1], True)):
            self._product(node, name)
        elif (
            self.whole and node.op_type == "Gather" and (name := self._large(node.input[0], False))
        ):
            self._lookup(node, name)
        else:
            inputs = [self._read(value) for value in node.input]
            del node.input[:]
            node.input.extend(inputs)
            self.nodes.append(node)

    def finish(self) -> None:
        """Put the new nodes into the graph, its weights beside them, without content."""
        used = {value for node in self.nodes for value in node.input}
        for name, array in self.state.items():
            if name not in self.weights.arrays:
                self.weights.add(name, array)
        arrays = self.weights.arrays
        inline = [self.constants[name] for name in self.constants if name in used - set(arrays)]
        outside = [_without_content(name, arrays[name]) for name in sorted(used & set(arrays))]
        del self.graph.node[:], self.graph.initializer[:]
        self.graph.node.extend(self.nodes)
        self.graph.initializer.extend(inline + outside)

    def _read(self, value: str) -> str:
        """A value of the old graph; a weight that it held transposed is turned while loading."""
        name, transposed = self.names.get(value, (value, False))
        if not transposed:
            return name
        if name not in self.turned:
            self.turned[name] = self._emit("Transpose", [name], perm=[1, 0])
        return self.turned[name]

    def _large(self, value: str, transposed: bool) -> str | None:
        """The name of the weight behind a value, when it is a large matrix or table."""
        name, turned = self.names.get(value, ("", False))
        if not name or turned != transposed:
            return None
        array = self.state[name]
        return name if array.ndim == 2 and array.size >= SMALLEST else None

    def _product(self, node: onnx.NodeProto, name: str) -> None:
        if name not in self.weights.arrays:
            self.weights.add_matrix(name, self.state[name])
        row, scale, zero = self._scaled_rows(node.input[0])
        unit = self._constant(np.float32(1))
        operands = [row, name, unit, name + SCALE, self._constant(np.uint8(zero))]
        product = self._emit("MatMulIntegerToFloat", operands, domain=CONTRIB)
        self.nodes.append(helper.make_node("Mul", [product, scale], node.output))

    def _lookup(self, node: onnx.NodeProto, name: str) -> None:
        if name not in self.weights.arrays:
            self.weights.add_table(name, self.state[name])
        whole, scale = (self._emit("Gather", [key, node.input[1]]) for key in (name, name + SCALE))
        floats = self._emit("Cast", [whole], to=TensorProto.FLOAT)
        self.nodes.append(helper.make_node("Mul", [floats, scale], node.output))

    def _scaled_rows(self, value: str) -> tuple[str, str, int]:
        """A value's rows in 8 bits, their scales [..., 1] and the zero point; made once a value."""
        if value not in self.rows:
            last = self._constant(np.array([-1], np.int64))
            highest = self._emit("ReduceMax", [value, last], keepdims=1)
            if self.makers.get(value) == "Gelu":
                zero = GELU_ZERO
                step = self._emit("Mul", [highest, self._constant(np.float32(1 / (255 - zero)))])
                # A row all below 0 has no positive step: the scale must still reach down to the
                # lowest.
                smallest = np.float32(GELU_LOWEST / zero)
            else:
                zero = ACTIVATION_ZERO
                lowest = self._emit("Neg", [self._emit("ReduceMin", [value, last], keepdims=1)])
                extreme = self._emit("Max", [highest, lowest])
                step = self._emit("Mul", [extreme, self._constant(np.float32(1 / (255 - zero)))])
                # A row of zeros must not be divided by a scale of 0.
                smallest = np.float32(1e-12)
            scale = self._emit("Max", [step, self._constant(smallest)])
            steps = [self._emit("Div", [value, scale]), self._constant(np.float32(1))]
            row = self._emit("QuantizeLinear", [*steps, self._constant(np.uint8(zero))])
            self.rows[value] = row, scale, zero
        return self.rows[value]

    def _emit(self, kind: str, inputs: Sequence[str], **attributes: Any) -> str:
        output = f"whole_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def _constant(self, value: NDArray[Any] | np.generic) -> str:
        array = np.asarray(value)
        # One name for one value: equal constants of the whole graph are stored once.
        name = f"constant_{array.dtype}_{array.ravel()[0]!r}_{array.ndim}"
        self.constants.setdefault(name, numpy_helper.from_array(array, name))
        return name


def weight_names(
    constants: Iterable[TensorProto], state: Mapping[str, NDArray[Any]]
) -> dict[str, tuple[str, bool]]:
    """The name of each initialiser in the state, and whether it holds it transposed.

    The translation renames and transposes weights, so they are known by their content. Two equal
    initialisers that are no weights get one name.
    """
    names_by_content: dict[tuple[tuple[int, ...], bytes], tuple[str, bool]] = {}
    for name, array in state.items():
        names_by_content.setdefault(_fingerprint(array), (name, False))
    # Second, so that a square symmetric weight counts as it stands and not as turned.
    for name, array in state.items():
        if array.ndim == 2:
            names_by_content.setdefault(_fingerprint(array.T), (name, True))
    names = {}
    for constant in constants:
        content = _fingerprint(numpy_helper.to_array(constant))
        itself = (constant.name, False)
        names[constant.name] = (
            itself if constant.name in state else names_by_content.setdefault(content, itself)
        )
    return names


def _fingerprint(array: NDArray[Any]) -> tuple[tuple[int, ...], bytes]:
    content = array.dtype.str.encode() + array.tobytes()
    return array.shape, hashlib.sha256(content).digest()


def _without_content(name: str, array: NDArray[Any]) -> TensorProto:
    return TensorProto(
        name=name,
        dims=array.shape,
        data_type=helper.np_dtype_to_tensor_dtype(array.dtype),
        data_location=TensorProto.EXTERNAL,
    )
