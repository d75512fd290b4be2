"""Texts as vectors of the served model's own encoder."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from guandian.bundle import open_folder, shipped
from guandian.engine.text_vectors import TextVectors
from guandian.service.answering.model_switch import ServedModel
from guandian.text.cleaning import clean
from guandian.text.windows import Window, equal_batches, windows


class Embeddings:
    """Gives vectors; what a model needs for them is opened when the first are asked for."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._opened: tuple[str, TextVectors] | None = None

    def vectors(self, model: ServedModel, texts: Sequence[str]) -> NDArray[np.float64]:
        """Unit vectors [T, H] of texts; a long one is read in windows, whose mean it is.

        Raises:
            BundleError: the model has no such vectors.
        """
        encoder, reader = self._of(model), model.miner.reader
        cleaned = [clean(raw)[0] for raw in texts]
        encoded = [reader.pieces.encode(text) for text in cleaned]
        room = reader.max_tokens - 2
        planned = [
            (k, window)
            for k, (pieces, text) in enumerate(zip(encoded, cleaned, strict=True))
            for window in windows(pieces, text, room, reader.overlap) or [Window(0, 0, 0, 0)]
        ]
        sums: dict[int, NDArray[np.float64]] = {}
        for batch in equal_batches(planned, reader.batch_tokens):
            ids = np.stack([reader.ids(encoded[k], window) for k, window in batch])
            for (k, window), mean in zip(batch, encoder.run(ids), strict=True):
                weight = max(1, window.own_end - window.own_start)
                sums[k] = sums.get(k, 0.0) + weight * mean.astype(np.float64)
        whole = np.stack([sums[k] for k in range(len(texts))])
        return np.asarray(whole / np.linalg.norm(whole, axis=1, keepdims=True))

    def _of(self, model: ServedModel) -> TextVectors:
        with self._lock:
            if self._opened is None or self._opened[0] != model.miner.key:
                (first, *_) = open_folder(model.path or shipped()).members
                self._opened = model.miner.key, TextVectors.open(first)
            return self._opened[1]
