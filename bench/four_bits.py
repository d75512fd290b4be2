"""What weights in few bits cost and save: products of four bits, zeros, 16 bits of two kinds.

`python bench/four_bits.py [BUNDLE]`: one thread; the shape of products is that of the feed-forward
blocks of six layers of 384 for a batch of 2,048 tokens. Times are the processor's own.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from guandian.bundle import Bundle, QuantizedWeights, float32_weights, open_folder, shipped
from guandian.bundle.four_bits import four_bits
from guandian.bundle.weights import MATRIX_LIMIT, SMALLEST, TABLE_LIMIT

TOKENS, WIDTH, INNER, BLOCK = 2048, 384, 1536, 32
ROUNDS = 15
CONTRIB = "com.microsoft"
Make = Callable[[NDArray[np.float32]], tuple[list[onnx.NodeProto], dict[str, NDArray[Any]]]]


def session(make: Make, weight: NDArray[np.float32]) -> ort.InferenceSession:
    """A graph that multiplies x [T, K] by a weight [K, N]."""
    nodes, constants = make(weight)
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "product",
        [value("x", TensorProto.FLOAT, ["T", weight.shape[0]])],
        [value("y", TensorProto.FLOAT, ["T", weight.shape[1]])],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid(CONTRIB, 1)]
    network = helper.make_model(graph, opset_imports=opsets, ir_version=10)
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    return ort.InferenceSession(network.SerializeToString(), options, ["CPUExecutionProvider"])


def plain(weight: NDArray[np.float32]) -> Any:
    """In float32."""
    return [helper.make_node("MatMul", ["x", "w"], ["y"])], {"w": weight}


def whole(weight: NDArray[np.float32]) -> Any:
    """In 8 bits as the engine does, but for the scales of rows, which are one number here."""
    stored = QuantizedWeights()
    stored.add_matrix("w", np.ascontiguousarray(weight.T))
    constants = {
        "w": stored.arrays["w"],
        "scale": stored.arrays["w.scale"],
        "unit": np.float32(0.05) * np.ones((), np.float32),
        "zero": np.array(128, np.uint8),
    }
    rows = helper.make_node("QuantizeLinear", ["x", "unit", "zero"], ["rows"])
    names = ["rows", "w", "unit", "scale", "zero"]
    product = helper.make_node("MatMulIntegerToFloat", names, ["y"], domain=CONTRIB)
    return [rows, product], constants


def of_four_bits(level: int) -> Make:
    """By ONNX Runtime's product of four-bit weights; level 4 computes in 8 bits, 0 in float32."""

    def make(weight: NDArray[np.float32]) -> Any:
        inside, outside = weight.shape
        blocks = weight.T.reshape(outside, -1, BLOCK)
        scales = np.abs(blocks).max(-1, keepdims=True) / 7
        codes = (np.rint(blocks / scales) + 8).astype(np.uint8)
        packed = codes[..., 0::2] | (codes[..., 1::2] << 4)
        settings = {"K": inside, "N": outside, "bits": 4, "block_size": BLOCK}
        node = helper.make_node(
            "MatMulNBits", ["x", "w", "s"], ["y"], domain=CONTRIB, accuracy_level=level, **settings
        )
        return [node], {"w": packed, "s": scales.ravel().astype(np.float32)}

    return make


def milliseconds(tokens: int) -> dict[str, float]:
    """Processor time of both products of a block for so many tokens, in turns; the median."""
    rng = np.random.default_rng(0)
    shapes = ((WIDTH, INNER), (INNER, WIDTH))
    weights = [rng.standard_normal(shape).astype(np.float32) for shape in shapes]
    ways: dict[str, Make] = {
        "float32": plain, "int8": whole,
        "MatMulNBits, 8 bits inside": of_four_bits(4), "MatMulNBits, float32": of_four_bits(0),
    }  # fmt: skip
    sessions = {name: [session(make, weight) for weight in weights] for name, make in ways.items()}
    inputs = [rng.standard_normal((tokens, shape[0])).astype(np.float32) for shape in shapes]
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, pair in sessions.items():
            began = time.process_time()
            for one, values in zip(pair, inputs, strict=True):
                one.run(None, {"x": values})
            times[name].append(1000 * (time.process_time() - began))
    return {name: median(row) for name, row in times.items()}


def shares(bundle: Bundle) -> None:
    """Print what part of a bundle's numbers is 0, and how far 16 bits of two kinds are off."""
    counts = {"8 bits": [0, 0], "4 bits": [0, 0]}
    errors = {"float16": 0.0, "bfloat16": 0.0}
    squares = 0.0
    for name, array in float32_weights(bundle).items():
        if array.ndim != 2 or array.size < SMALLEST:
            continue
        table = "embeddings" in name
        limit = TABLE_LIMIT if table else MATRIX_LIMIT
        stored = QuantizedWeights()
        (stored.add_table if table else stored.add_matrix)(name, array)
        for kind, codes in (("8 bits", stored.arrays[name]),
                            ("4 bits", four_bits(array, limit).codes)):  # fmt: skip
            counts[kind][0] += int((codes == 0).sum())
            counts[kind][1] += codes.size
        cut = (array.view(np.uint32) + 0x8000 & 0xFFFF0000).view(np.float32)
        for kind, rounded in (("float16", array.astype(np.float16).astype(np.float32)),
                              ("bfloat16", cut)):  # fmt: skip
            errors[kind] += float(np.square(rounded - array, dtype=np.float64).sum())
        squares += float(np.square(array, dtype=np.float64).sum())
    for kind, (zeros, total) in counts.items():
        print(f"{kind}: {100 * zeros / total:.1f} % of {total:,} numbers are 0")
    for kind, error in errors.items():
        print(f"{kind}: off by {100 * (error / squares) ** 0.5:.4f} % of the weights' size")


def main() -> None:
    """Print times and shares."""
    for tokens in (1, 32, TOKENS):
        rows = milliseconds(tokens)
        told = ", ".join(f"{name} {value:.3f} ms" for name, value in rows.items())
        print(f"{tokens} tokens: {told}")
    opened = open_folder(sys.argv[1] if len(sys.argv) > 1 else shipped())
    shares(opened.members[0])


if __name__ == "__main__":
    main()
