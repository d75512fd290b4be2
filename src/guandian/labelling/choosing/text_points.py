"""Texts as points by their runs of characters: no model, no fit, some thousands a second."""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

import numpy as np

from guandian.labelling.choosing.strategies import Floats

WIDTH = 512
_LONGEST = 400
"""Characters of a text that count: hostile ones cost no more."""


def text_points(texts: Sequence[str]) -> Floats:
    """Vectors [N, WIDTH] of length 1: hashed pairs of characters, the rarer the heavier.

    Signs by a hash keep what falls together from adding up (Weinberger et al. 2009,
    arXiv:0902.2206).
    """
    counts = np.zeros((len(texts), WIDTH))
    signs = np.zeros((len(texts), WIDTH))
    cells: dict[str, tuple[int, int]] = {}
    for row, text in enumerate(texts):
        for gram in _grams(text[:_LONGEST].casefold()):
            if (cell := cells.get(gram)) is None:
                code = crc32(gram.encode("utf-8", "surrogatepass"))
                cell = cells[gram] = ((code >> 1) % WIDTH, 1 - 2 * (code & 1))
            counts[row, cell[0]] = 1
            signs[row, cell[0]] += cell[1]
    rarity = np.log((1 + len(texts)) / (1 + counts.sum(0))) + 1
    points = signs * rarity
    lengths = np.linalg.norm(points, axis=1, keepdims=True)
    return np.asarray(points / np.maximum(lengths, 1e-12))


def _grams(text: str) -> set[str]:
    return {text[at : at + 2] for at in range(max(1, len(text) - 1))}
