"""One set of weights for mining and for training: whole numbers with float scales.

A matrix W [out, in] that a text is multiplied by is stored as its transpose, [in, out], in the
layout that the engine reads, with one scale for each output column. A table [rows, width] that is
looked up is stored as it is, with one scale a row. Everything else is float32. The graph's
initialisers point into the same file, so nothing is stored twice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from guandian.bundle.bundle import Bundle
from guandian.errors import BundleError

Precision = Literal["int8", "float32"]
"""Of a bundle's weights: whole numbers in a quarter of the bytes, or as they were learned."""
LAYOUT = "guandian.weights.1"
SCALE = ".scale"

# Eight bits overflow where a processor adds pairs of products in 16 bits (AVX2 without VNNI):
# 255 x 127 x 2 does not fit, 255 x 64 x 2 does. So matrices use 7 bits, tables all 8.
MATRIX_LIMIT = 64
TABLE_LIMIT = 127


@dataclass(slots=True)
class QuantizedWeights:
    """Arrays as they are stored, by their names in the torch state dictionary.

    Attributes:
        arrays: int8 [in, out] for matrices, int8 [rows, width] for tables, float32 for the rest;
            scales under the name + `.scale`: [out] and [rows, 1].
        matrices, tables: the names of those that are int8.
    """

    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)
    matrices: list[str] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)

    def add_matrix(self, name: str, weight: NDArray[np.float32]) -> None:
        """Store W [out, in] in 7 bits, one scale for each output."""
        whole, scale = _quantize(weight, MATRIX_LIMIT)
        self.arrays[name] = np.ascontiguousarray(whole.T)
        self.arrays[name + SCALE] = scale[:, 0]
        self.matrices.append(name)

    def add_table(self, name: str, table: NDArray[np.float32]) -> None:
        """Store a table [rows, width] in 8 bits, one scale a row."""
        self.arrays[name], self.arrays[name + SCALE] = _quantize(table, TABLE_LIMIT)
        self.tables.append(name)

    def add(self, name: str, array: NDArray[Any]) -> None:
        """Store an array as it is."""
        self.arrays[name] = np.ascontiguousarray(array)

    def to_bytes(self) -> bytes:
        """The safetensors file."""
        metadata = {
            "layout": LAYOUT,
            "matrices": json.dumps(sorted(self.matrices)),
            "tables": json.dumps(sorted(self.tables)),
        }
        return in_order(save(self.arrays, metadata))


def float32_weights(bundle: Bundle, seed: int | None = None) -> dict[str, NDArray[np.float32]]:
    """All weights of a bundle in float32, by their names in the torch state dictionary.

    Args:
        bundle: whose weights.
        seed: of the dither for further training; None gives the weights as the engine has them.
            Training that starts exactly on whole numbers is undone when the result is rounded:
            what moved by less than half a step falls back. Noise of one step's width makes the
            rounding fair on average.

    Raises:
        BundleError: when the file has another layout.
    """
    try:
        with safe_open(bundle.weights, framework="numpy") as file:
            metadata = file.metadata() or {}
            stored = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise BundleError(f"{bundle.weights} is not readable: {error}") from error
    if metadata.get("layout") != LAYOUT:
        raise BundleError(
            f"{bundle.weights} has the layout {metadata.get('layout')!r}, not {LAYOUT!r}",
            "update with `pip install --upgrade guandian`, or export the bundle again",
        )
    noise = None if seed is None else np.random.default_rng(seed)
    matrices, tables = json.loads(metadata["matrices"]), json.loads(metadata["tables"])
    return _dequantized(stored, matrices, tables, noise)


def precision_of(bundle: Bundle) -> Precision:
    """The precision in which a bundle keeps its weights."""
    with safe_open(bundle.weights, framework="numpy") as file:
        metadata = file.metadata() or {}
    whole = json.loads(metadata.get("matrices", "[]")) + json.loads(metadata.get("tables", "[]"))
    return "int8" if whole else "float32"


def in_order(content: bytes) -> bytes:
    """A safetensors file with its metadata in the order of their names.

    `safetensors` writes them in the order of a hash map, another one each time.
    """
    length = int.from_bytes(content[:8], "little")
    header: dict[str, Any] = json.loads(content[8 : 8 + length])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the arrays lie at multiples of 8
    return len(text).to_bytes(8, "little") + text + content[8 + length :]


def offsets(content: bytes) -> dict[str, tuple[int, int]]:
    """The bytes of each array of a safetensors file: (first byte, number of bytes)."""
    length = int.from_bytes(content[:8], "little")
    header: dict[str, Any] = json.loads(content[8 : 8 + length])
    header.pop("__metadata__", None)
    spans = {name: entry["data_offsets"] for name, entry in header.items()}
    return {name: (8 + length + first, end - first) for name, (first, end) in spans.items()}


def _dequantized(
    stored: Mapping[str, NDArray[Any]],
    matrices: list[str],
    tables: list[str],
    noise: np.random.Generator | None,
) -> dict[str, NDArray[np.float32]]:
    scales = {name + SCALE for name in matrices + tables}
    weights = {name: array for name, array in stored.items() if name not in scales}
    for name in (*matrices, *tables):
        whole = weights[name].astype(np.float32)
        if noise is not None:
            whole += noise.uniform(-0.5, 0.5, whole.shape).astype(np.float32)
        weights[name] = whole * stored[name + SCALE]
    for name in matrices:
        weights[name] = np.ascontiguousarray(weights[name].T)
    return weights


def _quantize(
    array: NDArray[np.float32], limit: int
) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Whole numbers within the limit, and one scale [n, 1] for each row of [n, k]."""
    largest = np.abs(array).max(axis=1, keepdims=True)
    scale = (np.maximum(largest, np.finfo(np.float32).tiny * limit) / limit).astype(np.float32)
    return np.rint(array / scale).astype(np.int8), scale
