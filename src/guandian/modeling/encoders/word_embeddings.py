"""Words as a pretrained encoder embeds them, before any layer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from guandian.modeling.encoders.pretrained import pretrained
from guandian.modeling.model import OpinionModel
from guandian.text.pieces import Pieces


@torch.no_grad()
def word_vectors(model: OpinionModel, pieces: Pieces, words: Sequence[str]) -> NDArray[np.float32]:
    """The mean embedding of each word's pieces, centred on the mean of the vocabulary.

    Returns:
        float32 [words, size]; zeros for a word without pieces.
    """
    table = pretrained(model.encoder).get_input_embeddings().weight.detach().float().cpu()
    centre = table.mean(0)
    vectors = np.zeros((len(words), table.shape[1]), np.float32)
    for row, word in enumerate(words):
        ids = pieces.encode(word).ids
        if len(ids):
            vectors[row] = (table[torch.as_tensor(ids, dtype=torch.long)].mean(0) - centre).numpy()
    return vectors
