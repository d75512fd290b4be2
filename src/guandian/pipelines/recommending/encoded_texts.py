"""Texts of items as vectors of a pretrained encoder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from guandian.io.optional_libraries import needs
from guandian.pipelines.base_models import folder_named

_LONGEST = 300
"""Characters of a text that are read: titles, and the beginning of descriptions."""


def encoded_texts(texts: Sequence[str], encoder: str) -> NDArray[np.float32]:
    """Vectors of texts, [texts, width], centred, unit rows; a row of zeros where there is none.

    Args:
        texts: of the items.
        encoder: a folder, a bundle, or an id in the Hugging Face cache.

    Raises:
        GuandianError: there is no such encoder, or torch is missing.
    """
    needs("torch", "train", "vectors of item texts")
    from guandian.vectors.encoder import EncoderMeans

    means = EncoderMeans(str(folder_named(encoder, Path()) or encoder), max_tokens=64, overlap=16)
    return directions(np.asarray(means.fit_transform([text[:_LONGEST] for text in texts])))


def directions(means: NDArray[np.float32]) -> NDArray[np.float32]:
    """Means of texts less the usual one, as unit rows; a row of zeros, without a token, stays."""
    known = np.asarray(means.any(1))
    if not known.any():
        return np.zeros((len(means), 1), dtype=np.float32)
    rows = (means - means[known].mean(0)) * known[:, None]
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9))
