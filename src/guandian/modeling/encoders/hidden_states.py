"""The hidden states of a pretrained encoder, for reading alone."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from guandian.bundle import Bundle, float32_weights, model_folder
from guandian.bundle.bundle import MANIFEST
from guandian.modeling.encoders.pretrained import load_encoder, pretrained, tokenizer_file
from guandian.modeling.model import OpinionModel
from guandian.tasks.head_spec import HeadSpec
from guandian.text.pieces import Pieces


class EncoderStates:
    """An encoder with its tokenizer; a decoder reads as it was pretrained.

    Args:
        source: the folder of an encoder, a bundle or a run, the name of a shipped bundle, or a
            Hugging Face id in the local cache. Nothing is fetched.

    Attributes:
        pieces: its tokens.
        longest: the most tokens that it reads at once, None where it sets no limit.

    Raises:
        GuandianError: when nothing that can be read answers to `source`.
    """

    def __init__(self, source: str) -> None:
        folder = model_folder(source)
        if (folder / MANIFEST).is_file():
            bundle = Bundle.open(folder)
            encoder, tokenizer = encoder_of(bundle), bundle.tokenizer
        else:
            encoder, tokenizer = load_encoder(source), tokenizer_file(source)
        self.pieces = Pieces.from_file(tokenizer)
        longest = getattr(pretrained(encoder).config, "max_position_embeddings", None)
        self.longest: int | None = longest if longest and longest > 0 else None
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._encoder = encoder.to(self._device).eval()

    def __call__(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """Equally long token ids [B, N], special tokens included, to states [B, N, H]."""
        with torch.inference_mode():
            states = self._encoder(torch.from_numpy(ids).to(self._device)).last_hidden_state
        values: NDArray[np.float32] = states.float().cpu().numpy()
        return values


def encoder_of(bundle: Bundle) -> nn.Module:
    """A bundle's encoder, with what a method added to it."""
    shape = dict(bundle.manifest.model)
    spec = HeadSpec(tuple(shape["categories"]), tuple(shape["span_types"]))
    return OpinionModel.resume(shape, float32_weights(bundle), spec).encoder
