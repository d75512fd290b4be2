"""A network of whole texts as a folder that serving opens without torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn

from guandian.assist.answers.text_models import (
    NETWORK,
    TOKENIZER,
    WEIGHTS,
    TextModelCard,
    write_text_model,
)
from guandian.engine.session import Engine
from guandian.errors import GuandianError
from guandian.export.onnx_graph import trace
from guandian.export.quantize import quantize
from guandian.export.storage import place

DRIFT = 1e-3
"""What the translated network may differ by, as a share of the spread of its answers."""


def export_text_model(
    folder: Path,
    network: nn.Module,
    card: TextModelCard,
    tokenizer: Path,
    *,
    whole: bool = True,
    overwrite: bool = False,
) -> None:
    """Write a network that takes ids [B, N] and gives one array.

    Args:
        folder: that is to appear.
        network: in whatever mode; it is left evaluating.
        card: what it is.
        tokenizer: the `tokenizers` file that its ids come from.
        whole: 7-bit matrices and 8-bit tables; False keeps float32.
        overwrite: replace a text model that stands there.

    Raises:
        GuandianError: torch cannot translate it, the translation answers differently, or it
            cannot be written.
    """
    network.eval()
    size = int(next(network.parameters()).shape[0])
    ids = torch.from_numpy(np.random.default_rng(0).integers(5, min(size, 2000), (3, 11)))
    with torch.inference_mode():
        expected = {name: array.numpy() for name, array in network(ids).items()}
    (output,) = expected
    graph = trace(network, ids, [output])
    plain = Engine.of_network(graph.SerializeToString(), 1).run(ids.numpy())[output]
    spread = float(expected[output].std()) or 1.0
    drift = float(np.sqrt(np.mean((plain - expected[output]) ** 2))) / spread
    if not drift <= DRIFT:
        raise GuandianError(
            f"the translated network answers differently from torch, by {drift:.2g} of its spread",
            "choose a base whose tokens all attend to each other",
        )
    state = {name: tensor.detach().numpy() for name, tensor in network.state_dict().items()}
    graph, weights = quantize(graph, state, "int8" if whole else "float32")
    stored = place(graph, weights)
    files = {
        NETWORK: graph.SerializeToString(),
        WEIGHTS: stored,
        TOKENIZER: tokenizer.read_bytes(),
    }
    write_text_model(folder, card, files, overwrite=overwrite)
