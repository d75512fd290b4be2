"""Weights in four bits: codes from -7 to 7, a whole step for each block, a scale for each row.

A block of 32 neighbours shares a step from 1 to 15, as blocks share scales in the formats of
llama.cpp. Code times step is a whole number of 8 bits again, so the engine's exact products take
it as it is: nothing is slower, and the weights fill half the bytes on disk.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BLOCK = 32
HIGHEST = 7
"""Of a code."""
MOST_STEPS = 15
"""What four bits without a sign hold."""
_SLACK = 1e-4


class FourBits(NamedTuple):
    """Rows in four bits.

    Attributes:
        codes: int8 [n, k], from -7 to 7.
        steps: uint8 [n, k / 32], of each block.
        scale: float32 [n, 1]; a number is code * step * scale.
    """

    codes: NDArray[np.int8]
    steps: NDArray[np.uint8]
    scale: NDArray[np.float32]

    def whole(self) -> NDArray[np.int8]:
        """Code times step, int8 [n, k]."""
        return (self.codes * np.repeat(self.steps, BLOCK, axis=1)).astype(np.int8)


def fits(width: int) -> bool:
    """Tell whether rows of that width divide into blocks."""
    return width > 0 and width % BLOCK == 0


def four_bits(array: NDArray[np.float32], limit: int) -> FourBits:
    """The nearest numbers of four bits; of each block the step that comes nearest by squares.

    The block with a row's largest number takes the largest step, so that what four bits hold comes
    back as it is.

    Args:
        array: float32 [n, k], k a multiple of 32.
        limit: the highest whole number that code times step may reach.
    """
    most = min(MOST_STEPS, limit // HIGHEST)
    largest = np.abs(array).max(axis=1, keepdims=True)
    scale = (np.maximum(largest, np.finfo(np.float32).tiny * limit) / (HIGHEST * most)).astype(
        np.float32
    )
    blocks = (array / scale).reshape(len(array), -1, BLOCK)
    nearest = np.full(blocks.shape[:2], np.inf, np.float32)
    steps = np.ones(blocks.shape[:2], np.uint8)
    codes = np.zeros(blocks.shape, np.int8)
    for step in range(1, most + 1):
        rounded = np.clip(np.rint(blocks / step), -HIGHEST, HIGHEST)
        error = np.square(blocks - rounded * step).sum(axis=-1)
        nearer = error < nearest
        if step == most:
            nearer |= np.abs(blocks).max(axis=-1) >= HIGHEST * most * (1 - _SLACK)
        nearest = np.where(nearer, error, nearest)
        steps[nearer] = step
        codes[nearer] = rounded[nearer].astype(np.int8)
    return FourBits(codes.reshape(array.shape), steps, scale)


def packed(values: NDArray[np.int8] | NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Numbers of four bits, two in a byte, the first in its lower half; as ONNX lays them."""
    flat = values.astype(np.uint8).ravel() & 15
    if len(flat) % 2:
        flat = np.append(flat, np.uint8(0))
    return (flat[0::2] | (flat[1::2] << 4)).astype(np.uint8)


def unpacked(
    content: NDArray[np.uint8], shape: tuple[int, ...], *, signed: bool
) -> NDArray[np.int8]:
    """The numbers that `packed` has laid, int8 of that shape."""
    halves = np.stack([content & 15, content >> 4], axis=-1).ravel()[: int(np.prod(shape))]
    values = halves.astype(np.int8)
    if signed:
        values = np.where(values > HIGHEST, values - 16, values).astype(np.int8)
    return values.reshape(shape)
