"""One set of weights for mining and for training: whole numbers with float scales.

A matrix W [out, in] that a text is multiplied by is stored as its transpose, [in, out], in the
layout that the engine reads, with one scale for each output column. A table [rows, width] that is
looked up is stored as it is, with one scale a row. Everything else is float32. The graph's
initialisers point into the same file, so nothing is stored twice. Matrices and tables in four bits
stand there as codes and steps (`four_bits`), those of 16 bits as float16.
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
from guandian.bundle.four_bits import BLOCK, fits, four_bits, packed, unpacked
from guandian.errors import BundleError

Precision = Literal["int8", "float32", "int4", "float16"]
"""Of a bundle's weights: whole numbers in a quarter of the bytes, or as they were learned; whole
numbers that four bits hold, or the learned ones rounded to 16."""
LAYOUT = "guandian.weights.1"
PACKED_LAYOUT = "guandian.weights.2"
"""Of weights in 4 or 16 bits, which earlier versions cannot read."""
SCALE, CODES, STEPS = ".scale", ".codes", ".steps"

# Eight bits overflow where a processor adds pairs of products in 16 bits (AVX2 without VNNI):
# 255 x 127 x 2 does not fit, 255 x 64 x 2 does. So matrices use 7 bits, tables all 8.
MATRIX_LIMIT = 64
TABLE_LIMIT = 127
# Smaller matrices cost more to scale than their product saves.
SMALLEST = 48 * 1024


@dataclass(slots=True)
class QuantizedWeights:
    """Arrays as the engine has them, by their names in the torch state dictionary.

    Attributes:
        precision: of the file.
        arrays: int8 [in, out] for matrices, int8 [rows, width] for tables, float32 for the rest;
            scales under the name + `.scale`: [out] and [rows, 1].
        matrices, tables: the names of those that are int8.
        packed: of those that the file holds in four bits, the codes as they lie in `arrays`, and
            the steps, [in / 32, out] and [rows, width / 32].
        halves: the names of those that the file holds in float16.
    """

    precision: Precision = "int8"
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)
    matrices: list[str] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    packed: dict[str, tuple[NDArray[np.int8], NDArray[np.uint8]]] = field(default_factory=dict)
    halves: list[str] = field(default_factory=list)

    def add_matrix(self, name: str, weight: NDArray[np.float32]) -> None:
        """Store W [out, in] in 7 bits, or 4 where blocks fit, one scale for each output."""
        if self.precision == "int4" and fits(weight.shape[1]):
            bits = four_bits(weight, MATRIX_LIMIT)
            whole, scale = bits.whole(), bits.scale
            steps = np.ascontiguousarray(bits.steps.T)
            self.packed[name] = np.ascontiguousarray(bits.codes.T), steps
        else:
            whole, scale = _quantize(weight, MATRIX_LIMIT)
        self.arrays[name] = np.ascontiguousarray(whole.T)
        self.arrays[name + SCALE] = scale[:, 0]
        self.matrices.append(name)

    def add_table(self, name: str, table: NDArray[np.float32]) -> None:
        """Store a table [rows, width] in 8 bits, or 4 where blocks fit, one scale a row."""
        if self.precision == "int4" and fits(table.shape[1]):
            bits = four_bits(table, TABLE_LIMIT)
            self.arrays[name], self.arrays[name + SCALE] = bits.whole(), bits.scale
            self.packed[name] = bits.codes, bits.steps
        else:
            self.arrays[name], self.arrays[name + SCALE] = _quantize(table, TABLE_LIMIT)
        self.tables.append(name)

    def add(self, name: str, array: NDArray[Any]) -> None:
        """Store an array as it is; a float matrix in 16 bits where the file is to have those."""
        if self.precision == "float16" and array.dtype == np.float32 and array.ndim > 1:
            limit = float(np.finfo(np.float16).max)
            array = np.clip(array, -limit, limit).astype(np.float16).astype(np.float32)
            self.halves.append(name)
        self.arrays[name] = np.ascontiguousarray(array)

    def to_bytes(self) -> bytes:
        """The safetensors file."""
        metadata = {
            "layout": PACKED_LAYOUT if self.packed or self.halves else LAYOUT,
            "matrices": json.dumps(sorted(self.matrices)),
            "tables": json.dumps(sorted(self.tables)),
        }
        if self.packed:
            shapes = {name: list(codes.shape) for name, (codes, _) in sorted(self.packed.items())}
            metadata["packed"] = json.dumps(shapes)
        stored = {name: a for name, a in self.arrays.items() if name not in self.packed}
        for name, (codes, steps) in self.packed.items():
            stored |= {name + CODES: packed(codes), name + STEPS: packed(steps)}
        stored |= {name: stored[name].astype(np.float16) for name in self.halves}
        return in_order(save(stored, metadata))


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
    stored, metadata = _stored(bundle)
    noise = None if seed is None else np.random.default_rng(seed)
    matrices, tables = json.loads(metadata["matrices"]), json.loads(metadata["tables"])
    steps = _unpack(stored, json.loads(metadata.get("packed", "{}")))
    return _dequantized(stored, (matrices, tables), steps, noise)


def precision_of(bundle: Bundle) -> Precision:
    """The precision in which a bundle keeps its weights."""
    with safe_open(bundle.weights, framework="numpy") as file:
        metadata = file.metadata() or {}
    if "packed" in metadata:
        return "int4"
    if metadata.get("layout") == PACKED_LAYOUT:
        return "float16"
    whole = json.loads(metadata.get("matrices", "[]")) + json.loads(metadata.get("tables", "[]"))
    return "int8" if whole else "float32"


def _stored(bundle: Bundle) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    """The arrays of a bundle's file as they lie there, and its metadata."""
    try:
        with safe_open(bundle.weights, framework="numpy") as file:
            metadata = file.metadata() or {}
            stored = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise BundleError(f"{bundle.weights} is not readable: {error}") from error
    if metadata.get("layout") not in (LAYOUT, PACKED_LAYOUT):
        raise BundleError(
            f"{bundle.weights} has the layout {metadata.get('layout')!r}, not {LAYOUT!r} or "
            f"{PACKED_LAYOUT!r}",
            "update with `pip install --upgrade guandian`, or export the bundle again",
        )
    return stored, metadata


