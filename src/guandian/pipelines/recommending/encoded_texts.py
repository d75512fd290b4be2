"""Texts of items as vectors of a pretrained encoder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from guandian.io.optional_libraries import needs
from guandian.text.cleaning import clean

_LONGEST = 300
"""Characters of a text that are read: titles, and the beginning of descriptions."""


def encoded_texts(texts: Sequence[str], encoder: str) -> NDArray[np.float32]:
    """Vectors of texts, [texts, width], centred, unit rows; a row of zeros where there is none.

    Args:
        texts: of the items.
        encoder: a folder, a bundle, or an id in the Hugging Face cache, as `assist train` takes.

    Raises:
        GuandianError: there is no such encoder, or torch is missing.
    """
    needs("torch", "train", "vectors of item texts")
    from guandian.pipelines.intents.base_encoder import open_base
    from guandian.pipelines.intents.intent_training import token_ids

    base = open_base(encoder, Path())
    cleaned = [clean(text[:_LONGEST])[0] for text in texts]
    known = np.array([bool(text) for text in cleaned], dtype=bool)
    if not known.any():
        return np.zeros((len(texts), 1), dtype=np.float32)
    read = base.model.vectors(token_ids(base, [text for text in cleaned if text]))
    read = read - read.mean(0)
    vectors = np.zeros((len(texts), read.shape[1]), dtype=np.float32)
    vectors[known] = read / np.maximum(np.linalg.norm(read, axis=1, keepdims=True), 1e-9)
    return vectors