def _unpack(
    stored: dict[str, NDArray[Any]], shapes: Mapping[str, list[int]]
) -> dict[str, NDArray[np.int8]]:
    """Put the whole numbers of what is in four bits into `stored`; their steps, as large."""
    steps: dict[str, NDArray[np.int8]] = {}
    for name, (rows, columns) in shapes.items():
        codes = unpacked(stored.pop(name + CODES), (rows, columns), signed=True)
        content = stored.pop(name + STEPS)
        # A matrix has its blocks along the first axis, a table along the second.
        axis = 0 if stored[name + SCALE].ndim == 1 else 1
        shape = (rows // BLOCK, columns) if axis == 0 else (rows, columns // BLOCK)
        steps[name] = np.repeat(unpacked(content, shape, signed=False), BLOCK, axis=axis)
        stored[name] = (codes * steps[name]).astype(np.int8)
    return steps


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
    names: tuple[list[str], list[str]],
    steps: Mapping[str, NDArray[np.int8]],
    noise: np.random.Generator | None,
) -> dict[str, NDArray[np.float32]]:
    matrices, tables = names
    scales = {name + SCALE for name in matrices + tables}
    weights = {
        name: array.astype(np.float32) if array.dtype == np.float16 else array
        for name, array in stored.items()
        if name not in scales
    }
    for name in (*matrices, *tables):
        whole = weights[name].astype(np.float32)
        if noise is not None:
            # A step of four bits is as wide as its block's.
            whole += steps.get(name, 1) * noise.uniform(-0.5, 0.5, whole.shape).astype(np.float32)
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
